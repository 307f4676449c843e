from __future__ import annotations

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NotReady
from devices.nova import SDS011, SDS198
from devices.rehearsal import rehearse

REPORT = {"pm2_5_ugm3": 1.5, "pm10_ugm3": 2.0}
WOKEN = {"reply_to": 6, "op": "set", "working": 1}
MADE_ACTIVE = {"reply_to": 2, "op": "set", "query_mode": 0}
LISTEN = Listen(3.0)
WORK = Ask(SDS011.commands["work"].data, 2.0)
ACTIVE = Ask(SDS011.commands["set_active_mode"].data, 2.0)


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


def test_a_passive_sensor_is_made_active() -> None:
    steps, _ = rehearse(SDS011.start({}), [None, WOKEN, None, MADE_ACTIVE, REPORT])

    assert steps == [LISTEN, WORK, LISTEN, ACTIVE, LISTEN]


def test_a_dead_sensor_does_not_hold_its_start_for_ever() -> None:
    steps, _ = rehearse(SDS011.start({}))

    assert len(steps) == 5


def test_what_outlives_a_power_cut_is_marked() -> None:
    lasting = {name for name, command in SDS011.commands.items() if command.dangerous}

    periods = {f"period_{minutes}" for minutes in range(31)}
    assert lasting == {"set_query_mode", "set_active_mode"} | periods
