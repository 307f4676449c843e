"""A lidar across a lane, a receiver, an anemometer and text: from the first byte to readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.registry import find
from gateway.config.sensor import sensor
from gateway.edge.watch import Silence
from gateway.simulator.catalogue import build
from gateway.simulator.plain import Streaming
from gateway.simulator.ranging import Lidar
from schemas.reading import Cause, Flag
from tests.edge_io.wired import Wired

if TYPE_CHECKING:
    from gateway.simulator.sensor import Spoken

CALM = {"driver": "omnipresense.ops243", "interval": 20.0}
TFMINI = find("benewake.tfmini")


class Foggy(Lidar):
    """A lidar that sees nothing from some moment on.

    Attributes:
        fog: When it comes, s.
    """

    fog = 1e9

    def speak(self, at: float) -> Spoken:
        spoken = super().speak(at)
        if at < self.fog:
            return spoken
        spoken_fog: Spoken = type(spoken)(TFMINI.encode({"strength": 12}), spoken.number)
        return spoken_fog


class Lane(Wired):
    """A lidar across a lane whose other side is 6 m away, in intervals of 20 s."""

    def __init__(self, **settings: object) -> None:
        self.lidar = Foggy(TFMINI, seed=3)
        told = {"driver": TFMINI.name, "interval": 20.0, "lane_metres": 6.0}
        super().__init__(self.lidar, told | settings)

    def total(self, name: str) -> float:
        return sum(measured.reading.values[name].value or 0.0 for measured in self.measured)


@pytest.mark.parametrize("settings", [{}, {"rate_hz": 20}, {"unit": "mm"}])
def test_every_vehicle_that_hides_the_other_side_counts_once(settings: dict[str, Any]) -> None:
    wired = Lane(**settings)
    wired.wait(200)
    wired.close()

    passed = [each for each in wired.lidar.passed if each.enters <= wired.clock.boot]
    assert len(passed) > 20
    assert wired.total("count") == len(passed)
    assert wired.total("seconds") == pytest.approx(200, abs=1)
    assert {measured.reading.channel for measured in wired.measured} == {"all"}
    assert "speed_sum" not in wired.measured[0].reading.values


def test_a_lane_that_is_not_seen_is_not_observed_and_not_empty() -> None:
    wired = Lane()
    wired.wait(60)
    wired.lidar.fog = wired.clock.boot
    wired.wait(60)
    wired.close()

    assert wired.watch.silence is Silence.FAULT
    assert wired.total("seconds") == pytest.approx(62, abs=1)


def values(wired: Wired, name: str) -> list[tuple[float | None, Flag, Cause]]:
    found = [measured.reading.values[name] for measured in wired.measured]
    return [(each.value, each.flag, each.cause) for each in found]


def test_a_position_is_missing_until_there_is_a_fix_and_one_reading_a_second() -> None:
    wired = Wired(build(find("nmea.gnss"), 1), {"driver": "nmea.gnss", "interval": 1.0})
    wired.wait(30)
    latitudes = values(wired, "latitude")

    assert 27 <= len(latitudes) <= 31
    assert latitudes[0][0] is None
    assert latitudes[0][1] is Flag.MISSING
    assert all(value is not None for value, _, _ in latitudes[5:])
    assert all(value == 61.7 for value, _, _ in values(wired, "altitude")[5:])
    assert all(value is not None for value, _, _ in values(wired, "ground_speed")[5:])


def test_calm_air_has_a_speed_and_no_direction() -> None:
    wired = Wired(build(find("gill.wind"), 1), {"driver": "gill.wind", "interval": 1.0})
    wired.wait(120)
    speeds, directions = values(wired, "wind_speed"), values(wired, "wind_direction")
    calm = [number for number, (speed, _, _) in enumerate(speeds) if speed == 0.0]

    assert calm
    assert [directions[number][1] for number in calm] == [Flag.MISSING] * len(calm)
    assert all(value is not None for value, _, _ in speeds)


RAIN = {
    "pattern": "TotalAcc (?P<rain>[0-9.]+) mm",
    "values": {"rain": {"counter": True}},
    "ask": "R",
}


def test_rain_of_a_gauge_that_is_asked_is_what_its_total_grew_by() -> None:
    gauge = build(sensor("text.line", RAIN).driver, 1)
    wired = Wired(gauge, {"driver": "text.line", "interval": 5.0} | RAIN)
    wired.wait(60)

    rain = [value for value, _, _ in values(wired, "rain") if value is not None]
    assert len(rain) >= 10
    assert rain == pytest.approx([0.2] * len(rain))
    assert wired.watch.junk == 0


def test_the_tail_of_a_number_is_no_vehicle_when_nobody_has_read() -> None:
    driver = find("omnipresense.ops243")
    wired = Wired(Streaming(driver, lambda _at, _number: {"speed": 0}, every=0.5), CALM)
    wired.wait(30)
    wired.device.hear(wired.read(after=3.0, stalled=3.0))
    wired.measured += wired.device.hear(wired.read(b"5.0\r\n", after=0.05))
    wired.wait(30)
    wired.close()
    assert sum(measured.reading.values["seconds"].value or 0 for measured in wired.measured) > 50
    assert sum(measured.reading.values["count"].value or 0 for measured in wired.measured) == 0


class Talker(Streaming):
    """Says `23.5,60` every 0.4 s."""

    def __init__(self) -> None:
        super().__init__(COLUMNS.driver, lambda _at, _number: SAID, every=0.4)


COLUMNS = sensor("text.line", {"columns": ["temperature", "humidity"]})
SAID = {"temperature": 23.5, "humidity": 60.0}


def test_the_rest_of_a_line_is_no_reading_though_it_looks_like_one() -> None:
    config = {"driver": "text.line", "interval": 0.0, "columns": ["temperature", "humidity"]}
    wired = Wired(Talker(), config)
    for _ in range(2):  # on opening, and when nobody has read for a while
        wired.measured += wired.device.hear(wired.read(b"3.5,60\r\n23.5,60\r\n"))
        assert wired.measured == []
        wired.wait(5)
        assert {value for value, _, _ in values(wired, "temperature")} == {23.5}
        assert len(wired.measured) >= 7
        wired.measured = []
        wired.device.hear(wired.read(after=3.0, stalled=3.0))
