"""Passages: runs of detections, each of them one vehicle that went by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from devices.driver import Detection

GAP_SECONDS: Final = 1.0
"""Without a detection for longer than this, the vehicle has passed: a radar reports what it sees
several times a second."""

LONGEST_SECONDS: Final = 10.0
"""A run that lasts longer is a queue, and counts once for each such time: at walking pace a
vehicle takes no longer through the beam."""


@dataclass(slots=True)
class _Run:
    """Detections that belong together.

    Attributes:
        first: Seconds since boot of the first.
        last: Seconds since boot of the last.
        speeds: km/h, where they were measured.
    """

    first: float
    last: float
    speeds: list[float] = field(default_factory=list)


class Passages:
    """Makes passages of one channel; each is given out once, when it is known to be over."""

    def __init__(self) -> None:
        """See nobody yet."""
        self._run: _Run | None = None

    def see(self, detection: Detection, at: float) -> None:
        """Take a detection in.

        Args:
            detection: One object; whoever stands still is not passing.
            at: Seconds since boot; whatever was over by then has been taken by `over`.
        """
        if detection.speed == 0:
            return
        if self._run is None:
            self._run = _Run(at, at)
        self._run.last = at
        if detection.speed is not None:
            self._run.speeds.append(detection.speed)

    def over(self, at: float) -> list[float | None]:
        """Return the speed of the passage that is over by `at`: None where none was measured."""
        run = self._run
        if run is None or (at - run.last <= GAP_SECONDS and at - run.first <= LONGEST_SECONDS):
            return []
        return self.end()

    def end(self) -> list[float | None]:
        """Return the speed of the passage that is under way, which ends here."""
        run, self._run = self._run, None
        return [] if run is None else [_median(run.speeds)]


def _median(speeds: list[float]) -> float | None:
    """Return the middle: one wild echo moves a mean, but no median."""
    if not speeds:
        return None
    ordered = sorted(speeds)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2
