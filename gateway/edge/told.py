"""What a sensor that counts by itself has told of a channel: none of it counts twice.

A running count means nothing but its difference. That is believed only where it can be dated and
can be true: a count that was not read for long, that was set to zero, or that runs ahead of any
traffic, begins anew and gives nothing. A lost difference is a gap, a made-up one a lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from devices.sample import Counter

if TYPE_CHECKING:
    from devices.sample import Tally, Vehicle

DATED_SECONDS: Final = 120.0
"""What was counted since a reading longer ago belongs to no minute any more."""

_MOST_A_SECOND: Final = 2.0
"""Vehicles on one lane: more is no traffic, and a count that may have wrapped meanwhile is none."""

_SLACK: Final = 2.0
"""Vehicles, and seconds by the sensor's own clock, that are believed at any moment."""

_REMEMBERED: Final = 256
"""Marks of vehicles: far more than a sensor keeps to repeat."""

_REPEATED_SECONDS: Final = 30.0
"""What is told again later is another vehicle, where nothing numbers them: a clock may stand."""

_REPEATED: Final = 12
"""Vehicles: the last three answers of four each may come late. A number that lies farther back was
counted anew."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A running count as it was read.

    Attributes:
        counter: Where it stood.
        at: When it was read, seconds since boot.
        since: When it was first seen to stand there.
    """

    counter: Counter
    at: float
    since: float


@dataclass(slots=True)
class Told:
    """What is remembered of one channel."""

    _marks: dict[str, float] = field(default_factory=dict)
    _number: int | None = None
    _interval: str | None = None
    _read: _Read | None = None

    def is_new(self, vehicle: Vehicle, at: float) -> bool:
        """Say whether a vehicle has not been told before.

        One that bears a number may be repeated after any time, but only behind the same number:
        where the sensor began to count again, no number of before means anything.

        Args:
            vehicle: What the sensor told.
            at: When, seconds since boot.
        """
        if vehicle.number is None:
            self._forget(at - _REPEATED_SECONDS)
        elif self._number is not None and vehicle.number <= self._number - _REPEATED:
            self._marks.clear()
        self._number = vehicle.number
        if vehicle.mark is None:
            return True
        if vehicle.mark in self._marks:
            return False
        if len(self._marks) == _REMEMBERED:
            del self._marks[next(iter(self._marks))]
        self._marks[vehicle.mark] = at
        return True

    def count(self, tally: Tally, at: float) -> float:
        """Return how many vehicles a tally adds to those that have been counted.

        Of the first interval that bears a mark nobody knows whether it was counted before we began,
        so that it gives nothing.

        Args:
            tally: What the sensor told.
            at: When, seconds since boot.
        """
        if isinstance(tally.count, Counter):
            last, self._read = self._read, _Read(tally.count, at, at)
            return 0.0 if last is None else self._difference(last, tally.count, at)
        if tally.mark is None:
            return tally.count
        known, self._interval = self._interval, tally.mark
        return 0.0 if known in {None, tally.mark} else tally.count

    def _forget(self, until: float) -> None:
        """Forget the marks of vehicles that were told before."""
        while self._marks and next(iter(self._marks.values())) < until:
            del self._marks[next(iter(self._marks))]

    def _difference(self, last: _Read, now: Counter, at: float) -> float:
        """Compare two readings of a running count."""
        before = last.counter
        if now == before:
            self._read = _Read(now, at, last.since)
            return 0.0
        elapsed = at - last.at
        difference = now.value - before.value
        if now.wraps is not None:
            difference %= now.wraps
        most = elapsed * _MOST_A_SECOND + _SLACK
        hidden = now.wraps is not None and elapsed * _MOST_A_SECOND >= now.wraps
        believed = 0 < difference <= most and not hidden and elapsed <= DATED_SECONDS
        return difference if believed and _runs_on(last, now, at) else 0.0


def _runs_on(last: _Read, now: Counter, at: float) -> bool:
    """Say whether the sensor's own clock went on as ours did, where it tells."""
    before = last.counter.changed
    if now.changed is None or before is None:
        return before is None
    return 0 < now.changed - before <= at - last.since + _SLACK + DATED_SECONDS
