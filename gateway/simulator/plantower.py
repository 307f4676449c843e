"""A Plantower that streams, sleeps and answers; its count of particles carries the number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line
    from gateway.simulator.air import Air

_WAKING_FRAMES: Final = 2
"""Frames of zeros after it was woken; after power-on there are none, so that tests can count."""

_VERSION: Final = 151
_RESERVED: Final = 0x51
"""What a PMS3003 says in one of its reserved words, once it measures."""

_LARGEST: Final = 0xFFFF


class Plantower:
    """Any of the five models.

    The number travels in `n0_3` (and again, for a cross-check, as a third of it in `n0_5`): the
    gateway stores it as `pn0_3`, a hundredth of it. A PMS3003 sends no counts and carries none.
    """

    def __init__(self, driver: Driver, air: Air, *, first: int = 1, period: float = 1.0) -> None:
        """Speak each `period` seconds, with numbers from `first` to 65535 and again."""
        self._driver = driver
        self._air = air
        self._ear = Ear(driver.commands)
        self._first = first
        self._number = first - 1
        self._period = period
        self._asleep = False
        self._streams = True
        self._zeros = 0
        self._due = math.inf

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Stream, awake: neither mode outlives a power cut."""
        self._asleep, self._streams, self._zeros = False, True, 0
        self._due = at + self._period

    def due(self) -> float:
        """Tell when the next frame is due."""
        return self._due if self._streams and not self._asleep else math.inf

    def speak(self, at: float) -> Spoken:
        """Send a frame."""
        self._due = max(self._due + self._period, at)
        return self._measure(at)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands; asleep, it only hears `wake`."""
        answers = (self._obey(command, at) for command in self._ear.feed(data))
        return [answer for answer in answers if answer is not None]

    def _obey(self, command: Command, at: float) -> Spoken | None:
        if command.name == "wake":
            if self._asleep:
                self._asleep, self._zeros = False, _WAKING_FRAMES
                self._due = at + self._period
            return None
        if self._asleep:
            return None
        match command.name:
            case "passive_read":
                return self._measure(at)
            case "sleep":
                self._asleep = True
            case "passive_mode":
                self._streams = False
            case "active_mode":
                self._streams = True
                self._due = max(self._due, at)
        return Spoken(self._driver.encode(command.reply or {}))

    def _measure(self, at: float) -> Spoken:
        if self._zeros:
            self._zeros -= 1
            return Spoken(self._driver.encode({"version": _VERSION}))
        self._number = self._number + 1 if self._number < _LARGEST else self._first
        pm2_5 = self._air.pm2_5(at)
        pm1_0, pm10 = round(pm2_5 * 0.65), round(pm2_5 * 1.3) + 1
        fields = {
            "n0_3": self._number,
            "n0_5": self._number // 3,
            "n1_0": self._number // 15,
            "n2_5": self._number // 100,
            "n5_0": self._number // 300,
            "n10_0": self._number // 600,
            "temp_c": 28.4,
            "rh_pct": 71.5,
            "hcho_ugm3": 12,
            "version": _VERSION,
            "reserved_20": _RESERVED,
        }
        for suffix in ("cf1", "atm"):
            fields |= {
                f"pm1_0_{suffix}": pm1_0,
                f"pm2_5_{suffix}": round(pm2_5),
                f"pm10_{suffix}": pm10,
            }
        return Spoken(self._driver.encode(fields), self._number)
