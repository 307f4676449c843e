"""Sensors of Winsen: CO2, which is asked, dust and gas, which stream; digits carry the number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gateway.simulator.air import Air
from gateway.simulator.modes import Modes, Streamer
from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver, Line
    from gateway.simulator.sensor import Sensor

CYCLE: Final = 100
"""The number travels modulo this."""

_BOARD_C: Final = 31
_ACCEPTED: Final = "010000000000"

_MODES: Final = Modes(
    quiet="qa_mode",
    loud="active_mode",
    sleep="sleep",
    wake="wake",
    asked={"mode": "qa"},
    unasked={"mode": "active"},
    answers={name: {"value_hex": _ACCEPTED} for name in ("sleep", "wake")},
)


class CarbonDioxide:
    """An MH-Z19 with a firmware that answers commands.

    Attributes:
        abc: Whether it calibrates itself; it is forgotten without power, as some firmware does.
        most: The range, ppm.
    """

    def __init__(self, driver: Driver, air: Air) -> None:
        """Breathe this air: where traffic makes dust it makes CO2."""
        self._driver = driver
        self._air = air
        self._ear = Ear(driver.commands)
        self._number = 0
        self.abc = True
        self.most = 2000

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Calibrate itself, until it is told not to."""
        del at
        self.abc = True

    def due(self) -> float:
        """Tell that it never speaks by itself."""
        return math.inf

    def speak(self, at: float) -> Spoken:
        """Measure; it is only ever asked to."""
        self._number += 1
        hundreds = 4 + int(self._air.pm2_5(at)) // 20
        fields = {
            "co2_ppm": min(hundreds * CYCLE + self._number % CYCLE, self.most),
            "temp_c": _BOARD_C,
        }
        return Spoken(self._driver.encode(fields), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer questions, and commands as far as their answers are known."""
        answers = (self._obey(command, at) for command in self._ear.feed(data))
        return [answer for answer in answers if answer is not None]

    def _obey(self, command: Command, at: float) -> Spoken | None:
        if command.name == "read":
            return self.speak(at)
        name, _, value = command.name.partition("_")
        match name:
            case "abc":
                self.abc = value == "on"
            case "range":
                self.most = int(value)
        if command.reply is None:
            return None
        return Spoken(self._driver.encode({**command.reply, "value_hex": _ACCEPTED}))


def carried(co2: float) -> int:
    """Read the number, modulo `CYCLE`, out of a stored value in ppm."""
    return round(co2) % CYCLE


def sensor(driver: Driver, seed: int) -> Sensor:
    """Make one of CO2, of dust, or of carbon monoxide."""
    match driver.name:
        case "winsen.zh03b":
            return _dust(driver, Air(seed))
        case "winsen.ze":
            return _carbon_monoxide(driver, Air(seed))
    return CarbonDioxide(driver, Air(seed))


def _dust(driver: Driver, air: Air) -> Streamer:
    def measure(at: float, number: int) -> Fields:
        pm2_5 = round(air.pm2_5(at))
        return {
            "pm1_0_ugm3": round(pm2_5 * 0.65),
            "pm2_5_ugm3": pm2_5,
            "pm10_ugm3": (round(pm2_5 * 1.3) // CYCLE + 1) * CYCLE + number % CYCLE,
        }

    return Streamer(driver, _MODES, measure)


def _carbon_monoxide(driver: Driver, air: Air) -> Streamer:
    """Make a ZE07-CO: where traffic makes dust it makes that, too."""

    def measure(at: float, number: int) -> Fields:
        ppm = int(air.pm2_5(at)) // 20 + number % CYCLE / 10
        streamed = {"gas": "CO", "unit": "ppm", "decimals": 1, "value": ppm, "full_scale": 500.0}
        return streamed | {"value_ugm3": 0, "value_ppb": 0}

    return Streamer(driver, _MODES, measure)
