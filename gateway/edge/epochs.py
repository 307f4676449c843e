"""The epochs of a spool: which batches were born in each, what is left, what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.edge.held import MOST_RANGES, EpochRow
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

    def __init__(self, rows: Iterable[EpochRow], name: str) -> None:
        """Begin a new epoch behind the known ones."""
        self.rows = {row.number: row for row in rows}
        self._begin(name)

    def _begin(self, name: str) -> None:
        self.current = EpochRow(max(self.rows, default=0) + 1, name)
        self.rows[self.current.number] = self.current

    def move(self, rows: Iterable[EpochRow], name: str, cause: str) -> dict[int, int]:
        """Move into another file, and begin a new epoch there.

        An epoch that is known there keeps its number there; the others go behind.

        Args:
            rows: The epochs of that file.
            name: The name of the new epoch.
            cause: Why the file before can't be read any more.

        Returns:
            The new number of each epoch known here, by its old one.
        """
        there = {row.number: row for row in rows}
        named = {row.epoch: row for row in there.values()}
        numbers: dict[int, int] = {}
        for number, row in sorted(self.rows.items()):
            same = named.get(row.epoch)
            if same is None:
                row.number = max(there, default=0) + 1
                if row.committed > row.low:
                    lost = (row.low, row.committed - 1, cause)
                    row.dropped = [*row.dropped, lost][-MOST_RANGES:]
            else:
                row.number = same.number
                since = [gone for gone in row.dropped if gone[0] >= same.next]
                row.dropped = [*same.dropped, *since][-MOST_RANGES:]
                row.next = max(row.next, same.next)
                row.committed = max(row.committed, same.committed)
            numbers[number] = row.number
            there[row.number] = row
        self.rows = there
        self._begin(name)
        return numbers

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

    def state(self, lowest: Callable[[int], int | None], *, more: bool) -> SpoolState:
        """Write the `spool` message.

        Args:
            lowest: Tells the lowest seq held of an epoch, by its number.
            more: Whether there may be epochs that nobody can read now.
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
        return SpoolState(
            now=self.current.epoch, epochs=listed, more=more or len(self.rows) > MOST_EPOCHS
        )
