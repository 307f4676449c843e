"""A sensor that only repeats what was captured: the bytes of a file, frame by frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from devices.framing import Frame, Framer
from gateway.simulator.recording import read_recording
from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from pathlib import Path

    from devices.driver import Driver, Line


def read_capture(path: Path, driver: Driver) -> list[bytes]:
    """Read a recording, or bare bytes, and cut it behind each frame; nothing is left out.

    Raises:
        ConfigError: The file can't be read, or holds nothing.
    """
    data = read_recording(path).data
    framer = Framer(driver.cutter(driver.configure({})))
    pieces = [b""]
    for piece in (*framer.feed(data), *framer.end()):
        pieces[-1] += piece.raw
        if isinstance(piece, Frame):
            pieces.append(b"")
    return [piece for piece in pieces if piece]


class Replay:
    """Plays captured bytes again and again, deaf to whatever it is told."""

    def __init__(self, line: Line, pieces: list[bytes], period: float = 1.0) -> None:
        """Play one of `pieces` each `period` seconds."""
        self._line = line
        self._pieces = pieces
        self._period = period
        self._next = 0
        self._due = math.inf

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._line

    def power_on(self, at: float) -> None:
        """Begin with the first piece."""
        self._next = 0
        self._due = at + self._period

    def due(self) -> float:
        """Tell when the next piece is due."""
        return self._due

    def speak(self, at: float) -> Spoken:
        """Send the next piece."""
        data = self._pieces[self._next]
        self._next = (self._next + 1) % len(self._pieces)
        self._due = max(self._due + self._period, at)
        return Spoken(data)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer nothing."""
        del data, at
        return []
