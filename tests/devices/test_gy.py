from __future__ import annotations

import pytest

from devices.dialogue import Ask
from devices.errors import NoReply, NotReady
from devices.gy import MCU680
from devices.rehearsal import rehearse
from devices.sample import Sample

MEASURED = {
    "temp_c": -1.23,
    "rh_pct": 65.38,
    "pressure_pa": 100436,
    "iaq_accuracy": 3,
    "iaq": 210,
    "gas_ohm": 207841,
    "altitude_m": -4,
}
VALUES = {
    "temperature": -1.23,
    "humidity": 65.38,
    "pressure": 1004.36,
    "iaq": 210.0,
    "gas_resistance": 207841.0,
}
READ = Ask(bytes.fromhex("a55601fc"), 1.0)
ALL = Ask(bytes.fromhex("a5553f39"), 1.0)


def test_values_are_in_the_units_of_the_table_and_the_cold_is_measured_too() -> None:
    assert MCU680.decode(MCU680.encode(MEASURED), {}) == MEASURED
    assert MCU680.sample(MEASURED, {}) == Sample(VALUES)
    assert tuple(VALUES) == MCU680.quantities


def test_an_index_without_accuracy_is_missing_and_the_rest_is_not() -> None:
    assert MCU680.sample(MEASURED | {"iaq_accuracy": 0}, {}) == Sample(VALUES | {"iaq": None})


def test_all_zero_is_a_board_that_has_just_started() -> None:
    with pytest.raises(NotReady):
        MCU680.sample(MCU680.decode(MCU680.encode({}), {}), {})


def test_all_outputs_are_switched_on_whether_that_is_answered_or_not() -> None:
    for script in ([], [MEASURED]):
        assert rehearse(MCU680.start({}), script) == ([ALL], None)


def test_it_is_asked_and_one_that_does_not_answer_is_prepared_again() -> None:
    assert rehearse(MCU680.read({}), [MEASURED]) == ([READ], Sample(VALUES))
    with pytest.raises(NoReply):
        rehearse(MCU680.read({}), [])


@pytest.mark.parametrize(
    ("field", "value"),
    [("temp_c", 85.01), ("rh_pct", 100.01), ("pressure_pa", 29999), ("iaq", 501)],
)
def test_what_a_bme680_never_measures_is_another_sensors(field: str, value: float) -> None:
    assert MCU680.fits(MEASURED)
    assert not MCU680.fits(MEASURED | {field: value})
