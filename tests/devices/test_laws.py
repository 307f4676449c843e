"""What holds for every driver, whatever bytes come.

With `SIMPANG_VECTORS=FILE` the drivers of that file of vectors alone are tried, anybody's.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.cutters import Whole
from devices.framing import Frame, Piece
from tests.devices.accepted import accepted
from tests.devices.cases import CASES, DRIVERS, IDS, Case, pool, share
from tests.devices.damage import KINDS
from tests.devices.frames import BEGINS, FRAMES
from tests.devices.odds import check_of, most
from tests.devices.reached import Lines

if TYPE_CHECKING:
    from collections.abc import Callable

MUTATIONS = 20_000

LINES = {"text.line", "houston.ascii"}
"""Drivers whose frames nothing but the end of a line tells apart: one without costs the next."""

frugal = settings(max_examples=30, deadline=None)
every_case = pytest.mark.parametrize("case", CASES, ids=IDS)
every_driver = pytest.mark.parametrize("case", DRIVERS, ids=str)


def frames_of(pieces: list[Piece]) -> list[bytes]:
    return [piece.raw for piece in pieces if isinstance(piece, Frame)]


def begins(case: Case) -> Callable[[bytes], bool] | None:
    """Return whether bytes begin with one of its frames, where somebody wrote how to judge."""
    return BEGINS.get(case.driver) if case.plain else None


def foreign(case: Case) -> Callable[[bytes], bool] | None:
    """Return the same by the driver's own word, where it is none of ours."""
    if case.driver in FRAMES or not case.plain:
        return None
    cutter = case.sensor.driver.cutter(case.sensor.settings)
    return lambda data: isinstance(cutter(data), Whole)


@st.composite
def damaged(draw: st.DrawFn, case: Case) -> bytes:
    """A frame that was cut short, or bent in one byte; a line is both, and ends."""
    frame = draw(case.frames())
    at = draw(st.integers(0, len(frame) - 1))
    if case.driver in LINES:
        return frame[:at] + b"\xff\n"
    if begins(case) is None or draw(st.booleans()):
        return frame[:at]
    return frame[:at] + bytes([frame[at] ^ draw(st.integers(1, 255))]) + frame[at + 1 :]


@every_driver
@given(data=st.data())
@frugal
def test_a_broken_frame_never_costs_the_good_one_behind_it(case: Case, data: st.DataObject) -> None:
    good: list[bytes] = []
    stream = b""
    at: list[int] = []
    for _ in range(data.draw(st.integers(1, 4))):
        stream += b"".join(data.draw(st.lists(damaged(case), max_size=2)))
        good.append(data.draw(case.frames()))
        at.append(len(stream))
        stream += good[-1]
    begin = begins(case) or foreign(case)
    if begin is not None:  # a cut frame and the next may make a whole one: that is one, too
        assume(at == [place for place in range(len(stream)) if begin(stream[place:])])

    assert frames_of(case.cut(stream)) == good


@every_case
@given(data=st.data())
@frugal
def test_however_it_is_chopped_the_pieces_are_the_same(case: Case, data: st.DataObject) -> None:
    noise = st.binary(max_size=8)
    parts = st.lists(st.one_of(case.frames(), damaged(case), noise), min_size=1, max_size=6)
    stream = b"".join(data.draw(parts))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    random_portions = [
        stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    singly = [stream[at : at + 1] for at in range(len(stream))]

    expected = [(type(piece), piece.raw) for piece in case.cut(stream)]

    for portions in (random_portions, singly):
        pieces = case.cut(*portions)
        assert [(type(piece), piece.raw) for piece in pieces] == expected
    assert b"".join(raw for _, raw in expected) == stream


@every_case
@given(data=st.data())
@frugal
def test_what_is_encoded_is_decoded_to_the_same(case: Case, data: st.DataObject) -> None:
    driver, told = case.sensor.driver, case.sensor.settings
    frame = data.draw(case.frames())
    assert frames_of(case.cut(frame)) == [frame]

    fields = driver.decode(frame, told)

    assert driver.decode(driver.encode(fields), told) == fields
    if begins(case) is not None:
        assert driver.encode(fields) == frame


@every_case
def test_every_recorded_frame_survives_being_decoded_and_encoded(case: Case) -> None:
    driver, told = case.sensor.driver, case.sensor.settings
    for frame in case.recorded():
        fields = driver.decode(frame, told)
        again = driver.encode(fields)

        assert driver.decode(again, told) == fields
        assert frames_of(case.cut(again)) == [again]


def test_made_and_recorded_frames_go_every_way_through_every_decoder() -> None:
    lines = Lines()
    for case in CASES:
        for frame in pool(case):
            lines.decode(case.sensor.driver, case.sensor.settings, frame)

    assert list(lines.missed()) == []


@every_case
def test_damage_passes_no_more_often_than_the_checksum_says(case: Case) -> None:
    """No damaged frame raises anything undeclared or makes a framer hoard either."""
    each = ceil(share(case, MUTATIONS) / len(KINDS))
    wrong = accepted(case, each, "laws")
    check = check_of(case.driver)

    too_often = {kind: n for kind, n in wrong.items() if n > most(each, check.of(kind))}

    assert not too_often, f"of {each} each; {check.name}; see tests/devices/odds.py"
