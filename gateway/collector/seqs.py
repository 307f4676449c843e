"""Sets of seqs: as small as a bit each where they are dense, and never larger than their number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BITS: Final = 10
"""A page holds two to this power seqs."""

_LAST: Final = (1 << _BITS) - 1


class Seqs:
    """A set of seqs that knows which of them were added more than once."""

    def __init__(self, seqs: Iterable[int] = ()) -> None:
        """Begin with some."""
        self._pages: dict[int, int] = {}
        self._twice: dict[int, int] = {}
        self.update(seqs)

    def update(self, seqs: Iterable[int]) -> None:
        """Add more."""
        pages, twice = self._pages, self._twice
        for seq in seqs:
            page, bit = seq >> _BITS, 1 << (seq & _LAST)
            old = pages.get(page, 0)
            if old & bit:
                twice[page] = twice.get(page, 0) | bit
            pages[page] = old | bit

    def ranges(self) -> list[tuple[int, int]]:
        """List what is there as ranges, both ends included."""
        return join(_runs(self._pages))

    def twice(self) -> list[tuple[int, int]]:
        """List what was added more than once, in the same way."""
        return join(_runs(self._twice))


def join(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that touch or overlap."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _runs(pages: dict[int, int]) -> Iterator[tuple[int, int]]:
    for page, bits in pages.items():
        first = page << _BITS
        for run in re.finditer("1+", f"{bits:b}"[::-1]):
            yield first + run.start(), first + run.end() - 1
