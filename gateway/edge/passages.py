"""Passages: runs of detections, each of them one vehicle that went by.

The objects of one frame are vehicles of their own. Which of those seen before each of them is,
only its place can tell: where a sensor measures distance along the road, with a speed, a vehicle is
followed, however many there are; where it does not, whoever is seen next is the one that was seen
last. A distance without a speed is across the road, and tells no vehicle from another.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from devices.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from devices.sample import Detection

GAP_SECONDS: Final = Driver.gap_seconds
"""Without a detection for longer than this, the vehicle has passed, where the driver knows no
better: a radar reports what it sees several times a second."""

FOLLOWED_SECONDS: Final = 2.0
"""The same where its place is known: hidden behind another, it is found again where it must be."""

LONGEST_SECONDS: Final = 10.0
"""A run of speeds without places that lasts longer is a queue, and counts once for each such time:
at walking pace a vehicle takes no longer through the beam. Without speeds it is one vehicle that
stands there: a beam that measures none sees the gap behind it."""

SLACK_METRES: Final = 10.0
"""How far a vehicle may be from anywhere between the place where it was last seen (it braked) and
the one where its speed would have taken it: an echo wanders over a lorry. Wide, since one that is
lost counts twice, while two are taken for one only where no frame has shown both."""

_METRES_PER_KMH: Final = 0.25
"""What a difference in speed weighs beside one in place, where several could be meant."""

_KMH: Final = 3.6
"""km/h in one m/s."""

_MOST_AT_ONCE: Final = 32
"""Vehicles of one frame, and under way at once, on one channel: far more than a radar tells apart.
Beyond it nobody begins, so that no noise, however fast it comes, costs more than it weighs."""

_MOST_SPEEDS: Final = 256
"""Of a run that lasts, the last speeds stand for all: a fan in the beam may never leave it."""


@dataclass(slots=True)
class _Run:
    """Detections that belong together.

    Attributes:
        first: Seconds since boot of the first.
        last: Seconds since boot of the last.
        distance: m, where the last one was, if it was measured.
        speeds: km/h, where they were measured.
    """

    first: float
    last: float
    distance: float | None = None
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_SPEEDS))

    def add(self, detection: Detection, at: float) -> None:
        """Take a detection in."""
        self.last = at
        if detection.speed is not None:
            self.distance = detection.distance
            self.speeds.append(detection.speed)

    def is_over(self, at: float, gap: float) -> bool:
        """Say whether the vehicle has passed by `at`, unseen for `gap` seconds at least."""
        if self.distance is not None:
            return at - self.last > FOLLOWED_SECONDS
        queues = bool(self.speeds) and at - self.first > LONGEST_SECONDS
        return at - self.last > gap or queues

    def unlikeness(self, detection: Detection, at: float, course: int) -> float | None:
        """Tell how little a detection looks like this vehicle; None where it can't be it."""
        speed = self.speeds[-1] if self.speeds else 0.0
        odd = abs(speed - (detection.speed or 0.0)) * _METRES_PER_KMH
        if self.distance is None or detection.distance is None:
            return odd
        way = speed / _KMH * (at - self.last)
        nearest = self.distance - (way if course <= 0 else 0.0)
        farthest = self.distance + (way if course >= 0 else 0.0)
        if not nearest - SLACK_METRES <= detection.distance <= farthest + SLACK_METRES:
            return None
        return odd + abs(detection.distance - (self.distance + course * way))


class Passages:
    """Makes passages of one channel; each is given out once, when it is known to be over."""

    def __init__(self, course: int = 0, gap: float = GAP_SECONDS) -> None:
        """See nobody yet.

        Args:
            course: What becomes of a vehicle's distance: -1 it shrinks, 1 it grows, 0 unknown.
            gap: Seconds without a detection after which whoever was seen has passed.
        """
        self._course = course
        self._gap = gap
        self._runs: list[_Run] = []

    def see(self, detections: Iterable[Detection], at: float) -> None:
        """Take the objects of one frame in.

        Args:
            detections: Each a vehicle of its own; whoever stands still is not passing.
            at: Seconds since boot; whatever was over by then has been taken by `over`.
        """
        moving = [detection for detection in detections if detection.speed != 0][:_MOST_AT_ONCE]
        known = self._recognise(moving, at)
        for number, detection in enumerate(moving):
            run = known.get(number)
            if run is None:
                if len(self._runs) == _MOST_AT_ONCE:
                    continue
                run = _Run(at, at)
                self._runs.append(run)
            run.add(detection, at)

    def over(self, at: float) -> list[float | None]:
        """Return the speed of each passage that is over by `at`: None where none was measured."""
        ended = [run for run in self._runs if run.is_over(at, self._gap)]
        self._runs = [run for run in self._runs if not run.is_over(at, self._gap)]
        return [_median(run.speeds) for run in ended]

    def end(self) -> list[float | None]:
        """Return the speed of each passage that is under way, which ends here."""
        runs, self._runs = self._runs, []
        return [_median(run.speeds) for run in runs]

    def _recognise(self, detections: Sequence[Detection], at: float) -> dict[int, _Run]:
        """Tell which run each detection goes on with, by number, the likeliest pairs first."""
        pairs = sorted(
            (unlikeness, number, place)
            for place, run in enumerate(self._runs)
            for number, detection in enumerate(detections)
            if (unlikeness := run.unlikeness(detection, at, self._course)) is not None
        )
        known: dict[int, _Run] = {}
        taken: set[int] = set()
        for _, number, place in pairs:
            if number not in known and place not in taken:
                known[number] = self._runs[place]
                taken.add(place)
        return known


def _median(speeds: Iterable[float]) -> float | None:
    """Return the middle: one wild echo moves a mean, but no median."""
    ordered = sorted(speeds)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2
