"""What a spool counts: what it holds, what it had to give up, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.edge.held import Waiting


@dataclass(slots=True)
class Counts:
    """Running counts, committed with what they count: `count(*)` takes seconds on a card.

    Attributes:
        held: Batches held, the refused among them.
        undated: Readings that wait for a date.
        dated: Readings that have one and wait for company.
        refused: Batches that a collector refused.
        crashes: Openings that found no clean close.
        dropped: Batches and readings given up, by cause, since the file was made.
    """

    held: int = 0
    undated: int = 0
    dated: int = 0
    refused: int = 0
    crashes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def learn(self, known: Any) -> bool:  # noqa: ANN401 - whatever JSON a version left there
        """Add what a file had counted before; False where that is not all that is counted now."""
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
                dated = known.get("dated")
                self.dated += dated if isinstance(dated, int) else 0
                return isinstance(dated, int)
        return False

    @property
    def rows(self) -> int:
        """All that is held: batches, and readings that are in none yet."""
        return self.held + self.undated + self.dated

    def wait(self, rows: list[Waiting], sign: int) -> None:
        """Count readings that wait (1), or wait no more (-1)."""
        undated = sum(row.at is None for row in rows)
        self.undated += sign * undated
        self.dated += sign * (len(rows) - undated)

    def go_on_from(self, others: Counts) -> None:
        """Count on from what another file had counted; what it holds is not here."""
        self.crashes += others.crashes
        self.dropped.update(others.dropped)

    def copy(self) -> Counts:
        """Copy them, to count on without touching these."""
        return replace(self, dropped=Counter(self.dropped))

    def write(self) -> dict[str, Any]:
        """Write them as JSON for the file."""
        return {
            "held": self.held,
            "undated": self.undated,
            "dated": self.dated,
            "refused": self.refused,
            "crashes": self.crashes,
            "dropped": dict(self.dropped),
        }
