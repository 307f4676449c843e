from __future__ import annotations

import pytest

from devices.cutters import Bad, Cutter, Verdict, Whole, by_header, by_line, either


def counted() -> Cutter:
    """`A1` or `A2 B0`, how many bytes, those bytes, `0D`."""
    return by_header(
        (b"\xa1", b"\xa2\xb0"),
        lambda buffer: _size(buffer, len(b"\xa1") if buffer[0] == 0xA1 else 2),
        lambda frame: 0xEE not in frame,
        tail=b"\x0d",
    )


def _size(buffer: bytes, head: int) -> int:
    if len(buffer) <= head:
        return 0
    return head + 2 + buffer[head] if buffer[head] < 5 else -1


@pytest.mark.parametrize(
    ("buffer", "verdict"),
    [
        (b"\xa1\x00\x0d", Whole(3)),
        (b"\xa2\xb0\x01\x07\x0d\x00", Whole(5)),
        (b"\xa1", None),
        (b"\xa2", None),
        (b"\xa1\x02\x00", None),
        (b"\xa1\x05", Bad("length")),
        (b"\xa1\x00\x00", Bad("header")),
        (b"\xa1\x01\xee\x0d", Bad("checksum")),
        (b"\xa1\x01\xee\x00", Bad("header")),
        (b"\xa2\xb1\x00\xa1", Bad("header", 3)),
        (b"\x00\x00\x00\x00", Bad("header", 4)),
        (b"\x00\xa2\xa1", Bad("header", 1)),
    ],
)
def test_by_header_judges_start_length_end_and_checksum_in_this_order(
    buffer: bytes, verdict: Verdict
) -> None:
    assert counted()(buffer) == verdict


def pair() -> Cutter:
    """`A1`, one byte that is not `EE`, `0D`; or `B1`, one byte, `0A`."""
    return either(
        by_header((b"\xa1",), lambda _: 3, lambda frame: frame[1] != 0xEE, tail=b"\x0d"),
        by_header((b"\xb1",), lambda _: 3, lambda _: True, tail=b"\x0a"),
    )


@pytest.mark.parametrize(
    ("buffer", "verdict"),
    [
        (b"\xa1\x00\x0d", Whole(3)),
        (b"\xb1\x00\x0a", Whole(3)),
        (b"\xb1\x00", None),
        (b"\xb1\x00\x0d", Bad("header", 1)),
        (b"\xa1\xee\x0d", Bad("checksum", 1)),
        (b"\xa1\xb1\x00", Bad("header", 1)),
        (b"\x00\x00\xb1\xa1", Bad("header", 2)),
        (b"\x00\xa1\xb1", Bad("header", 1)),
    ],
)
def test_either_skips_no_beginning_of_any(buffer: bytes, verdict: Verdict) -> None:
    assert pair()(buffer) == verdict


def words(*, start: bytes = b"") -> Cutter:
    return by_line(10, lambda line: line.strip() in {b"yes", b"$yes"}, start=start)


@pytest.mark.parametrize(
    ("buffer", "verdict"),
    [
        (b"yes\r\nno", Whole(5)),
        (b"yes", None),
        (b"oyes\n", Bad("header", 5)),
        (b"\r\nyes\n", Bad("header", 2)),
        (b"123456789\n", Bad("header", 10)),
        (b"1234567890\n", Bad("length", 1)),
        (b"1234567890ABC", Bad("length", 3)),
    ],
)
def test_by_line_skips_a_broken_line_whole(buffer: bytes, verdict: Verdict) -> None:
    assert words()(buffer) == verdict


def test_by_line_looks_for_a_start_inside_a_broken_line_and_no_further() -> None:
    cut = words(start=b"$")

    assert cut(b"$ye$yes\n") == Bad("header", 3)
    assert cut(b"$yeyes\n$yes\n") == Bad("header", 7)
