"""How far a verb has come, on a terminal only."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from gateway.cli.texts import Texts
from gateway.cli.words import tame

if TYPE_CHECKING:
    from gateway.cli.language import Language

_say: Final = Texts({
    # in English, in Indonesian
    "of": ("{done} of {total} {what}", "{done} dari {total} {what}"),
    "so many": ("{done} {what}", "{done} {what}"),
    "waiting": ("waiting for {whom}: {seconds:.0f} s", "menunggu {whom}: {seconds:.0f} dtk"),
})  # fmt: skip

_PATIENCE: Final = 1.0
"""Seconds until anything is shown."""

_PACE: Final = 0.25
"""Seconds between two looks."""


class Progress:
    """A line on stderr that rewrites itself, and is gone in the end.

    Attributes:
        total: How many there are, where that is known.
    """

    def __init__(self, what: str, total: int | None, language: Language) -> None:
        """Count so many things, where it is known how many there are."""
        self._what = what
        self._language = language
        self.total = total
        self._done = 0
        self._whom = ""
        self._since = 0.0
        self._due = monotonic() + _PATIENCE
        self._shown = False

    def wait_for(self, whom: str) -> None:
        """Name whom it now depends on: how long that takes is shown beside the count."""
        self._whom = whom
        self._since = monotonic()

    def step(self, number: int = 1) -> None:
        """Count what is done."""
        self._done += number
        if monotonic() >= self._due and sys.stderr.isatty():
            self._due = monotonic() + _PACE
            self._shown = True
            width = get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{self._line()[:width]}")
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

    def _line(self) -> str:
        key, whom = "so many" if self.total is None else "of", self._whom
        count = _say(key, self._language, done=self._done, total=self.total, what=self._what)
        if not whom:
            return count
        waiting = _say("waiting", self._language, whom=whom, seconds=monotonic() - self._since)
        return f"{waiting}, {count}" if self.total or self._done else waiting

    def _clear(self) -> None:
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Status:
    """What a verb is doing now, as a line on a terminal that is gone in the end."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._write("")

    def show(self, text: str) -> None:
        """Say something else; it may quote a sensor."""
        self._write(tame(text)[: get_terminal_size().columns - 1])

    def _write(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
