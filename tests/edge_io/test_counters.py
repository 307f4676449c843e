"""Traffic sensors of all families, from the first byte to sums, against whoever really passed."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from devices.registry import find
from gateway.config.sensor import sensor
from gateway.edge.sums import columns
from gateway.simulator.beam import Beam, radar
from gateway.simulator.gantry import Gantry, counter
from gateway.simulator.rfbeam import TrackingRadar
from tests.edge_io.wired import Wired

if TYPE_CHECKING:
    from gateway.simulator.road import Vehicle
    from gateway.simulator.sensor import Sensor

RADARS = {
    "mph.speed": "all", "mph.ds4": "in", "houston.ascii": "all", "houston.dr500": "all",
    "icoms.tma296": "in", "decatur.si": "in", "hikvision.csr": "in", "rfbeam.kld7": "in",
}  # fmt: skip
"""Driver to the channel on which whoever comes closer counts."""

COUNTERS: dict[str, dict[str, object]] = {
    "wavetronix.ss125": {"lanes": 4, "address": 7},
    "canoga.loop": {"lanes": 3},
    "adec.tdc": {},
    "eis.rtms": {"lanes": 4},
}  # fmt: skip
"""Driver to its config; each tells every vehicle."""


class Street(Wired):
    """Any sensor, wired to a gateway for some minutes."""

    def __init__(self, sensor: Sensor, config: dict[str, object]) -> None:
        super().__init__(sensor, {"interval": 20.0} | config)

    def total(self, name: str, channel: str | None = None) -> float:
        values = (
            measured.reading.values[name].value or 0.0
            for measured in self.measured
            if channel in {None, measured.reading.channel}
        )
        return sum(values)


class Noisy(Street):
    """A line on which now and then something comes that nobody sent, in any portions."""

    def __init__(self, sensor: Sensor, config: dict[str, object]) -> None:
        self.chance = random.Random(7)
        super().__init__(sensor, config)

    def spoil(self, data: bytes) -> list[bytes]:
        noise = self.chance.randbytes(3) if self.chance.random() < 0.05 else b""
        at = self.chance.randint(0, len(data))
        return [noise, data[:at], data[at:]]


def beam_of(name: str) -> tuple[Beam, Sensor]:
    beam = Beam(seed=3, channels=("in",))
    driver = find(name)
    build = TrackingRadar if name == "rfbeam.kld7" else radar
    return beam, build(driver, 3, beam)


def gantry_of(name: str, config: dict[str, object]) -> tuple[Gantry, Sensor]:
    driver = sensor(name, config).driver
    gantry = Gantry(driver.channels, seed=5)
    return gantry, counter(driver, 5, gantry)


@pytest.mark.parametrize("name", RADARS)
def test_every_vehicle_that_a_radar_shows_counts_once(name: str) -> None:
    beam, sensor = beam_of(name)
    wired = Street(sensor, {"driver": name})
    wired.wait(150)
    wired.close()
    passed = [vehicle for vehicle in beam.passed if vehicle.leaves > wired.measured[0].stamp.boot]
    assert len(passed) > 15
    assert wired.total("count", RADARS[name]) == pytest.approx(len(passed), abs=1)
    mean = wired.total("speed_sum") / wired.total("count")
    assert mean == pytest.approx(_mean(passed), rel=0.05)
    assert wired.watch.junk == 0


@pytest.mark.parametrize("kind", [Street, Noisy])
@pytest.mark.parametrize("name", COUNTERS)
def test_every_vehicle_that_a_counter_tells_counts_once_on_its_lane(
    name: str, kind: type[Street]
) -> None:
    config = dict(COUNTERS[name])
    gantry, sensor = gantry_of(name, config)
    wired = kind(sensor, {"driver": name} | config)
    wired.wait(300)
    told = len(gantry.seen) - len(gantry.passed)
    wired.close()
    assert told > 20
    assert wired.total("count") == pytest.approx(told, abs=1 if kind is Street else 3)
    for channel in {vehicle.channel for vehicle in gantry.seen}:
        mine = [vehicle for vehicle in gantry.seen if vehicle.channel == channel]
        assert wired.total("count", channel) == pytest.approx(len(mine), abs=2)


@pytest.mark.parametrize("name", ["wavetronix.ss125", "wavetronix.ss105", "eis.rtms"])
def test_a_vehicle_on_a_lane_that_nobody_set_up_is_an_error_and_makes_no_channel(name: str) -> None:
    config: dict[str, object] = {"lanes": 3, "address": 1}
    wired = Street(gantry_of(name, config)[1], {"driver": name} | config | {"lanes": 1})
    wired.wait(150)
    wired.close()
    (channel,) = sensor(name, config | {"lanes": 1}).driver.channels
    assert {measured.reading.channel for measured in wired.measured} == {channel}
    assert wired.watch.errors > 3


def test_a_radar_of_means_counts_each_of_its_own_intervals_once() -> None:
    name = "wavetronix.ss105"
    gantry, sensor = gantry_of(name, {"lanes": 3, "address": 12})
    wired = Street(sensor, {"driver": name, "lanes": 3, "address": 12})
    wired.wait(305)
    wired.close()
    began = wired.clock.boot - 305
    first = (began // 30 + 1) * 30
    last = wired.clock.boot // 30 * 30
    counted = [vehicle for vehicle in gantry.seen if first - 30 < vehicle.leaves <= last]
    told = wired.total("count")
    assert told == pytest.approx(len(counted), abs=len(counted) / 8)
    assert wired.total("speed_sum") / told == pytest.approx(_mean(counted), rel=0.05)


@pytest.mark.parametrize("name", [*RADARS, *COUNTERS])
def test_every_interval_bears_all_that_is_announced_on_every_channel(name: str) -> None:
    config = COUNTERS.get(name, {})
    built = gantry_of(name, config)[1] if name in COUNTERS else beam_of(name)[1]
    wired = Street(built, {"driver": name} | config)
    wired.wait(45)
    driver = sensor(name, config).driver
    assert {measured.reading.channel for measured in wired.measured} == set(driver.channels)
    for measured in wired.measured:
        assert list(measured.reading.values) == list(columns(driver.sums))


def test_lengths_gaps_and_headways_of_a_lane_are_those_of_its_vehicles() -> None:
    gantry, sensor = gantry_of("adec.tdc", {})
    wired = Street(sensor, {"driver": "adec.tdc"})
    wired.wait(300)
    wired.close()
    seen = gantry.seen[: round(wired.total("count"))]
    assert wired.total("length_sum") == pytest.approx(4.5 * len(seen))
    occupied = [4.5 / vehicle.speed * 3.6 for vehicle in seen]
    assert wired.total("occupied_seconds") == pytest.approx(sum(occupied), rel=0.02)
    fronts = [vehicle.leaves - each for vehicle, each in zip(seen, occupied, strict=True)]
    headways = [later - earlier for earlier, later in pairwise(fronts)]
    assert wired.total("headway_sum") == pytest.approx(sum(headways), rel=0.02)


def _mean(vehicles: list[Vehicle]) -> float:
    return sum(vehicle.speed for vehicle in vehicles) / len(vehicles)
