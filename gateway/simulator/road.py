"""The road in front of a radar: vehicles that pass in two directions, one after the other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

GAP_SECONDS: Final = 3.0
"""The shortest time between two vehicles of one direction, so that any radar tells them apart."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle in the beam.

    Attributes:
        number: 1, 2, 3 … over both directions.
        channel: Its direction, `in` or `out`.
        speed: km/h.
        enters: When it enters the beam, seconds.
        leaves: When it has left.
    """

    number: int
    channel: str
    speed: float
    enters: float
    leaves: float


class Road:
    """An endless stream of vehicles in the order in which they enter."""

    def __init__(self, seed: int, *, each: float = 6.0, gap: float = GAP_SECONDS) -> None:
        """Let a vehicle come each so many seconds a direction, on average, `gap` at least."""
        self._random = random.Random(seed)  # noqa: S311 - a signal, not a secret
        self._each = max(each, gap + 0.1)
        self._gap = gap
        self._number = 0

    def next(self, channel: str, after: float) -> Vehicle:
        """Let the next vehicle come in a direction, when the last one has left at `after`."""
        self._number += 1
        headway = self._gap + self._random.expovariate(1 / (self._each - self._gap))
        speed = min(95.0, max(8.0, self._random.gauss(42.0, 11.0)))
        enters = after + headway
        in_beam = min(2.5, max(0.6, 60.0 / speed))
        return Vehicle(self._number, channel, round(speed, 1), enters, enters + in_beam)
