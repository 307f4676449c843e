"""The pulse of a write: whoever watches it asks how long it has been silent, not how long it runs.

An honest write may take an hour: a database may refuse thousands of its rows, each of which is
found alone. What hangs says nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_RESTING: Final = float("inf")


class Pulse:
    """Signs of life of one write, given in its thread and looked at from another."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Rest, by the clock of these monotonic seconds."""
        self._now = now
        self._last = _RESTING

    def beat(self) -> None:
        """Give a sign of life: something is done, the next thing begins."""
        self._last = self._now()

    def rest(self) -> None:
        """Owe no signs until the next beat: others are at work."""
        self._last = _RESTING

    @contextmanager
    def turn(self, lane: AbstractContextManager[object]) -> Iterator[None]:
        """Wait for a lane, resting, and work in it."""
        self.rest()
        with lane:
            self.beat()
            yield

    @property
    def silent(self) -> float:
        """The seconds since the last sign; never positive while it rests."""
        return self._now() - self._last


UNWATCHED: Final = Pulse(lambda: 0.0)
"""The pulse of what nobody watches."""
