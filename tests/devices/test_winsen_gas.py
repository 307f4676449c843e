from __future__ import annotations

from typing import Any

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import DecodeError
from devices.framing import Framer, Junk
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.winsen_gas import ZE

DEFAULTS = ZE.configure({})
CO: dict[str, Any] = {
    "mode": "active",
    "gas": "CO",
    "unit": "ppm",
    "decimals": 1,
    "value": 0.5,
    "full_scale": 500.0,
}


@pytest.mark.parametrize(
    ("gas", "unit", "value", "expected"),
    [
        ("CO", "ppm", 12.5, {"co": 12.5}),
        ("CO", "ppb", 12.5, {"co": 0.0125}),
        ("CH2O", "ppb", 14.0, {"hcho": 14.0}),
        ("O3", "ppm", 0.035, {"o3": 35.0}),
        ("NO2", "ppm", 1.0, {"no2": 1000.0}),
        ("SO2", "ppb", 7.0, {"so2": 7.0}),
        ("H2S", "ppm", 2.0, {"h2s": 2000.0}),
        ("NH3", "ppm", 3.0, {"nh3": 3000.0}),
    ],
)
def test_each_gas_is_in_the_unit_of_the_table(
    gas: str, unit: str, value: float, expected: dict[str, float]
) -> None:
    fields = CO | {"gas": gas, "unit": unit, "decimals": 3, "value": value, "full_scale": 50.0}

    assert ZE.sample(ZE.decode(ZE.encode(fields), DEFAULTS), DEFAULTS) == Sample(expected)
    assert set(expected) <= set(ZE.quantities)


def test_oxygen_is_read_and_measures_nothing_that_is_known() -> None:
    assert ZE.sample(CO | {"gas": "O2", "value": 20.9}, DEFAULTS) is None


def test_a_gas_or_unit_that_nobody_knows_is_no_frame() -> None:
    for frame in ("ff1803010005138844", "ff0405010005138856", "ff0403040005138855"):
        (junk,) = (framer := Framer(ZE.cutter(DEFAULTS))).feed(bytes.fromhex(frame)) + framer.end()
        assert isinstance(junk, Junk)
        assert junk.why == "header"


def test_the_gas_that_is_told_is_the_only_one_that_is_measured() -> None:
    told = ZE.configure({"gas": "hcho"})

    assert ZE.tailored(told).quantities == ("hcho",)
    with pytest.raises(DecodeError, match="CO"):
        ZE.decode(ZE.encode(CO), told)


def test_an_answer_says_what_the_gas_that_is_told_makes_of_it() -> None:
    answer = bytes.fromhex("ff8600110000000e5b")

    for gas, expected in (
        ("hcho", Sample({"hcho": 14.0})),
        ("o3", Sample({"o3": 14.0})),
        ("co", Sample({"co": 1.7})),
        ("any", None),
    ):
        told = ZE.configure({"gas": gas})
        fields = ZE.decode(answer, told)
        assert ZE.sample(fields, told) == expected
        assert ZE.encode(fields) == answer


def test_a_reply_to_another_command_measures_nothing() -> None:
    assert ZE.sample({"reply_to": 0x78, "value_hex": "000000000000"}, DEFAULTS) is None


def test_one_that_waits_to_be_asked_is_told_to_stream_in_both_ways() -> None:
    steps, _ = rehearse(ZE.start(DEFAULTS), [None, {"reply_to": 0x78}, CO])

    active, ze03 = (ZE.commands[name].data for name in ("active_mode", "ze03_active_mode"))
    assert steps == [Listen(3.0), Ask(active, 3.0), Ask(ze03, 3.0)]
    assert rehearse(ZE.start(DEFAULTS), [CO])[0] == [Listen(3.0)]


def test_more_than_its_full_scale_is_another_sensors() -> None:
    assert ZE.fits(CO)
    assert not ZE.fits(CO | {"value": 500.1})
    assert not ZE.fits(CO | {"full_scale": 0.0, "value": 0.0})
