"""One run of the bench: where, how long, and what it says meanwhile."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUNDS: Final = 5
QUICK_ROUNDS: Final = 2
_QUICK_PART: Final = 10


@dataclass(frozen=True, slots=True)
class Run:
    """What a figure is told.

    Attributes:
        folder: Its own, empty, on a real disk.
        quick: Whether the numbers matter less than seeing some soon.
    """

    folder: Path
    quick: bool

    def rounds(self, what: str) -> Iterator[int]:
        """Count the rounds, and say on stderr where we are."""
        rounds = QUICK_ROUNDS if self.quick else ROUNDS
        for number in range(1, rounds + 1):
            began = time.monotonic()
            yield number
            passed = time.monotonic() - began
            print(f"{what}: {number} of {rounds}, {passed:.1f} s", file=sys.stderr, flush=True)

    def part(self, size: int) -> int:
        """Return a size, or a tenth of it for a quick look."""
        return size // _QUICK_PART if self.quick else size
