from __future__ import annotations

import pytest

from devices.cutters import Bad
from devices.errors import NotReady
from devices.framing import Frame, Framer
from devices.panasonic import SNGCJA5
from devices.rehearsal import rehearse

SEEN = {"pm1_0": 4, "pm2_5": 7, "pm10": 9}
BANDS = {"n0_5": 300, "n1_0": 120, "n2_5": 14, "n5_0": 2, "n7_5": 1, "n10": 4}
FIELDS = SNGCJA5.decode(SNGCJA5.encode(SEEN | BANDS), {})


def test_the_bands_are_added_up_to_what_is_larger_than_a_size() -> None:
    assert SNGCJA5.sample(FIELDS, {}).values == {
        "pm1_0": 4.0,
        "pm2_5": 7.0,
        "pm10": 9.0,
        "pn0_3": 441.0,
        "pn0_5": 141.0,
        "pn1_0": 21.0,
        "pn2_5": 7.0,
        "pn5_0": 5.0,
    }
    assert tuple(SNGCJA5.sample(FIELDS, {}).values) == SNGCJA5.quantities


def test_a_part_that_is_broken_is_a_fault_and_keeps_the_values() -> None:
    sample = SNGCJA5.sample(FIELDS | {"status_overall": 2, "status_fan": 1}, {})

    assert sample.fault == "status 2, fan 1"
    assert sample.values["pm2_5"] == 7


def test_not_one_particle_is_a_sensor_that_has_just_started_unless_it_is_broken() -> None:
    nothing = SNGCJA5.decode(SNGCJA5.encode({}), {})
    dark = SNGCJA5.decode(SNGCJA5.encode({"status_overall": 3, "status_laser": 2}), {})

    with pytest.raises(NotReady):
        SNGCJA5.sample(nothing, {})
    assert SNGCJA5.sample(dark, {}).fault == "status 3, laser 2"


def test_a_mass_without_end_is_another_sensors() -> None:
    assert SNGCJA5.fits(FIELDS)
    assert not SNGCJA5.fits(FIELDS | {"pm10": 2001})


def test_steady_values_that_look_like_an_end_and_a_beginning_shift_no_frame() -> None:
    fields = {"pm1_0": 12, "pm2_5": 18, "pm10": 25, "n0_5": 0x0203, "n1_0": 7}
    frame = SNGCJA5.encode(fields)
    framer = Framer(SNGCJA5.cutter({}))

    pieces = framer.feed((4 * frame)[5:]) + framer.end()

    assert [piece.raw for piece in pieces if isinstance(piece, Frame)] == [frame] * 3


@pytest.mark.parametrize(
    "odd", [{"reserved_19": 1}, {"reserved_27": 0x0300}, {"pm1_0": 0x10000}, {"pm10": 0x2C0004}]
)
def test_what_it_never_says_is_no_frame_and_a_wrong_sum_comes_first(odd: dict[str, int]) -> None:
    raw = SNGCJA5.encode(SEEN | BANDS | odd)

    assert SNGCJA5.cutter({})(raw) == Bad("header")
    assert SNGCJA5.cutter({})(raw[:-2] + bytes((raw[-2] ^ 1,)) + raw[-1:]) == Bad("checksum")


def test_its_line_has_even_parity_and_nothing_is_ever_sent() -> None:
    assert SNGCJA5.line.parity == "E"
    assert rehearse(SNGCJA5.start({})) == ([], None)
    assert not SNGCJA5.commands
