"""Sensors that were without power: what they forgot, and when they are believed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devices.registry import find
from gateway.edge.conversation import Conversation, Observed
from gateway.edge.watch import Watch
from gateway.simulator.air import Air
from gateway.simulator.nova import Nova
from gateway.simulator.plantower import Plantower
from schemas.reading import Cause, Flag
from tests.edge_io.sensors import Wire
from tests.edge_io.test_conversation import Talk
from tests.edge_io.wired import Wired

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver
    from devices.sample import Sample
    from gateway.simulator.sensor import Sensor

PMS = find("plantower.pms5003")
SDS = find("nova.sds011")
WARMING = (Flag.SUSPECT, Cause.WARMING_UP)
GOOD = (Flag.PASS, Cause.NONE)


class Site(Wired):
    """A sensor of dust whose every reading is kept."""

    def __init__(self, driver: str, sensor: Sensor) -> None:
        self.sensor = sensor
        super().__init__(sensor, {"driver": driver, "interval": 0.0})

    def verdicts(self) -> list[tuple[Flag, Cause]]:
        found = [measured.reading.values["pm2_5"] for measured in self.measured]
        return [(value.flag, value.cause) for value in found]

    def lose_power(self, seconds: float) -> None:
        """Be without power, and begin as a sensor that has had none."""
        self.cut = True
        self.wait(seconds)
        self.cut = False
        self.sensor.power_on(self.clock.boot)
        self.measured.clear()


@pytest.mark.parametrize("seconds", [8, 60])
@pytest.mark.parametrize("driver", [PMS, SDS])
def test_dust_is_warming_up_behind_a_power_cut_as_behind_an_opening(
    driver: Driver, seconds: float
) -> None:
    sensor = (Plantower if driver is PMS else Nova)(driver, Air(seed=1))
    site = Site(driver.name, sensor)
    site.wait(60)
    assert site.verdicts()[-1] == GOOD
    site.lose_power(seconds)
    site.wait(60)
    verdicts = site.verdicts()
    assert verdicts[0] == WARMING
    assert verdicts[-1] == GOOD
    assert set(verdicts) == {WARMING, GOOD}
    assert verdicts == sorted(verdicts, key=[WARMING, GOOD].index)
    assert 20 <= verdicts.count(WARMING) <= 40


def test_a_sensor_that_was_put_to_sleep_is_woken_and_warms_up() -> None:
    site = Site(SDS.name, Nova(SDS, Air(seed=1)))
    site.wait(60)
    site.sensor.hear(SDS.commands["sleep"].data, site.clock.boot)
    site.wait(1)
    site.measured.clear()
    site.wait(60)
    assert SDS.commands["work"].data in [data for _, data in site.asked]
    assert site.verdicts()[0] == WARMING
    assert site.verdicts()[-1] == GOOD


class Script(Talk):
    """A sensor that takes all that it is told; the test says what it speaks."""

    def __init__(self, driver: Driver, **settings: object) -> None:
        self.settings = driver.configure(settings)
        self.driver = driver.tailored(self.settings)
        Wire.__init__(self)
        self.watch = Watch(driver)
        self.conversation = Conversation(self.driver, self.settings, driver.line, self.watch)
        self.conversation.begin(self.clock.monotonic())
        self.told: list[bytes] = []

    def live(self, seconds: float, said: bytes = b"") -> list[Sample]:
        """Say the same ten times a second, and answer."""
        found: list[Sample] = []
        for _ in range(round(seconds * 10)):
            question = self.conversation.say()
            if question:
                self.told.append(question)
            events = self.hear(said + self._answer(question))
            found += [event.sample for event in events if isinstance(event, Observed)]
        return found

    def _answer(self, question: bytes) -> bytes:
        taken = [c for c in self.driver.commands.values() if c.data == question]
        return b"".join(self.driver.encode(_stated(command)) for command in taken)


def _stated(command: Command) -> Fields:
    fields = dict(command.reply or {})
    return fields | ({"Product": "OPS243-A"} if "Product" in fields else {})


def test_a_radar_that_forgot_its_unit_between_two_cars_is_told_again() -> None:
    radar = Script(find("omnipresense.ops243"), unit="mph")
    radar.live(12, b'{"unit":"mph","speed":30.0}\r\n')
    told, radar.told = radar.told, []
    assert told == [b"OJ", b"US", b"OU"]
    assert radar.live(0.2, b"20.0\r\n") == []
    radar.live(1)
    assert radar.told == told
    (sample,) = radar.live(0.1, b'{"unit":"mph","speed":30.0}\r\n')
    assert sample.detections[0].speed == pytest.approx(48.28032)


@pytest.mark.parametrize("lane", [0.0, 6.0])
def test_a_lidar_that_forgot_its_millimetres_is_told_again(lane: float) -> None:
    lidar = Script(find("benewake.tfmini"), unit="mm", lane_metres=lane)
    three_metres = {"strength": 500, "temp_c": 25}
    millimetres = lidar.driver.encode({"distance_mm": 3000, **three_metres})
    centimetres = lidar.driver.encode({"distance_cm": 300, **three_metres})
    assert lidar.live(3, millimetres)
    told, lidar.told = lidar.told, []
    assert [command[2] for command in told] == [7, 5, 3]
    assert lidar.live(1.5) == []
    assert lidar.live(0.3, centimetres) == []
    samples = lidar.live(3, millimetres)
    assert lidar.told == told
    assert {sample.values.get("distance", 3.0) for sample in samples} == {3.0}
