"""A Nova that streams, sleeps and answers; the tenths of its two values carry the number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.command import Command
    from devices.driver import Driver, Line
    from gateway.simulator.air import Air

CYCLE: Final = 100
"""The number travels modulo this: the tenths of PM2.5 and of PM10 are its two digits."""

_WAKING_REPORTS: Final = 2
"""Reports of zeros after it was woken."""

_DEVICE_ID: Final = 0xA160
_FIRMWARE: Final = "2018-11-16"


class Nova:
    """An SDS011 or SDS198; an SDS198 has whole µg/m³ only and carries no number."""

    def __init__(self, driver: Driver, air: Air, *, period: float = 1.0) -> None:
        """Speak each `period` seconds."""
        self._driver = driver
        self._air = air
        self._ear = Ear(driver.commands)
        self._period = period
        self._number = 0
        self._query_mode = 0
        self._working = 1
        self._working_period = 0
        self._zeros = 0
        self._due = math.inf

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Begin as it was left: its settings outlive a power cut, except sleep."""
        self._working = 1
        self._due = at + self._period

    def due(self) -> float:
        """Tell when the next report is due."""
        return self._due if self._working and not self._query_mode else math.inf

    def speak(self, at: float) -> Spoken:
        """Send a report."""
        self._due = max(self._due + self._period, at)
        return self._measure(at)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands; asleep, it only hears `work`."""
        answers = (self._obey(command, at) for command in self._ear.feed(data))
        return [answer for answer in answers if answer is not None]

    def _obey(self, command: Command, at: float) -> Spoken | None:
        if not self._working and command.name != "work":
            return None
        if command.name == "query_data":
            return self._measure(at)
        wanted: Mapping[str, Any] = command.reply or {}
        if wanted.get("op") == "set":
            self._zeros = 0 if self._working else _WAKING_REPORTS
            self._query_mode = wanted.get("query_mode", self._query_mode)
            self._working = wanted.get("working", self._working)
            self._working_period = wanted.get("period_min", self._working_period)
            self._due = max(self._due, at + self._period)
        state = {
            "query_mode": self._query_mode,
            "working": self._working,
            "period_min": self._working_period,
            "fw_date": _FIRMWARE,
        }
        return Spoken(self._driver.encode({"device_id": _DEVICE_ID, **wanted, **state}))

    def _measure(self, at: float) -> Spoken:
        if self._zeros:
            self._zeros -= 1
            return Spoken(self._driver.encode({"device_id": _DEVICE_ID}))
        self._number += 1
        tens, ones = divmod(self._number % CYCLE, 10)
        pm2_5 = self._air.pm2_5(at)
        fields = {
            "pm2_5_ugm3": int(pm2_5) + tens / 10,
            "pm10_ugm3": int(pm2_5 * 1.4) + 1 + ones / 10,
            "pm100_ugm3": int(pm2_5 * 2) + 1,
            "device_id": _DEVICE_ID,
        }
        return Spoken(self._driver.encode(fields), self._number)


def carried(pm2_5: float, pm10: float) -> int:
    """Read the number, modulo `CYCLE`, out of a stored pair of values in µg/m³."""
    return round(pm2_5 * 10) % 10 * 10 + round(pm10 * 10) % 10
