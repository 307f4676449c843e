"""A sensor that only repeats what was captured: frames from a file, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.errors import SimpangError
from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from pathlib import Path

    from devices.driver import Line


@dataclass(frozen=True, slots=True)
class Captured:
    """Bytes that a real sensor sent.

    Attributes:
        data: The bytes.
        pause: Seconds before them; None where the file does not say.
    """

    data: bytes
    pause: float | None = None


def read_capture(path: Path) -> list[Captured]:
    """Read a text file: hex on each line, before it, if known, the seconds since the line above.

    `#` begins a remark; blank lines are nothing.

    Raises:
        SimpangError: The file can't be read, or a line is neither; with its number.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SimpangError(f"{path} can't be read as captured frames: {error}") from None
    frames = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            pause = float(words[0]) if len(words) > 1 else None
            data = bytes.fromhex(words[-1])
        except ValueError:
            pause, data = math.nan, b""
        if len(words) > 2 or not data or (pause is not None and not pause >= 0):  # noqa: PLR2004 - pause and hex
            raise SimpangError(f"{path}, line {number}: {line.strip()!r} is no frame", "write hex")
        frames.append(Captured(data, pause))
    if not frames:
        raise SimpangError(f"{path} holds no frame", "write one in hex on each line")
    return frames


class Replay:
    """Plays captured frames again and again, deaf to whatever it is told."""

    def __init__(self, line: Line, frames: list[Captured], period: float = 1.0) -> None:
        """Play `frames`, each after its own pause, or after `period` seconds."""
        self._line = line
        self._frames = frames
        self._period = period
        self._next = 0
        self._due = math.inf

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._line

    def power_on(self, at: float) -> None:
        """Begin with the first frame."""
        self._next = 0
        self._due = at + self._pause()

    def due(self) -> float:
        """Tell when the next frame is due."""
        return self._due

    def speak(self, at: float) -> Spoken:
        """Send the next frame."""
        frame = self._frames[self._next]
        self._next = (self._next + 1) % len(self._frames)
        self._due = max(self._due + self._pause(), at)
        return Spoken(frame.data)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer nothing."""
        del data, at
        return []

    def _pause(self) -> float:
        pause = self._frames[self._next].pause
        return self._period if pause is None else pause
