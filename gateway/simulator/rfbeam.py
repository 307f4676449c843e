"""A K-LD7: silent until it is greeted, then it answers each question twice: yes, and a frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gateway.simulator.beam import Beam, way_to_go
from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver, Line


_FAR: Final = 80
"""m: whoever goes away has this far to go at most."""


class TrackingRadar:
    """A radar that tracks one vehicle.

    Attributes:
        greeted: Whether it was; without power it forgets it.
    """

    def __init__(self, driver: Driver, seed: int, beam: Beam | None = None) -> None:
        """Look at a road, through a beam of its own where none is given."""
        self._driver = driver
        self._beam = beam or Beam(seed)
        self._ear = Ear(driver.commands)
        self._number = 0
        self.greeted = False

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Wait to be greeted."""
        del at
        self.greeted = False

    def due(self) -> float:
        """Tell that it never speaks by itself."""
        return math.inf

    def speak(self, at: float) -> Spoken:
        """Send what it tracks; it is only ever asked to."""
        self._number += 1
        return Spoken(
            self._driver.encode({"packet": "TDAT", "targets": self._track(at)}), self._number
        )

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Acknowledge what it is told, and send what it is asked for."""
        return [spoken for command in self._ear.feed(data) for spoken in self._obey(command, at)]

    def _obey(self, command: Command, at: float) -> list[Spoken]:
        name = command.name
        self.greeted = (self.greeted or name.startswith("init")) and name != "goodbye"
        if not self.greeted and name != "goodbye":
            return []
        done = Spoken(self._driver.encode({"packet": "RESP", "code": 0}))
        if name == "get_tdat":
            return [done, self.speak(at)]
        if name == "get_pdat":
            seen = {"packet": "PDAT", "targets": self._track(at)}
            return [done, Spoken(self._driver.encode(seen))]
        return [done]

    def _track(self, at: float) -> list[Fields]:
        vehicle = self._beam.see(at)
        if vehicle is None:
            return []
        left = way_to_go(vehicle, at)
        coming = vehicle.channel == "in"
        return [
            {
                "distance_m": round(5 + (left if coming else _FAR - left), 2),
                "speed_kmh": -vehicle.speed if coming else vehicle.speed,
                "angle_deg": 4.5,
                "magnitude": 6000,
            }
        ]
