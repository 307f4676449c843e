"""Sensors of dust, gas and CO2 on a line and a clock that the test moves."""

from __future__ import annotations

import pytest

from devices.registry import find
from gateway.edge.watch import Silence
from gateway.simulator import catalogue
from schemas.reading import Flag
from tests.edge_io.wired import Wired

NAMES = [
    "plantower.pms5003",
    "nova.sds011",
    "honeywell.hpma115s0",
    "honeywell.hpma115c0",
    "panasonic.sngcja5",
    "sensirion.sps30",
    "winsen.zh03b",
    "winsen.ze",
    "cubic.cm1106",
    "cubic.pm1006",
    "gy.mcu680",
]
STOPPED = [
    ("plantower.pms5003", "sleep"),
    ("plantower.pms5003", "passive_mode"),
    ("nova.sds011", "sleep"),
    ("nova.sds011", "set_query_mode"),
    ("honeywell.hpma115s0", "stop_measurement"),
    ("honeywell.hpma115c0", "stop_measurement"),
    ("honeywell.hpma115c0", "stop_auto_send"),
    ("sensirion.sps30", "stop"),
    ("winsen.zh03b", "sleep"),
    ("winsen.zh03b", "qa_mode"),
    ("winsen.ze", "qa_mode"),
    ("gy.mcu680", "read_once"),
]


class Aired(Wired):
    """A sensor that is asked, or heard, each five seconds."""

    def __init__(self, name: str) -> None:
        self.sensor = catalogue.build(find(name), seed=1)
        self.driver = find(name)
        super().__init__(self.sensor, {"driver": name, "interval": 5.0})

    def tell(self, *names: str) -> None:
        """Somebody else tells it something."""
        for name in names:
            self.sensor.hear(self.driver.commands[name].data, self.clock.boot)

    def flags(self) -> list[set[Flag]]:
        readings = (measured.reading.values.values() for measured in self.measured)
        return [{value.flag for value in values} - {Flag.MISSING} for values in readings]


@pytest.mark.parametrize("name", NAMES)
def test_its_readings_warm_up_are_good_then_and_bring_all_that_is_announced(name: str) -> None:
    wired = Aired(name)

    wired.wait(wired.driver.warmup_seconds + 60)

    flags = wired.flags()
    assert len(flags) >= 12
    assert flags[-10:] == [{Flag.PASS}] * 10
    if wired.driver.warmup_seconds:
        assert flags[0] == {Flag.SUSPECT}
    assert wired.watch.errors <= 1
    assert wired.watch.silence is Silence.SPEAKING
    if name != "winsen.ze":
        assert tuple(wired.measured[-1].reading.values) == wired.driver.quantities


@pytest.mark.parametrize(("name", "command"), STOPPED)
def test_one_that_somebody_stopped_while_it_was_read_measures_again(
    name: str, command: str
) -> None:
    wired = Aired(name)
    wired.wait(30)
    wired.tell(command)
    wired.measured.clear()

    wired.wait(90)

    assert len(wired.measured) >= 8


@pytest.mark.parametrize(("name", "command"), STOPPED)
def test_one_that_was_stopped_before_the_gateway_came_measures(name: str, command: str) -> None:
    wired = Aired(name)
    wired.tell(command)

    wired.wait(60)

    assert len(wired.measured) >= 6


def test_one_that_sleeps_deeply_is_woken_and_started() -> None:
    wired = Aired("sensirion.sps30")
    wired.wait(30)
    wired.tell("stop", "sleep")
    wired.measured.clear()

    wired.wait(60)

    assert len(wired.measured) >= 5
