"""The air at a roadside: particulate matter that drifts, with a plume now and then."""

from __future__ import annotations

import math
import random
from typing import Final

_USUAL: Final = 24.0
"""µg/m³ of PM2.5 that it comes back to."""

_MEMORY_SECONDS: Final = 300.0
"""How long a deviation lasts."""

_SPREAD: Final = 0.5
"""Standard deviation of the logarithm."""

_PLUME_EACH: Final = 120.0
"""Seconds between two plumes, on average."""


class Air:
    """A mean-reverting random walk of the logarithm of PM2.5: never negative, rarely high."""

    def __init__(self, seed: int) -> None:
        """Begin somewhere near the usual."""
        self._random = random.Random(seed)  # noqa: S311 - a signal, not a secret
        self._deviation = self._random.gauss(0.0, _SPREAD)
        self._plume = 0.0
        self._at: float | None = None

    def pm2_5(self, at: float) -> float:
        """Return the PM2.5 at `at`, µg/m³; times are asked for in their order."""
        passed = 0.0 if self._at is None else max(0.0, at - self._at)
        self._at = at
        kept = math.exp(-passed / _MEMORY_SECONDS)
        self._deviation = kept * self._deviation + self._random.gauss(
            0.0, _SPREAD * math.sqrt(1 - kept * kept)
        )
        self._plume *= math.exp(-passed / 20.0)
        if self._random.random() < passed / _PLUME_EACH:
            self._plume += self._random.uniform(5.0, 40.0)
        return min(400.0, _USUAL * math.exp(self._deviation) + self._plume)
