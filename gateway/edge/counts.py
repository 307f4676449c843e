"""What a spool counts: what it holds, what it had to give up, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Counts:
    """Running counts, committed with what they count: `count(*)` takes seconds on a card.

    Attributes:
        held: Batches held, the refused among them.
        undated: Readings that wait for a date.
        refused: Batches that a collector refused.
        crashes: Openings that found no clean close.
        dropped: Batches and readings given up, by cause, since the file was made.
    """

    held: int = 0
    undated: int = 0
    refused: int = 0
    crashes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def learn(self, known: Any) -> bool:  # noqa: ANN401 - whatever JSON a version left there
        """Add what a file had counted before; False where no version of ours wrote it."""
        match known:
            case {
                "held": int(held),
                "undated": int(undated),
                "refused": int(refused),
                "crashes": int(crashes),
                "dropped": {**dropped},
            }:
                self.held += held
                self.undated += undated
                self.refused += refused
                self.crashes += crashes
                self.dropped.update(
                    {str(cause): n for cause, n in dropped.items() if isinstance(n, int)}
                )
                return True
        return False

    def copy(self) -> Counts:
        """Copy them, to count on without touching these."""
        return replace(self, dropped=Counter(self.dropped))

    def write(self) -> dict[str, Any]:
        """Write them as JSON for the file."""
        return {
            "held": self.held,
            "undated": self.undated,
            "refused": self.refused,
            "crashes": self.crashes,
            "dropped": dict(self.dropped),
        }
