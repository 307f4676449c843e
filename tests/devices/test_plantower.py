from __future__ import annotations

from typing import Any

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NotReady
from devices.plantower import PMS3003, PMS5003, PMS5003S, PMS5003ST, PMS5003T, Plantower
from devices.rehearsal import rehearse
from schemas.quantity import QUANTITIES

MODELS = [PMS3003, PMS5003, PMS5003T, PMS5003S, PMS5003ST]
CLEAN = {"version": 151, "temp_c": 25.0, "rh_pct": 40.0, "hcho_ugm3": 3, "error_code": 0}
"""What a sensor sends besides particles, so what it sends when it sees none."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_sample_bears_the_quantities_that_the_driver_announces(model: Plantower) -> None:
    fields = model.decode(model.encode({"pm2_5_atm": 9}), {})

    sample = model.sample(fields, {})

    assert sample is not None
    assert tuple(sample.values) == model.quantities
    assert set(sample.values) <= set(QUANTITIES)


def test_values_are_in_the_units_of_the_table() -> None:
    sample = PMS5003ST.sample(
        {"pm2_5_atm": 12, "pm2_5_cf1": 15, "n0_3": 1110, "hcho_ugm3": 100, "temp_c": -1.2}, {}
    )

    assert sample is not None
    assert sample.values == {
        "pm2_5": 12,
        "pm2_5_cf1": 15,
        "pn0_3": 11.1,
        "hcho": pytest.approx(100 * 24.45 / 30.03),
        "temperature": -1.2,
    }


@pytest.mark.parametrize("model", MODELS[1:], ids=lambda model: model.name)
def test_a_sensor_that_sees_not_one_particle_is_warming_up_whatever_else_it_sends(
    model: Plantower,
) -> None:
    fields = model.decode(model.encode(CLEAN), {})

    assert fields["status"] == "warming_up"
    with pytest.raises(NotReady):
        model.sample(fields, {})


def test_one_that_sees_nothing_because_it_is_broken_has_not_just_woken() -> None:
    fields = PMS5003.decode(PMS5003.encode({"version": 145, "error_code": 2}), {})

    sample = PMS5003.sample(fields, {})

    assert sample is not None
    assert sample.fault == "error code 2"
    assert set(sample.values.values()) == {0}


def test_zero_is_a_measurement_once_something_was_seen() -> None:
    sample = PMS5003.sample(PMS5003.decode(PMS5003.encode({"n0_3": 1}), {}), {})

    assert sample is not None
    assert sample.values["pm2_5"] == 0


def test_clean_air_before_a_pms3003_is_told_from_a_warm_up_by_its_reserved_words() -> None:
    captured = bytes.fromhex("424d001400000000000000000000000000000000005100f4")

    sample = PMS3003.sample(PMS3003.decode(captured, {}), {})

    assert sample is not None
    assert set(sample.values.values()) == {0}


def test_an_error_code_is_a_fault_and_keeps_the_values() -> None:
    sample = PMS5003.sample({"pm2_5_atm": 9, "error_code": 4}, {})

    assert sample is not None
    assert sample.fault == "error code 4"
    assert sample.values["pm2_5"] == 9


@pytest.mark.parametrize("temperature", [-10.0, -0.1, 0.0, 60.0])
def test_the_temperature_has_a_sign(temperature: float) -> None:
    assert PMS5003T.decode(PMS5003T.encode({"temp_c": temperature}), {})["temp_c"] == temperature


HEAVY: dict[str, Any] = {
    **dict.fromkeys(("pm1_0_cf1", "pm2_5_cf1", "pm10_cf1"), 9),
    **dict.fromkeys(("pm1_0_atm", "pm2_5_atm", "pm10_atm"), 9),
}
FULL: dict[str, Any] = (
    HEAVY
    | {"n0_3": 900, "n0_5": 300, "n1_0": 40, "n2_5": 12, "n5_0": 2, "n10_0": 1}
    | {"reserved_20": 81, "version": 151, "temp_c": 28.4, "rh_pct": 71.5, "hcho_ugm3": 12}
)
"""What each model may see."""


@pytest.mark.parametrize("model", MODELS[1:4], ids=lambda model: model.name)
def test_models_whose_frames_have_one_form_are_told_apart(model: Plantower) -> None:
    frame = model.encode(FULL)

    assert [other for other in MODELS[1:4] if other.fits(other.decode(frame, {}))] == [model]


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (PMS5003, "n0_3", 0),
        (PMS5003, "n0_3", 299),
        (PMS5003, "n10_0", 3),
        (PMS5003, "version", 0),
        (PMS5003T, "temp_c", 60.1),
        (PMS5003T, "temp_c", -10.1),
        (PMS5003T, "rh_pct", 100.1),
        (PMS5003S, "hcho_ugm3", 2001),
        (PMS5003T, "rh_pct", 4.9),
        (PMS3003, "pm10_cf1", 0),
        (PMS3003, "reserved_20", 0),
    ],
)
def test_what_a_model_never_says_is_another_sensors(
    model: Plantower, field: str, value: float
) -> None:
    fields = model.decode(model.encode(FULL), {})

    assert model.fits(fields)
    assert not model.fits(fields | {field: value})


def test_larger_particles_that_weigh_less_are_no_reason_to_doubt_who_it_is() -> None:
    assert PMS5003.fits(PMS5003.decode(PMS5003.encode(FULL | {"pm2_5_atm": 1}), {}))


def test_it_is_known_by_the_answer_to_a_command_that_no_other_maker_knows() -> None:
    (name,) = PMS5003.identify

    assert PMS5003.commands[name].reply == {"ack_cmd": 0xE1, "ack_data": 1}
    assert not PMS3003.identify


def test_a_sensor_that_streams_is_left_alone() -> None:
    steps, _ = rehearse(PMS5003.start({}), [{"pm2_5_atm": 9}])

    assert steps == [Listen(3.0)]


def test_a_silent_sensor_is_woken_and_made_active() -> None:
    steps, _ = rehearse(PMS5003.start({}))

    wake, active = PMS5003.commands["wake"].data, PMS5003.commands["active_mode"].data
    assert steps == [Listen(3.0), Ask(wake, 3.0), Ask(active, 3.0)]


def test_a_sensor_without_commands_is_sent_none() -> None:
    steps, _ = rehearse(PMS3003.start({}))

    assert steps == [Listen(3.0)]
