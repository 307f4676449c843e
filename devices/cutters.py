"""Makers of cutters: each says whether a frame begins here, and where it ends.

A cutter looks at a buffer and answers one of three things:

- `Whole(n)`: the first n bytes are one verified frame;
- `Bad(why, skip)`: none of the first `skip` bytes begins a frame;
- `None`: more bytes, please.

Its answer is final: more bytes behind the buffer never change a `Whole` or a `Bad`. It tests in the
order start, length, end, checksum, and bounds every length before it asks for more: noise must not
make it wait for a frame that no sensor sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Why: TypeAlias = Literal["header", "length", "checksum"]
"""Why bytes belong to no frame; a wrong end, or a line that does not parse, is `header` too."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The buffer begins with a verified frame of `size` bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Bad:
    """None of the first `skip` bytes of the buffer begins a frame."""

    why: Why
    skip: int = 1


_DIGITS: Final = b"0123456789"

Verdict: TypeAlias = Whole | Bad | None
Cutter: TypeAlias = Callable[[bytes], Verdict]


def by_header(
    heads: Iterable[bytes],
    size: Callable[[bytes], int | Bad],
    verify: Callable[[bytes], bool],
    *,
    tail: bytes = b"",
    refused: Why = "checksum",
) -> Cutter:
    """Cut frames that begin with one of `heads` and tell their size early.

    Args:
        heads: The first bytes of each kind of frame; none is the beginning of another.
        size: Told the bytes so far, a head at least: how many the whole frame has; 0 while more
            are needed to know, negative where no frame is so long, or why none is like that.
        verify: Told a frame of that size with that tail: whether its checksum is right.
        tail: How every frame ends.
        refused: Why a frame is none that `verify` refuses, where it looks at something else.
    """
    known = tuple(heads)
    firsts = {head[:1] for head in known}

    def cut(buffer: bytes) -> Verdict:
        if not buffer.startswith(known):
            if any(head.startswith(buffer) for head in known):
                return None
            found = (buffer.find(first, 1) for first in firsts)
            return Bad("header", min((at for at in found if at > 0), default=len(buffer)))
        total = size(buffer)
        if isinstance(total, Bad) or total < 0:
            return total if isinstance(total, Bad) else Bad("length")
        if total == 0 or len(buffer) < total:
            return None
        frame = buffer[:total]
        if not frame.endswith(tail):
            return Bad("header")
        return Whole(total) if verify(frame) else Bad(refused)

    return cut


def either(*cutters: Cutter) -> Cutter:
    """Cut what any of `cutters` cuts; no two of them take the same bytes for a beginning."""

    def cut(buffer: bytes) -> Verdict:
        bad: list[Bad] = []
        for one in cutters:
            verdict = one(buffer)
            if not isinstance(verdict, Bad):
                return verdict
            bad.append(verdict)
        return min(bad, key=lambda each: (each.skip, each.why == "header"))

    return cut


def by_line(
    longest: int, parses: Callable[[bytes], bool], *, start: bytes = b"", end: bytes = b"\n"
) -> Cutter:
    """Cut lines of text.

    A line that does not parse is skipped whole: what is left of a broken line must not pass as a
    line of its own. Only `start`, where the lines have one, begins a line inside a broken one.

    Args:
        longest: Bytes of a line, its end included.
        parses: Whether a line, its end included, is one of the sensor's.
        start: The byte that every line begins with; empty where a line may begin with any.
        end: The byte that every line ends with, and no other byte of it is.
    """

    def cut(buffer: bytes) -> Verdict:
        whole = buffer.find(end) + 1
        size = whole or len(buffer)
        if size > longest:
            return Bad("length", size - longest)
        if not whole:
            return None
        if parses(buffer[:whole]):
            return Whole(whole)
        again = buffer.find(start, 1, whole) if start else -1
        return Bad("header", again if again > 0 else whole)

    return cut


def by_shape(*shapes: str, verify: Callable[[bytes], bool] = lambda _: True) -> Cutter:
    r"""Cut text of a fixed shape; whatever fits none is dropped byte by byte.

    Args:
        shapes: How a line looks, its end included: each `9` is any digit, all else is itself. None
            is the beginning of another.
        verify: Told a line of such a shape: whether it says what can be.
    """
    places = [[_DIGITS if char == "9" else char.encode() for char in shape] for shape in shapes]
    firsts = frozenset(byte for shape in places for byte in shape[0])

    def cut(buffer: bytes) -> Verdict:
        if buffer[0] not in firsts:
            known = (at for at, byte in enumerate(buffer) if byte in firsts)
            return Bad("header", next(known, len(buffer)))
        fitting = [
            len(shape)
            for shape in places
            if all(byte in allowed for byte, allowed in zip(buffer, shape, strict=False))
        ]
        if not fitting:
            return Bad("header")
        size = min(fitting)
        if size > len(buffer):
            return None
        return Whole(size) if verify(buffer[:size]) else Bad("header")

    return cut
