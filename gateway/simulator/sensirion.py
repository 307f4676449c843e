"""An SPS30 that has to be started; the hundredths of its PM10 carry the number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.air import Air
from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line

CYCLE: Final = 100
"""The number travels modulo this."""

_NOT_ALLOWED: Final = 0x43
_NUMBERS: Final = {"pm1_0": 0.8, "pm2_5": 1.0, "pm4_0": 1.1, "pm10": 1.15}
_COUNTS: Final = {"n0_5": 5.6, "n1_0": 6.5, "n2_5": 6.7, "n4_0": 6.8, "n10": 6.9}
"""What a µg/m³ of PM2.5 brings."""

_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "read_auto_clean": {"auto_clean_s": 604800},
    "product_type": {"text": "00080000"},
    "serial_number": {"text": "8A6C3E70D15B2F94"},
    "version": {"version": "2.2"},
    "status_register": {"status_register": 0},
}


class Particles:
    """One with floats or integers, as it was started.

    Attributes:
        format: In what it measures; empty while it is idle.
        asleep: Whether it hears nothing but being woken.
    """

    def __init__(self, driver: Driver, air: Air) -> None:
        """Breathe this air."""
        self._driver = driver
        self._air = air
        self._ear = Ear(driver.commands)
        self._number, self._measured_at = 0, -math.inf
        self.format = ""
        self.asleep = False

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Be idle, awake."""
        del at
        self.format, self.asleep, self._measured_at = "", False, -math.inf

    def due(self) -> float:
        """Tell that it never speaks by itself."""
        return math.inf

    def speak(self, at: float) -> Spoken:
        """Say nothing: it is never due."""
        del at
        return Spoken(b"")

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer questions and obey; asleep, it only hears that it is woken."""
        commands = self._ear.feed(data)
        return [answer for command in commands if (answer := self._obey(command, at))]

    def _obey(self, command: Command, at: float) -> Spoken | None:
        if self.asleep and command.name != "wake_up":
            return None
        if command.name == "read":
            return self._measure(at)
        allowed = self._change(command.name)
        told = _SETTINGS.get(command.name, {}) if allowed else {"state": _NOT_ALLOWED}
        fields = {"cmd": command.data[2], **(command.reply or {}), "state": 0, **told}
        return Spoken(self._driver.encode(fields))

    def _change(self, name: str) -> bool:
        """Change its state as a command says, and tell whether it was one for that state."""
        match name:
            case "start_float" | "start_uint16":
                allowed = not self.format
                self.format = self.format or name.removeprefix("start_")
                return allowed
            case "stop" | "fan_cleaning":
                allowed = bool(self.format)
                self.format = self.format if name == "fan_cleaning" else ""
                return allowed
            case "sleep":
                self.asleep = not self.format
                return self.asleep
            case "wake_up":
                self.asleep = False
            case "reset":
                self.format = ""
        return True

    def _measure(self, at: float) -> Spoken:
        if not self.format or at < self._measured_at + 1:
            state = {} if self.format else {"state": _NOT_ALLOWED}
            return Spoken(self._driver.encode({"cmd": 3, **state}))
        self._measured_at = at
        self._number += 1
        pm2_5 = self._air.pm2_5(at)
        fields: dict[str, Any] = {"format": self.format, "cmd": 3, "tps_um": 0.6}
        fields |= {name: int(pm2_5 * share) for name, share in (_NUMBERS | _COUNTS).items()}
        if self.format == "float":
            fields["pm10"] += self._number % CYCLE / CYCLE
        return Spoken(self._driver.encode(fields), self._number)


def particles(driver: Driver, seed: int) -> Particles:
    """Make one."""
    return Particles(driver, Air(seed))
