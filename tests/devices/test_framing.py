from __future__ import annotations

from time import perf_counter

import pytest

from devices.framing import LONGEST, Frame, Framer, Junk, Piece
from devices.registry import find

REPORT = bytes.fromhex("aac0d4043a0aa1601dab")
ANSWER = bytes.fromhex("424d0004e1000174")
FALSE_START = bytes.fromhex("424d001c")


def framer(driver: str = "nova.sds011") -> Framer:
    known = find(driver)
    return Framer(known.cutter(known.configure({})))


def test_a_frame_tells_how_far_its_last_byte_lies_behind_the_end_of_the_feed() -> None:
    pieces = framer().feed(REPORT + REPORT + b"\xaa\xc0\x00")

    assert pieces == [Frame(REPORT, behind=13), Frame(REPORT, behind=3)]


def test_a_frame_held_up_by_a_false_header_counts_what_came_since() -> None:
    port = framer("plantower.pms5003")

    assert port.feed(FALSE_START + ANSWER) == []
    pieces = port.feed(bytes(20))

    assert pieces == [Junk(FALSE_START, "checksum"), Frame(ANSWER, behind=20)]


def test_what_waits_at_the_end_is_searched_again() -> None:
    port = framer("plantower.pms5003")

    assert port.feed(FALSE_START + ANSWER) == []
    assert port.end() == [Junk(FALSE_START, "length"), Frame(ANSWER, behind=0)]
    assert port.held == 0


def test_junk_is_one_run_and_bears_the_reason_of_its_first_byte() -> None:
    wrong_sum = REPORT[:8] + b"\x00\xab"

    pieces = framer().feed(wrong_sum + b"\x01\x02" + REPORT)

    assert pieces == [Junk(wrong_sum + b"\x01\x02", "checksum"), Frame(REPORT, behind=0)]


def test_a_wrong_end_is_told_before_a_wrong_sum() -> None:
    port = framer()
    wrong = REPORT[:8] + b"\x00\x00"

    assert port.feed(wrong) + port.end() == [Junk(wrong, "header")]


@pytest.mark.parametrize("driver", ["plantower.pms5003", "nova.sds011", "omnipresense.ops243"])
@pytest.mark.parametrize("noise", [b"\x00", FALSE_START, b"\xaa\xc0", b"{", b"7\n"])
def test_nothing_that_may_come_makes_a_framer_hoard(driver: str, noise: bytes) -> None:
    port = framer(driver)
    came = b""
    for _ in range(40):
        came += b"".join(piece.raw for piece in port.feed(noise * 500))
        assert port.held <= 2 * LONGEST
    came += b"".join(piece.raw for piece in port.end())

    assert came == noise * 500 * 40


def test_a_cutter_that_waits_for_ever_is_not_waited_for() -> None:
    port = Framer(lambda _: None)

    assert port.feed(bytes(3 * LONGEST)) == [Junk(bytes(LONGEST), "length")] * 2
    assert port.held <= 2 * LONGEST


def test_a_length_that_no_frame_has_is_not_waited_for() -> None:
    huge = bytes.fromhex("424d801c")

    pieces = framer("plantower.pms5003").feed(huge + ANSWER)

    assert pieces == [Junk(huge, "length"), Frame(ANSWER, behind=0)]


def test_a_long_run_of_junk_comes_in_the_same_pieces_however_it_is_fed() -> None:
    noise = b"\x00" * (3 * LONGEST + 5)

    def fed_by(size: int) -> list[Piece]:
        port = framer()
        feeds = (port.feed(noise[at : at + size]) for at in range(0, len(noise), size))
        return [piece for pieces in feeds for piece in pieces] + port.end()

    assert fed_by(1) == fed_by(1000) == fed_by(len(noise))
    assert [len(piece.raw) for piece in fed_by(7)] == [LONGEST, LONGEST, LONGEST, 5]


def test_a_flood_costs_time_in_proportion_to_its_length() -> None:
    def seconds(length: int) -> float:
        flood = bytes(range(256)) * (length // 256)
        begin = perf_counter()
        framer().feed(flood)
        return perf_counter() - begin

    short = min(seconds(100_000) for _ in range(3))

    assert seconds(5_000_000) < 50 * short * 5
