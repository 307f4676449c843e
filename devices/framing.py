"""The framer: finds the same frames in the same bytes, however they are chopped.

It never reads a fixed block. After a bad frame it drops one byte and searches again, so that a
false header in noise can't eat the true frame behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from devices.cutters import Bad, Cutter, Verdict, Why

LONGEST: Final = 4096
"""Bytes beyond which no frame and no piece of junk goes: what a framer holds is bounded by it."""

_GLANCE: Final = 256
"""Bytes that a cutter is shown at first: nearly every verdict falls on these."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole, verified frame.

    Attributes:
        raw: Its bytes.
        behind: Bytes fed after its last one, in this `feed` (or since, where a false header before
            it held it up): how far its last byte lies behind the moment of the read.
    """

    raw: bytes
    behind: int


@dataclass(frozen=True, slots=True)
class Junk:
    """The longest run of bytes that belongs to no frame, at most `LONGEST` of them at once.

    Attributes:
        raw: Its bytes.
        why: The reason for its first byte.
    """

    raw: bytes
    why: Why


Piece: TypeAlias = Frame | Junk


class Framer:
    """Turns bytes, fed in any portions, into frames and junk; every byte comes out once."""

    def __init__(self, cutter: Cutter) -> None:
        """Search with `cutter`."""
        self._cut = cutter
        self._buffer = b""
        self._junk = 0
        """How many bytes at the beginning of the buffer are known to be junk."""
        self._why: Why = "header"

    @property
    def held(self) -> int:
        """Bytes fed that have not come out yet: never more than 2 × `LONGEST` after a feed."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Piece]:
        """Take bytes and give out what they complete; a run of junk once it is known to be over."""
        self._buffer += data
        return self._search(over=False)

    def end(self) -> list[Piece]:
        """Give out all that is left, after an idle gap or at the end of a stream.

        What waited for more bytes waits no longer (`length`), but what lies behind its first byte
        is searched again: a false header may have hidden a whole frame.
        """
        pieces = self._search(over=True)
        if self._buffer:
            pieces.append(Junk(self._buffer, self._why))
        self._buffer, self._junk = b"", 0
        return pieces

    def _search(self, *, over: bool) -> list[Piece]:
        pieces: list[Piece] = []
        buffer, start, at = self._buffer, 0, self._junk
        while at < len(buffer):
            verdict = self._judge(at, over=over)
            if verdict is None:
                break
            if isinstance(verdict, Bad):
                self._why = verdict.why if start == at else self._why
                at += verdict.skip
                while at - start >= LONGEST:
                    pieces.append(Junk(buffer[start : start + LONGEST], self._why))
                    start += LONGEST
                    self._why = verdict.why
                continue
            if start < at:
                pieces.append(Junk(buffer[start:at], self._why))
            start = at + verdict.size
            pieces.append(Frame(buffer[at:start], len(buffer) - start))
            at = start
        self._buffer, self._junk = buffer[start:], at - start
        return pieces

    def _judge(self, at: int, *, over: bool) -> Verdict:
        """Show the cutter a little, then all that a frame may need."""
        verdict = self._cut(self._buffer[at : at + _GLANCE])
        left = len(self._buffer) - at
        if verdict is None and left > _GLANCE:
            verdict = self._cut(self._buffer[at : at + LONGEST])
        if verdict is None and (over or left >= LONGEST):
            return Bad("length")
        return verdict
