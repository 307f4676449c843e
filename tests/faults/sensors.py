"""The sensors of the engine: everything that they measure can be told apart in the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from devices import registry
from gateway.simulator.air import Air
from gateway.simulator.omnipresense import Radar
from gateway.simulator.plantower import Plantower
from gateway.simulator.player import Player
from gateway.simulator.road import Road, Vehicle
from gateway.simulator.troubles import BadLine, Troubles
from gateway.simulator.uart import Uart
from schemas.quantity import BIN_KMH
from tests.faults.schedule import RADAR, READERS

if TYPE_CHECKING:
    from pathlib import Path

PERIOD: Final = 0.5
"""Seconds between two frames of an air sensor."""

HELD_SECONDS: Final = 1.1
"""Seconds that quality holds a spike back for a neighbour that does not come: an interval, which
for this driver is a second however fast it speaks, and a tenth."""

TRAFFIC_INTERVAL: Final = 5.0
"""Seconds of an interval of traffic."""

SPEEDS: Final = 30
"""Vehicles of a direction that differ in their bin of speed: the number that a vehicle carries."""

FIRST: Final = {"pm-1": 1, "pm-2": 30_001}
"""Where each air sensor begins to count, so that neither passes for the other."""

_LONGEST_PASSAGE: Final = 0.9
"""Seconds: no loss in the middle of a passage may be so long that it looks like two."""

_SPIKE_EACH: Final = 20
_SPIKE: Final = 550.0
"""A spike that is larger than any believable step makes quality hold a reading back."""

NOISE: Final = {
    **dict.fromkeys(READERS, Troubles(noise=0.5, cut=0.15, turned=0.15)),
    RADAR: Troubles(noise=0.3, cut=0.1),  # lines have no checksum: a turned digit is another speed
}


class SpikyAir(Air):
    """Air with a spike now and then."""

    def __init__(self, seed: int) -> None:
        """Begin somewhere near the usual."""
        super().__init__(seed)
        self._frames = 0

    def pm2_5(self, at: float) -> float:
        """Return the PM2.5 at `at`, µg/m³."""
        self._frames += 1
        usual = super().pm2_5(at)
        return usual + _SPIKE if self._frames % _SPIKE_EACH == 0 else usual


class NumberedRoad(Road):
    """A road on which the speed of each vehicle tells which of the last `SPEEDS` it is."""

    def __init__(self, seed: int) -> None:
        """Let a vehicle come about each five seconds a direction."""
        super().__init__(seed, each=5.0)
        self._counts: dict[str, int] = {}

    def next(self, channel: str, after: float) -> Vehicle:
        """Let the next vehicle come, in the next bin of speed."""
        vehicle = super().next(channel, after)
        count = self._counts[channel] = self._counts.get(channel, 0) + 1
        leaves = min(vehicle.leaves, vehicle.enters + _LONGEST_PASSAGE)
        return replace(vehicle, speed=speed_of(count), leaves=leaves)


def speed_of(count: int) -> float:
    """Return the speed of the vehicle `count` of a direction, the middle of a bin, km/h."""
    return (1 + count % SPEEDS) * BIN_KMH + BIN_KMH / 2


@dataclass(frozen=True, slots=True)
class Sensors:
    """Two air sensors and a radar.

    Attributes:
        players: By the ids of their devices.
        radar: The radar, which knows its vehicles.
    """

    players: dict[str, Player]
    radar: Radar


def build(folder: Path, seed: int) -> Sensors:
    """Build them on ports in `folder`; nothing speaks yet."""
    pms = registry.find("plantower.pms5003")
    radar = Radar(registry.find("omnipresense.ops243"), NumberedRoad(seed))
    players = {
        device: Player(
            device,
            Plantower(pms, SpikyAir(seed + first), first=first, period=PERIOD),
            Uart(port(folder, device)),
        )
        for device, first in FIRST.items()
    }
    players[RADAR] = Player(RADAR, radar, Uart(port(folder, RADAR)))
    return Sensors(players, radar)


def port(folder: Path, device: str) -> Path:
    """Name the port of a device."""
    return folder / f"tty-{device}"


def noise(device: str, seed: int) -> BadLine:
    """Build a bad line for a device."""
    return BadLine(seed, NOISE[device])
