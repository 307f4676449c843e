"""How far a verb has come, on a terminal and after a second only."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Final, Self

_PATIENCE: Final = 1.0
"""Seconds until anything is shown."""

_PACE: Final = 0.25
"""Seconds between two looks."""


class Progress:
    """A line on stderr that rewrites itself, and is gone in the end.

    Attributes:
        total: How many there are, where that is known.
    """

    def __init__(self, what: str, total: int | None) -> None:
        """Count so many things, where it is known how many there are."""
        self._what = what
        self.total = total
        self._done = 0
        self._due = monotonic() + _PATIENCE
        self._shown = False

    def step(self, number: int = 1) -> None:
        """Count what is done."""
        self._done += number
        if monotonic() >= self._due and sys.stderr.isatty():
            self._due = monotonic() + _PACE
            self._shown = True
            of = "" if self.total is None else f" of {self.total}"
            sys.stderr.write(f"\r\x1b[K{self._done}{of} {self._what}")
            sys.stderr.flush()

    def say(self, text: str) -> None:
        """Write a line of its own to stderr."""
        self._clear()
        sys.stderr.write(f"{text}\n")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._clear()

    def _clear(self) -> None:
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
