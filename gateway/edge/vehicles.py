"""Vehicles: what passed by, counted by intervals of the wall clock, as sums that merge exactly.

A passage belongs to the interval in which it is known to be over, so that it counts once and no
interval has to be held back; what a sensor counts itself, to the one in which it tells. Every
channel has a reading each interval: nobody passed is a measurement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from devices.driver import SUMS
from devices.sample import Vehicle
from gateway.clock import Stamp
from gateway.edge.measured import Measured
from gateway.edge.passages import GAP_SECONDS, Passages
from gateway.edge.sums import Sums
from gateway.edge.told import Told
from gateway.trust import STEP_SECONDS
from schemas.reading import Reading, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from devices.sample import Detection, Sample, Tally

_LEAST_SECONDS: Final = 0.002
"""An interval shorter than this would share its millisecond with the next."""

_LOOKED_AWAY: Final = 1.0
"""Seconds between two looks after which nothing is known of the time between."""

_ROUNDING: Final = 1e-6
"""Intervals: where one ends the next begins, also where its length is no binary number."""

_DIGITS: Final = 9

_COURSES: Final = {"in": -1, "out": 1}
"""Channels that are directions: whether the distance of a vehicle shrinks or grows."""


@dataclass(slots=True)
class _Channel:
    """One lane or direction: who is passing, what the sensor told, and the sums of the interval.

    Attributes:
        leader: How long the last vehicle was over the sensor, s; None where that is not known, or
            somebody may have followed it unseen.
    """

    passages: Passages
    sums: Sums
    told: Told = field(default_factory=Told)
    leader: float | None = None

    def add(self, speeds: Iterable[float | None]) -> None:
        """Count passages."""
        for speed in speeds:
            self.sums.add(Vehicle("", speed))

    def meet(self, vehicle: Vehicle, at: float) -> None:
        """Count a vehicle, unless it was told before."""
        if not self.told.is_new(vehicle, at):
            return
        known = self.leader is not None and vehicle.gap is not None
        self.sums.add(vehicle, (self.leader or 0.0) + (vehicle.gap or 0.0) if known else None)
        self.leader = vehicle.occupied

    def hear(self, tally: Tally, at: float) -> None:
        """Count what the sensor has counted, as far as it is new."""
        count = self.told.count(tally, at)
        if count > 0:
            self.sums.add_told(count, tally.sums)


@dataclass(slots=True)
class _Interval:
    """The interval that is being observed.

    Attributes:
        began: When its observation began.
        until: Where it ends at the latest, by the wall clock.
        seconds: How long it has been observed.
    """

    began: Stamp
    until: float
    seconds: float = 0.0


class Vehicles:
    """Counts what one device sees, on all its channels.

    An interval bears the moment when its own observation began: as a rule the full minute, later
    where the port was opened or the clock set within it. `seconds` says how much of it was
    observed.
    """

    def __init__(
        self,
        device: str,
        channels: Sequence[str],
        interval: float,
        sums: tuple[str, ...] = SUMS,
        gap: float = GAP_SECONDS,
    ) -> None:
        """Count for `device`.

        Args:
            device: Its id.
            channels: All that it can tell apart.
            interval: Seconds.
            sums: What its driver adds up beside the counts.
            gap: Seconds without a detection after which whoever was seen has passed.
        """
        self._device = device
        self._seconds = interval
        self._sums = sums
        self._gap = gap
        self._channels = {name: self._new_channel(name) for name in channels}
        self._interval: _Interval | None = None
        self._seen: Stamp | None = None
        self._now: Stamp | None = None
        self._turn: int | None = None

    def take(self, sample: Sample, stamp: Stamp) -> list[str]:
        """Take in whatever a sensor says of traffic.

        Returns:
            The channel of each that it named on one that is not there: a lane that nobody set up
            is none, and no database keeps it for ever.
        """
        self.see(sample.detections, stamp)
        for vehicle in sample.vehicles:
            if channel := self._channels.get(vehicle.channel):
                channel.meet(vehicle, stamp.boot)
        for tally in sample.tallies:
            if channel := self._channels.get(tally.channel):
                channel.hear(tally, stamp.boot)
        named = [detection.channel for detection in sample.detections]
        named += [vehicle.channel for vehicle in sample.vehicles]
        named += [tally.channel for tally in sample.tallies]
        return [name for name in named if name not in self._channels]

    def see(self, detections: Iterable[Detection], stamp: Stamp) -> None:
        """Take the objects of one frame in."""
        frame: dict[str, list[Detection]] = {}
        for detection in detections:
            if detection.channel in self._channels:
                frame.setdefault(detection.channel, []).append(detection)
        for name, seen in frame.items():
            channel = self._channels[name]
            channel.add(channel.passages.over(stamp.boot))
            channel.passages.see(seen, stamp.boot)

    def observe(self, stamp: Stamp, turn: int, *, observing: bool) -> list[Measured]:
        """Let time pass up to `stamp`; return the intervals that ended.

        Args:
            stamp: Now; to be told several times a second.
            turn: Changes when the clock was set, or trust was won (`Trust.turn`): intervals are
                cut there.
            observing: Whether the device is known to be there and to measure.
        """
        if self._seen is not None and stamp.boot - self._seen.boot > _LOOKED_AWAY:
            self._seen = None
        if not observing:
            self._seen = None
            self._lose_leaders()
        for channel in self._channels.values():
            channel.add(channel.passages.over(stamp.boot))
        ended = self._end(stamp) if self._is_cut(stamp, turn) else []
        while self._interval is not None and stamp.wall >= self._interval.until:
            ended += self._end(_at_wall(stamp, self._interval.until))
        if observing:
            self._count_on(stamp)
        self._now, self._turn = stamp, turn
        return ended

    def close(self) -> list[Measured]:
        """End the interval and the passages under way, before a stop."""
        self._end_passages()
        self._seen = None
        return [] if self._now is None else self._end(self._now, last=True)

    # -- within -----------------------------------------------------------------------------

    def _is_cut(self, stamp: Stamp, turn: int) -> bool:
        if self._now is None:
            return False
        return turn != self._turn or abs(stamp.offset - self._now.offset) > STEP_SECONDS

    def _count_on(self, stamp: Stamp) -> None:
        """Add the time since the last look, and begin an interval where there is none."""
        if self._interval is None:
            self._begin(stamp)
        elif self._seen is not None:
            self._interval.seconds += max(0.0, stamp.boot - self._seen.boot)
        self._seen = stamp

    def _begin(self, at: Stamp) -> None:
        passed = math.floor(at.wall / self._seconds + _ROUNDING)
        self._interval = _Interval(at, (passed + 1) * self._seconds)

    def _end(self, at: Stamp, *, last: bool = False) -> list[Measured]:
        """End the interval at `at`; where nothing interrupts it, the next one begins there.

        Where none does, whoever is passing counts in this one, since it was seen here. What is too
        short to be an interval leaves its sums to the next one, unless it is the last.
        """
        interval = self._interval
        if interval is None:
            return []
        self._interval = None
        if self._seen is not None:
            interval.seconds += max(0.0, at.boot - self._seen.boot)
            self._seen = at
            self._begin(at)
        else:
            self._end_passages()
        counted = any(channel.sums.count for channel in self._channels.values())
        if interval.seconds < _LEAST_SECONDS and not (last and counted):
            return []
        return [
            Measured(self._read_out(name, interval.seconds), interval.began)
            for name in self._channels
        ]

    def _end_passages(self) -> None:
        for channel in self._channels.values():
            channel.add(channel.passages.end())

    def _lose_leaders(self) -> None:
        for channel in self._channels.values():
            channel.leader = None

    def _new_channel(self, name: str) -> _Channel:
        return _Channel(Passages(_COURSES.get(name, 0), self._gap), Sums(self._sums))

    def _read_out(self, name: str, seconds: float) -> Reading:
        sums = self._channels[name].sums.take()
        values = {quantity: Value(round(value, _DIGITS)) for quantity, value in sums.items()}
        values["seconds"] = Value(round(seconds, 3))
        return Reading(self._device, name, values, every=self._seconds)


def _at_wall(stamp: Stamp, wall: float) -> Stamp:
    """Return the moment at which the wall clock of `stamp` showed `wall`."""
    return Stamp(stamp.boot - (stamp.wall - wall), wall)
