"""A lapse: a silence so long that the sensor may have had no power meanwhile.

What it was told may be forgotten then, and its values are those of one that has just woken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.errors import NoReply
from gateway.edge.watch import Silence

if TYPE_CHECKING:
    from devices.driver import Driver
    from devices.errors import DriverError

_MISSED: Final = 5
"""Periods without a frame that no stream is late by, also where two of its frames are damaged."""

_LEAST: Final = 1.0
"""Seconds, at least: adapters and machines hold bytes back for less."""

_LISTENED: Final = 5.0
"""Seconds that a driver listens at least before it says that nothing came."""


class Lapse:
    """Told when frames come and what fails, it knows whether the next value needs a new start.

    Attributes:
        passed: Whether there was one since the sensor was last prepared.
    """

    def __init__(self, driver: Driver) -> None:
        """Know how long the sensor is never silent."""
        self._most = driver.lapse_seconds or (
            float("inf") if driver.every is None else max(_LEAST, _MISSED * driver.every)
        )
        self._patient = self._most <= _LISTENED
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """Begin anew on a port that was opened."""
        self.passed = False
        self._since = now

    def wait_from(self, at: float) -> None:
        """Expect nothing before `at`, monotonic: a question or a pause lies between."""
        self._since = at

    def stall(self, seconds: float) -> None:
        """Leave out a time in which nobody read."""
        self._since += seconds

    def framed(self, now: float, *, expected: bool) -> None:
        """Note a frame, and whether one was waited for that nobody had to ask for."""
        if expected and now - self._since > self._most:
            self.passed = True
        self._since = now

    def missed(self, error: DriverError, cause: Silence, *, asked: bool) -> None:
        """Note that a dialogue failed.

        Args:
            error: Why.
            cause: What the silence is called.
            asked: Whether only answers were waited for: noise is one then, if a broken one.
        """
        if isinstance(error, NoReply) and (
            cause is Silence.NO_REPLY or (self._patient and not asked)
        ):
            self.passed = True
