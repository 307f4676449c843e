"""The duty cycle, without a port: woken, warmed up, read, put to sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask, Listen, Pause
from devices.errors import BadSetting, NoReply, NotReady
from devices.honeywell import HPMA115C0, HPMA115S0
from devices.nova import SDS011, SDS198
from devices.plantower import PMS3003, PMS5003
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.winsen_dust import ZH03B

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.dialogue import Received, Step
    from devices.driver import Driver

WORN = [PMS5003, SDS011, SDS198, HPMA115S0, HPMA115C0, ZH03B]
TOLD = SDS011.configure({"duty_seconds": 300})
WORK = Ask(SDS011.commands["work"].data, 3.0)
SLEEP = Ask(SDS011.commands["sleep"].data, 3.0, aside=True)
AWAKE = {"reply_to": 6, "op": "set", "working": 1}
ASLEEP = {"reply_to": 6, "op": "set", "working": 0}
WARM = Pause(30.0, deaf=True)


def report(pm2_5: float) -> dict[str, Any]:
    return {"pm2_5_ugm3": pm2_5, "pm10_ugm3": 20.0}


def until_it_fails(dialogue: Generator[Step, Received, Sample]) -> Generator[Step, Received, str]:
    try:
        yield from dialogue
    except (NoReply, NotReady) as error:
        return type(error).__name__
    return "it did not fail"


@pytest.mark.parametrize("driver", WORN, ids=lambda driver: driver.name)
def test_a_period_is_what_the_gateway_waits_for(driver: Driver) -> None:
    told = driver.configure({"duty_seconds": 300})

    assert driver.tailored(told).every == 300.0
    assert driver.tailored(driver.configure({})).every == 1.0


@pytest.mark.parametrize("seconds", [-1, 1, 59, 3601])
def test_a_period_that_saves_nothing_is_refused(seconds: int) -> None:
    with pytest.raises(BadSetting, match="duty_seconds"):
        SDS011.configure({"duty_seconds": seconds})


def test_a_sensor_that_hears_nothing_has_none() -> None:
    with pytest.raises(BadSetting, match="duty_seconds"):
        PMS3003.configure({"duty_seconds": 300})


def test_a_reading_is_the_mean_of_some_reports_of_a_warm_sensor_which_sleeps_then() -> None:
    reports = [report(value) for value in (10.0, 11.0, 12.0, 13.0, 14.5)]

    steps, sample = rehearse(SDS011.read(TOLD), [AWAKE, *reports, ASLEEP])

    assert sample == Sample({"pm2_5": 12.1, "pm10": 20.0})
    assert steps[:3] == [WORK, WARM, Listen(5.0)]
    assert steps[-1] == SLEEP


def test_a_command_that_was_lost_is_sent_again() -> None:
    reports = [report(10.0)] * 5

    steps, _ = rehearse(SDS011.read(TOLD), [None, None, AWAKE, *reports, report(9.0), ASLEEP])

    assert steps[:4] == [WORK, WORK, WORK, WARM]
    assert steps[-2:] == [SLEEP, SLEEP]


def test_one_that_will_not_sleep_has_measured_all_the_same() -> None:
    _, sample = rehearse(SDS011.read(TOLD), [AWAKE, *[report(10.0)] * 5])

    assert sample == Sample({"pm2_5": 10.0, "pm10": 20.0})


def test_one_that_sees_nothing_yet_gives_no_reading_and_sleeps() -> None:
    zero = report(0.0) | {"status": "warming_up"}

    steps, why = rehearse(until_it_fails(SDS011.read(TOLD)), [AWAKE, report(1.0), zero, ASLEEP])

    assert why == "NotReady"
    assert steps[-1] == SLEEP


def test_one_that_does_not_speak_is_prepared_as_at_the_start_and_put_to_sleep() -> None:
    steps, why = rehearse(until_it_fails(SDS011.read(TOLD)))

    assert why == "NoReply"
    assert Ask(SDS011.commands["work"].data, 2.0) in steps
    assert steps[-1] == SLEEP


def test_what_is_broken_is_told_and_what_is_missing_is_left_out_of_the_mean() -> None:
    broken = {"pm2_5_atm": 9, "error_code": 4}
    told = PMS5003.configure({"duty_seconds": 60})

    _, sample = rehearse(PMS5003.read(told), [broken] * 7)

    assert sample == Sample({"pm2_5": 9.0}, fault="error code 4")


def test_nobody_waits_for_the_answer_of_one_that_gives_none() -> None:
    told = HPMA115C0.configure({"duty_seconds": 60})
    measured = dict.fromkeys(("pm1_0_ugm3", "pm2_5_ugm3", "pm4_0_ugm3", "pm10_ugm3"), 7)

    steps, _ = rehearse(HPMA115C0.read(told), [None, *[{"mode": "read"} | measured] * 5])

    start, stop = (HPMA115C0.commands[f"{verb}_measurement"].data for verb in ("start", "stop"))
    assert steps[0] == Ask(start, 0.2)
    assert steps[-1] == Ask(stop, 0.2, aside=True)
    assert steps.count(steps[0]) == 1
