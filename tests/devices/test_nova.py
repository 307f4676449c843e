from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import DecodeError, NotReady
from devices.nova import SDS011, SDS198
from devices.rehearsal import rehearse
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.dialogue import Fields

REPORT = {"pm2_5_ugm3": 1.5, "pm10_ugm3": 2.0}
WOKEN = {"reply_to": 6, "op": "set", "working": 1}
LISTEN = Listen(3.0)
WORK = Ask(SDS011.commands["work"].data, 2.0)
QUERY = Ask(SDS011.commands["query_data"].data, 2.0)


def test_both_values_zero_is_a_sensor_that_has_just_woken() -> None:
    fields = SDS011.decode(SDS011.encode({"device_id": 0xA160}), {})

    assert fields["status"] == "warming_up"
    with pytest.raises(NotReady):
        SDS011.sample(fields, {})


def test_one_value_zero_is_a_measurement() -> None:
    sample = SDS011.sample(SDS011.decode(SDS011.encode({"pm10_ugm3": 0.3}), {}), {})

    assert sample is not None
    assert sample.values == {"pm2_5": 0.0, "pm10": 0.3}


def test_the_whole_dust_comes_in_whole_micrograms() -> None:
    sample = SDS198.sample(SDS198.decode(SDS198.encode({"pm100_ugm3": 20000}), {}), {})

    assert sample is not None
    assert sample.values == {"pm100": 20000}


def test_a_reply_measures_nothing() -> None:
    assert SDS011.sample({"reply_to": 7, "fw_date": "2015-07-10"}, {}) is None


def test_a_sensor_that_reports_is_left_alone() -> None:
    steps, _ = rehearse(SDS011.start({}), [REPORT])

    assert steps == [LISTEN]


def test_a_sleeping_sensor_is_woken_and_its_settings_are_left_alone() -> None:
    steps, _ = rehearse(SDS011.start({}), [None, WOKEN, REPORT])

    assert steps == [LISTEN, WORK, LISTEN]


def test_a_passive_sensor_is_asked_and_its_mode_left_as_somebody_set_it() -> None:
    steps, _ = rehearse(SDS011.start({}), [None, WOKEN, None, REPORT])

    assert steps == [LISTEN, WORK, LISTEN, QUERY]

    steps, sample = rehearse(SDS011.read({}), [None, WOKEN, REPORT])

    assert sample == Sample({"pm2_5": 1.5, "pm10": 2.0})
    assert steps == [Listen(5.0), QUERY, Listen(2.0)]


def test_a_dead_sensor_does_not_hold_its_start_for_ever() -> None:
    steps, _ = rehearse(SDS011.start({}))

    assert len(steps) == 4


def test_whatever_happens_nothing_is_sent_that_outlives_a_power_cut() -> None:
    lasting = {command.data for command in SDS011.commands.values() if command.dangerous}
    told = SDS011.configure({"duty_seconds": 60})

    for dialogue in (SDS011.start({}), SDS011.start(told)):
        steps, _ = rehearse(dialogue)
        assert not lasting & {step.data for step in steps if isinstance(step, Ask)}


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"pm2_5_ugm3": 1999.9, "pm10_ugm3": 2000.0, "device_id": 1}, True),
        ({"pm2_5_ugm3": 2.0, "pm10_ugm3": 2000.1, "device_id": 1}, False),
        ({"reply_to": 7, "fw_date": "2018-11-16"}, True),
    ],
)
def test_a_mass_that_it_never_shows_is_another_sensors(fields: Fields, *, fits: bool) -> None:
    assert SDS011.fits(fields) is fits


def test_a_sensor_of_another_id_than_the_config_says_measures_nothing() -> None:
    told = SDS011.configure({"device_id": 0xA160})
    frame = SDS011.encode(REPORT | {"device_id": 0xA160})
    other = SDS011.encode(REPORT | {"device_id": 0xA161})

    assert SDS011.decode(frame, told)["device_id"] == 0xA160
    with pytest.raises(DecodeError, match="41313"):
        SDS011.decode(other, told)
    assert SDS011.decode(other, SDS011.configure({}))["device_id"] == 0xA161


def test_an_id_is_given_by_a_person_to_whichever_sensor_is_there() -> None:
    command = SDS011.tailored(SDS011.configure({"device_id": 0xA001})).commands["set_device_id"]

    assert command.data.hex() == "aab405" + "00" * 10 + "a001ffffa4ab"
    assert command.dangerous
    assert command.answered_by({"reply_to": 5, "device_id": 0xA001})
    assert "set_device_id" not in SDS011.commands


def test_what_outlives_a_power_cut_is_marked() -> None:
    lasting = {name for name, command in SDS011.commands.items() if command.dangerous}

    periods = {f"period_{minutes}" for minutes in range(31)}
    assert lasting == {"set_query_mode", "set_active_mode"} | periods
