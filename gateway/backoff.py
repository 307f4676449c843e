"""Back-off: how long to wait before the next try, so that nobody is hammered."""

from __future__ import annotations

import random


class Backoff:
    """Doubles the wait with each failure, and scatters it: a whole city returns at different times.

    Each wait lies between half of and the whole of `first`, 2 × `first`, 4 × `first` … `most`.
    """

    def __init__(self, first: float, most: float) -> None:
        """Wait about `first` seconds at first and never more than `most`."""
        self._first = first
        self._most = most
        self._ceiling = first

    def next(self) -> float:
        """Return the seconds to wait now."""
        ceiling = self._ceiling
        self._ceiling = min(2 * ceiling, self._most)
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - scattered, not secret

    def reset(self) -> None:
        """Begin anew, after a success."""
        self._ceiling = self._first
