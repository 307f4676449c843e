"""A sensor that sleeps most of the time, on a line and a clock that the test moves."""

from __future__ import annotations

from itertools import pairwise

import pytest

from devices.registry import find
from gateway.edge.watch import Silence
from gateway.simulator.air import Air
from gateway.simulator.nova import Nova
from gateway.simulator.plantower import Plantower
from schemas.reading import Flag
from tests.edge_io.wired import Wired

PMS = find("plantower.pms5003")
SDS = find("nova.sds011")
PERIOD = 120


class Drowsy(Wired):
    """A sensor that is woken each two minutes."""

    def __init__(self, name: str = SDS.name, **config: object) -> None:
        driver = find(name)
        self.sensor: Nova | Plantower = (
            Nova(driver, Air(seed=1)) if driver is SDS else Plantower(driver, Air(seed=1))
        )
        super().__init__(self.sensor, {"driver": name, "duty_seconds": PERIOD} | config)
        self.awake = 0.0

    def spoil(self, data: bytes) -> list[bytes]:
        self.awake += 0.05 * (self.sensor.due() < 1e9)
        return super().spoil(data)


@pytest.mark.parametrize("name", [SDS.name, PMS.name])
def test_each_period_brings_one_good_reading_and_no_warming_up(name: str) -> None:
    wired = Drowsy(name)

    wired.wait(10 * PERIOD)

    ages = [measured.stamp.boot for measured in wired.measured]
    flags = {value.flag for m in wired.measured for value in m.reading.values.values()}
    assert len(ages) == 10
    assert all(abs(after - before - PERIOD) < 3 for before, after in pairwise(ages))
    assert flags == {Flag.PASS}
    assert wired.watch.errors == 0


def test_it_sleeps_most_of_the_time_and_is_not_silent_then() -> None:
    wired = Drowsy()
    wired.wait(PERIOD)
    wired.awake = 0.0
    silences = set()

    for _ in range(8 * PERIOD):
        wired.wait(1)
        silences.add(wired.watch.silence)

    assert silences == {Silence.SPEAKING}
    assert 0.2 * 8 * PERIOD < wired.awake < 0.4 * 8 * PERIOD


def test_the_reading_is_as_old_as_its_last_report_however_long_it_takes_to_fall_asleep() -> None:
    wired = Drowsy()
    wired.wait(40)
    asked = [at for at, data in wired.asked if data == SDS.commands["sleep"].data]

    (measured,) = wired.measured

    assert measured.stamp.boot < asked[0] + 0.01


def test_one_that_was_unplugged_is_silent_and_comes_back() -> None:
    wired = Drowsy()
    wired.wait(PERIOD)
    wired.cut = True
    wired.wait(4 * PERIOD)
    assert _silence(wired) is Silence.NO_REPLY
    wired.cut = False
    wired.measured.clear()

    wired.wait(3 * PERIOD)

    assert _silence(wired) is Silence.SPEAKING
    assert len(wired.measured) >= 2


def test_a_sensor_that_sleeps_as_the_gateway_starts_is_woken_whether_it_may_sleep_or_not() -> None:
    for seconds in (PERIOD, 0):
        wired = Drowsy(duty_seconds=seconds)
        wired.sensor.hear(SDS.commands["sleep"].data, wired.clock.boot)

        wired.wait(60)

        assert wired.measured


def test_another_model_is_found_out_although_it_falls_asleep_as_it_is_told() -> None:
    wired = Wired(
        Plantower(find("plantower.pms5003t"), Air(seed=1)),
        {"driver": PMS.name, "duty_seconds": PERIOD},
    )

    wired.wait(3 * PERIOD)

    flags = {value.flag for m in wired.measured for value in m.reading.values.values()}
    assert flags == {Flag.FAIL}


def _silence(wired: Drowsy) -> Silence:
    return wired.watch.silence
