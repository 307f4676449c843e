"""Simulated sensors that need no module of their own: they stream frames, or answer questions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver, Line

Measure: TypeAlias = Callable[[float, int], "Fields"]
"""Told the time, s, and the number of the frame: what stands in it."""

Answer: TypeAlias = Callable[["Command", float, int], "Fields | None"]
"""Told a command, the time, s, and the number of the answer: what stands in it; None is silence."""


class Streaming:
    """A sensor that sends a frame every so often, and hears nothing."""

    def __init__(self, driver: Driver, measure: Measure, every: float | None = None) -> None:
        """Send what `measure` says, every so many seconds: as the driver knows, where not given."""
        self._driver = driver
        self._measure = measure
        self._every = every or driver.every or 1.0
        self._number = 0
        self._due = 0.0

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Begin to stream."""
        self._due = at

    def due(self) -> float:
        """Tell when the next frame is due."""
        return self._due

    def speak(self, at: float) -> Spoken:
        """Send a frame."""
        self._due = max(self._due + self._every, at)
        self._number += 1
        return Spoken(self._driver.encode(self._measure(at, self._number)), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Hear nothing."""
        del data, at
        return []


class Answering:
    """A sensor that speaks only when it is asked."""

    def __init__(self, driver: Driver, answer: Answer) -> None:
        """Answer the driver's commands as `answer` says."""
        self._driver = driver
        self._answer = answer
        self._ear = Ear(driver.commands)
        self._number = 0

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Wait for questions."""
        del at

    def due(self) -> float:
        """Tell that it never speaks by itself."""
        return math.inf

    def speak(self, at: float) -> Spoken:
        """Say nothing: it is never due."""
        del at
        return Spoken(b"")

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer what is a question."""
        spoken = []
        for command in self._ear.feed(data):
            fields = self._answer(command, at, self._number + 1)
            if fields is not None:
                self._number += 1
                spoken.append(Spoken(self._driver.encode(fields), self._number))
        return spoken
