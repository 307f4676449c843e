"""Jumps: a value that lies further from its neighbour than the quantity can move."""

from __future__ import annotations

import math
from typing import Final

from schemas.quantity import QUANTITIES
from schemas.reading import Cause

_LEAST_SECONDS: Final = 10.0
_READINGS: Final = 3
"""Neighbours are at most so many readings, or seconds, apart: what lies further back says
nothing."""


class Jumps:
    """Remembers, of each quantity with a largest believable step, the last values.

    After QARTOD's spike test (`differential` in ioos_qc): a spike leaves its neighbours on both
    sides by more than the threshold, and in opposite directions. A jump that stays, or whose
    follower is not awaited, changed too fast. The value behind a spike is compared with the one
    before it, so that a spike casts no doubt on its successor.
    """

    def __init__(self, every: float | None) -> None:
        """Judge readings that come each `every` seconds."""
        self._apart = max(_LEAST_SECONDS, _READINGS * (every or 0.0))
        self._last: dict[str, tuple[float, float]] = {}
        self._believed: dict[str, tuple[float, float]] = {}
        self._since = -math.inf

    def part(self, at: float) -> None:
        """Compare nothing from `at` on, seconds since boot, with what came before."""
        self._since = at

    def jumped(self, name: str, value: float, at: float) -> bool:
        """Say whether a value lies a step away from its neighbour, and from the last believed one.

        Args:
            name: The quantity.
            value: Its value.
            at: When it was measured, seconds since boot.
        """
        near = [
            known[name][0]
            for known in (self._last, self._believed)
            if name in known and max(self._since, at - self._apart) <= known[name][1]
        ]
        return bool(near) and all(_is_step(name, value - other) for other in near)

    def judge(self, name: str, value: float, follower: float | None) -> Cause:
        """Tell a spike from a change that was too fast, by the value that followed."""
        away = value - self._last[name][0]
        back = 0.0 if follower is None else follower - value
        return Cause.STEP if _is_step(name, back) and away * back < 0 else Cause.RATE

    def settle(self, name: str, value: float, at: float, *, believed: bool) -> None:
        """Make a judged value the neighbour of the next."""
        self._last[name] = value, at
        if believed:
            self._believed[name] = value, at


def _is_step(name: str, change: float) -> bool:
    quantity = QUANTITIES.get(name)
    return quantity is not None and quantity.step is not None and abs(change) > quantity.step
