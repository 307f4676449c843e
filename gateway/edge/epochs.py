"""The epochs of a spool: which batches were born in each, what is left, what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.edge.held import EpochRow
from schemas.spool import MOST_EPOCHS, EpochState, SpoolState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RECENT: Final = 8
"""Epochs that stay listed even when nothing of them is held: a late collector learns of them."""


class Epochs:
    """All epochs that the spool knows, the one of this opening among them.

    Attributes:
        rows: The epochs by number.
        current: The epoch that batches are born in now.
    """

    def __init__(self, rows: Iterable[EpochRow], number: int | None, name: str) -> None:
        """Begin a new epoch behind the known ones, or at `number` where they can't be read."""
        self.rows = {row.number: row for row in rows}
        following = max(self.rows, default=0) + 1
        self.current = EpochRow(following if number is None else number, name)
        self.rows[self.current.number] = self.current

    def learn(self, rows: Iterable[EpochRow]) -> None:
        """Take over epochs of a file that could be read only now; what is known here holds."""
        self.rows = {**{row.number: row for row in rows}, **self.rows}

    def spent(self, lowest: Callable[[int], int | None]) -> set[int]:
        """Find the epochs that need not be listed any more, and strike them off.

        Nothing of them is held and nothing was given up in them, or there are too many.
        """
        old = [number for number in sorted(self.rows)[:-RECENT] if number != self.current.number]
        empty = [number for number in old if lowest(number) is None]
        gone = {number for number in empty if not self.rows[number].dropped}
        surplus = len(self.rows) - len(gone) - MOST_EPOCHS
        gone.update([number for number in empty if number not in gone][: max(0, surplus)])
        for number in gone:
            del self.rows[number]
        return gone

    def state(self, lowest: Callable[[int], int | None]) -> SpoolState:
        """Write the `spool` message.

        Args:
            lowest: Tells the lowest seq held of an epoch, by its number.
        """
        listed: list[EpochState] = []
        for number, row in sorted(self.rows.items())[:MOST_EPOCHS]:
            low = lowest(number)
            listed.append(
                EpochState(
                    epoch=row.epoch,
                    low=row.committed if low is None else min(low, row.committed),
                    next=row.committed,
                    dropped=row.dropped,
                )
            )
        return SpoolState(now=self.current.epoch, epochs=listed, more=len(self.rows) > MOST_EPOCHS)
