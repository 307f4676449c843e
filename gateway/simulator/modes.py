"""Simulated sensors that stream until they are told otherwise: to be quiet, or to sleep."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver, Line
    from gateway.simulator.plain import Measure


@dataclass(frozen=True, kw_only=True)
class Modes:
    """What its commands do, by their names; the names of those that it lacks are empty.

    Attributes:
        read: Send one measurement.
        quiet: Send measurements only when asked.
        loud: Send them by itself.
        sleep: Stop; it hears nothing but `wake` then.
        wake: Go on.
        asked: What stands in each measurement that it was asked for, beside what it measured.
        unasked: The same of one that it sends by itself.
        answers: What stands in its other answers, beside what tells them.
    """

    read: str = "read"
    quiet: str = ""
    loud: str = ""
    sleep: str = ""
    wake: str = ""
    asked: Fields = field(default_factory=dict)
    unasked: Fields = field(default_factory=dict)
    answers: Mapping[str, Fields] = field(default_factory=dict)


class Streamer:
    """A sensor that streams from power-on, and obeys.

    Attributes:
        asleep: Whether it was put to sleep.
        streams: Whether it speaks by itself.
    """

    def __init__(self, driver: Driver, modes: Modes, measure: Measure, every: float = 1.0) -> None:
        """Send what `measure` says, every so many seconds."""
        self._driver = driver
        self._modes = modes
        self._measure = measure
        self._every = every
        self._ear = Ear(driver.commands)
        self._number = 0
        self._due = math.inf
        self.asleep, self.streams = False, True

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Stream, awake: no mode outlives a power cut."""
        self.asleep, self.streams = False, True
        self._due = at + self._every

    def due(self) -> float:
        """Tell when the next frame is due."""
        return self._due if self.streams and not self.asleep else math.inf

    def speak(self, at: float) -> Spoken:
        """Send a frame."""
        self._due = max(self._due + self._every, at)
        return self._frame(at, self._modes.unasked)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands."""
        answers = (self._obey(command, at) for command in self._ear.feed(data))
        return [answer for answer in answers if answer is not None]

    def _obey(self, command: Command, at: float) -> Spoken | None:
        if self.asleep and command.name != self._modes.wake:
            return None
        match command.name:
            case self._modes.quiet:
                self.streams = False
            case self._modes.loud:
                self.streams = True
            case self._modes.sleep:
                self.asleep = True
            case self._modes.wake:
                self.asleep = False
        self._due = max(self._due, at + self._every)
        if command.name == self._modes.read:
            return self._frame(at, self._modes.asked)
        if command.reply is None:
            return None
        other = self._modes.answers.get(command.name, {})
        return Spoken(self._driver.encode({**command.reply, **other}))

    def _frame(self, at: float, how: Fields) -> Spoken:
        self._number += 1
        fields = {**self._measure(at, self._number), **how}
        return Spoken(self._driver.encode(fields), self._number)
