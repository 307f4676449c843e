"""What a spool counts: what it holds, what it had to give up, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Counts:
    """Running counts, committed with what they count: `count(*)` takes seconds on a card.

    Attributes:
        held: Batches held, the refused among them.
        refused: Batches that a collector refused.
        crashes: Openings that found no clean close.
        dropped: Batches and readings given up, by cause, since the file was made.
    """

    held: int = 0
    refused: int = 0
    crashes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def learn(self, known: dict[str, Any] | None) -> None:
        """Add what a file had counted before."""
        known = known or {}
        self.held += int(known.get("held", 0))
        self.refused += int(known.get("refused", 0))
        self.crashes += int(known.get("crashes", 0))
        self.dropped.update(known.get("dropped", {}))

    def give_up(self, batches: int, causes: Mapping[str, int]) -> None:
        """Note what had to go."""
        self.held -= batches
        self.dropped.update(causes)

    def write(self) -> dict[str, Any]:
        """Write them as JSON for the file."""
        return {
            "held": self.held,
            "refused": self.refused,
            "crashes": self.crashes,
            "dropped": dict(self.dropped),
        }
