"""What measures a distance: rangers above water that rises and falls, a lidar beside a road."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.plain import Streaming
from gateway.simulator.road import Road
from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line
    from gateway.simulator.road import Vehicle

_SWELL_SECONDS: Final = 90.0
_USUAL_MM: Final = 1800
_WAVE_MM: Final = 400

_LANE_METRES: Final = 6.0
"""How far the other side of the road is."""

_NEAR_METRES: Final = 2.2
_STRENGTH: Final = 1500
_CHIP_C: Final = 41.5
_RATE: Final = 100
_RATE_CODE, _FORMAT_CODE, _OUTPUT_CODE, _RESET_CODE = 0x03, 0x05, 0x07, 0x02
_MM: Final = 6


def ranger(driver: Driver, seed: int) -> Streaming:
    """Make an ultrasonic ranger that looks down on water."""
    chance = random.Random(seed)  # noqa: S311 - a signal, not a secret

    def measure(at: float, _number: int) -> dict[str, Any]:
        swell = math.sin(2 * math.pi * at / _SWELL_SECONDS)
        return {"distance_mm": round(_USUAL_MM + _WAVE_MM * swell + chance.gauss(0.0, 2.0))}

    return Streaming(driver, measure)


class Lidar:
    """A TFmini Plus that looks across a lane; what it is told it forgets without power.

    Attributes:
        passed: Whoever has ever been in its beam, or will be next.
    """

    def __init__(self, driver: Driver, seed: int) -> None:
        """Stand beside a road."""
        self._driver = driver
        self._road = Road(seed)
        self._chance = random.Random(seed)  # noqa: S311 - a signal, not a secret
        self._ear = Ear(driver.commands)
        self._number = 0
        self._due = math.inf
        self._hertz = _RATE
        self._format = "cm"
        self._speaks = True
        self.passed: list[Vehicle] = []

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Measure as often as it does from the factory, in cm."""
        self._hertz, self._format, self._speaks, self._due = _RATE, "cm", True, at
        self.passed.append(self._road.next("all", at))

    def due(self) -> float:
        """Tell when it measures next by itself."""
        return self._due if self._speaks and self._hertz else math.inf

    def speak(self, at: float) -> Spoken:
        """Measure."""
        self._due = max(self._due + 1 / (self._hertz or _RATE), at)
        self._number += 1
        while self.passed[-1].leaves < at:
            self.passed.append(self._road.next("all", self.passed[-1].leaves))
        near = self.passed[-1].enters <= at
        metres = (_NEAR_METRES if near else _LANE_METRES) + self._chance.gauss(0.0, 0.02)
        fields = {
            f"distance_{self._format}": round(metres * (1000 if self._format == "mm" else 100)),
            "strength": _STRENGTH,
            "temp_c": _CHIP_C,
        }
        return Spoken(self._driver.encode(fields), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands, and answer each."""
        return [self._obey(command, at) for command in self._ear.feed(data)]

    def _obey(self, command: Command, at: float) -> Spoken:
        reply = dict(command.reply or {})
        if "strength" in reply:
            return self.speak(at)
        if "version" in reply:
            return Spoken(self._driver.encode({"ack_cmd": 1, "value_hex": "090901"}))
        value = bytes.fromhex(reply["value_hex"])
        match reply["ack_cmd"]:
            case code if code == _RATE_CODE:
                self._hertz = int.from_bytes(value, "little")
                self._due = at
            case code if code == _FORMAT_CODE:
                self._format = "mm" if value[0] == _MM else "cm"
            case code if code == _OUTPUT_CODE:
                self._speaks, self._due = bool(value[0]), at
            case code if code == _RESET_CODE:
                self.power_on(at)
        return Spoken(self._driver.encode(reply))
