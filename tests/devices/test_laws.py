"""What holds for every driver, whatever bytes come."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.errors import DriverError
from devices.framing import LONGEST, Frame, Framer, Piece
from tests.devices.frames import BEGINS, FRAMES, recorded
from tests.devices.told import told
from tests.devices.vectors import SENT

DRIVERS = sorted({vector.driver for vector in SENT})
MUTATIONS = 20_000
AT_ONCE = 50

frugal = settings(max_examples=30, deadline=None)


def cut(driver: str, *portions: bytes) -> list[Piece]:
    """Feed a stream in these portions to its end."""
    sensor = told(driver, {})
    framer = Framer(sensor.driver.cutter(sensor.settings))
    return [piece for portion in portions for piece in framer.feed(portion)] + framer.end()


def frames(driver: str) -> st.SearchStrategy[bytes]:
    """Made frames of the driver where somebody wrote how, else the recorded ones."""
    return FRAMES[driver] if driver in FRAMES else st.sampled_from(recorded(driver))


def frames_of(pieces: list[Piece]) -> list[bytes]:
    return [piece.raw for piece in pieces if isinstance(piece, Frame)]


@st.composite
def damaged(draw: st.DrawFn, driver: str) -> bytes:
    """A frame that was cut short, or bent in one byte."""
    frame = draw(frames(driver))
    at = draw(st.integers(0, len(frame) - 1))
    if driver not in BEGINS or draw(st.booleans()):
        return frame[:at]
    return frame[:at] + bytes([frame[at] ^ draw(st.integers(1, 255))]) + frame[at + 1 :]


@pytest.mark.parametrize("driver", DRIVERS)
@given(data=st.data())
@frugal
def test_a_broken_frame_never_costs_the_good_one_behind_it(
    driver: str, data: st.DataObject
) -> None:
    good: list[bytes] = []
    stream = b""
    at: list[int] = []
    for _ in range(data.draw(st.integers(1, 4))):
        stream += b"".join(data.draw(st.lists(damaged(driver), max_size=2)))
        good.append(data.draw(frames(driver)))
        at.append(len(stream))
        stream += good[-1]
    if driver in BEGINS:  # a cut frame and the next may make a whole one: that is one, too
        begins = BEGINS[driver]
        assume(at == [place for place in range(len(stream)) if begins(stream[place:])])

    assert frames_of(cut(driver, stream)) == good


@pytest.mark.parametrize("driver", DRIVERS)
@given(data=st.data())
@frugal
def test_however_it_is_chopped_the_pieces_are_the_same(driver: str, data: st.DataObject) -> None:
    noise = st.binary(max_size=8)
    parts = st.lists(st.one_of(frames(driver), damaged(driver), noise), min_size=1, max_size=6)
    stream = b"".join(data.draw(parts))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    random_portions = [
        stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    ]
    singly = [stream[at : at + 1] for at in range(len(stream))]

    expected = [(type(piece), piece.raw) for piece in cut(driver, stream)]

    for portions in (random_portions, singly):
        pieces = cut(driver, *portions)
        assert [(type(piece), piece.raw) for piece in pieces] == expected
    assert b"".join(raw for _, raw in expected) == stream


@pytest.mark.parametrize("driver", DRIVERS)
@given(data=st.data())
@frugal
def test_what_is_encoded_is_decoded_to_the_same(driver: str, data: st.DataObject) -> None:
    sensor = told(driver, {})
    known, told_with = sensor.driver, sensor.settings
    frame = data.draw(frames(driver))
    assert frames_of(cut(driver, frame)) == [frame]

    fields = known.decode(frame, told_with)

    assert known.decode(known.encode(fields), told_with) == fields
    if driver in BEGINS:
        assert known.encode(fields) == frame


def mutate(chance: random.Random, frame: bytes) -> bytes:
    """Flip, cut, double or insert some bytes."""
    bent = bytearray(frame)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(bent) + 1)
        match chance.randrange(4):
            case 0 if at < len(bent):
                bent[at] = chance.randrange(256)
            case 1:
                del bent[at : at + chance.randint(1, 8)]
            case 2:
                bent[at:at] = bent[at : at + chance.randint(1, 8)]
            case _:
                bent[at:at] = chance.randbytes(chance.randint(1, 4))
    return bytes(bent)


@pytest.mark.parametrize("driver", DRIVERS)
def test_no_bytes_raise_anything_undeclared_or_are_hoarded(driver: str) -> None:
    chance = random.Random(driver)
    sensor = told(driver, {})
    known, told_with = sensor.driver, sensor.settings
    sent = [vector.raw for vector in SENT if vector.driver == driver]
    framer = Framer(known.cutter(told_with))
    for _ in range(MUTATIONS // AT_ONCE):
        stream = b"".join(mutate(chance, chance.choice(sent)) for _ in range(AT_ONCE))
        for raw in frames_of(framer.feed(stream)):
            try:
                known.sample(known.decode(raw, told_with), told_with)
            except DriverError:
                continue
        assert framer.held <= 2 * LONGEST
