"""What waits in a spool's file, read out as far as the card gives it; the file is never touched."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from gateway.edge.columns import columns, sound
from gateway.edge.held import split_id
from gateway.edge.spool_rows import batch_flaw
from gateway.edge.spool_untouched import as_a_copy, require
from gateway.edge.spool_upgrade import form_of, has_sums, layout_of
from schemas.base import EARLIEST_MS
from schemas.batch import BatchError, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.edge.held import Waiting
    from schemas.batch import Batch
    from schemas.reading import ClockState

_PAGE: Final = 512
"""Ids read at once."""

_WITH_SUM: Final = "id, device, channel, first, rows, born, sum, refused"

_BELOW, _ABOVE = -1, (1 << 63) - 1
"""Below and above every id."""

_Table = Literal["batches", "payloads", "pending"]


@dataclass(frozen=True, slots=True)
class Shelved:
    """A batch as the file holds it.

    Attributes:
        batch: What would travel.
        refused: Why a collector refused it; empty where none did.
    """

    batch: Batch
    refused: str = ""


class Contents:
    """All that waits in one file, oldest first; what can't be read is named and passed over."""

    def __init__(self, connection: sqlite3.Connection, lost: Callable[[str], None]) -> None:
        """Read from an open connection; `lost` is told each thing that can't be read."""
        self._connection = connection
        self._lost = lost
        self._layout = layout_of(connection)
        self._columns = _WITH_SUM if has_sums(self._layout) else "refused"
        self._epochs: dict[int, str] = {}
        with contextlib.suppress(sqlite3.DatabaseError):
            for number, epoch in connection.execute("SELECT number, epoch FROM epochs"):
                self._epochs[number] = epoch

    def count(self) -> int | None:
        """Count what waits; None where the file does not say."""
        query = "SELECT (SELECT count(*) FROM batches) + (SELECT count(*) FROM pending)"
        try:
            return int(self._connection.execute(query).fetchone()[0])
        except sqlite3.DatabaseError:
            return None

    def batches(self) -> Iterator[Shelved]:
        """Read the batches, in the order of their births."""
        for number in self._ids("batches", fallback="payloads"):
            try:
                yield self._batch(number)
            except (sqlite3.DatabaseError, BatchError, _Contradiction) as error:
                self._lost(f"batch {self._name(number)}: {error}")

    def waiting(self) -> Iterator[Waiting]:
        """Read the readings that are in no batch yet, in the order of their arrival."""
        columns, read = form_of(self._layout)
        for number in self._ids("pending"):
            try:
                row = self._row(f"SELECT {columns} FROM pending WHERE id = ?", number)  # noqa: S608 - ours
                yield _checked(read(row))
            except (sqlite3.DatabaseError, _Contradiction) as error:
                self._lost(f"reading {number} that waits for its batch: {error}")
            except ValueError:
                self._lost(f"reading {number} that waits for its batch is no reading any more")

    def _batch(self, number: int) -> Shelved:
        (payload,) = self._row("SELECT payload FROM payloads WHERE id = ?", number)
        if not isinstance(payload, bytes):
            raise _Contradiction("its bytes are none")
        batch = decode(payload)
        epoch, seq = split_id(number)
        if batch.seq != seq or batch.epoch != self._epochs.get(epoch, batch.epoch):
            raise _Contradiction(f"its bytes say that they are {batch.epoch}/{batch.seq}")
        try:
            row = self._row(f"SELECT {self._columns} FROM batches WHERE id = ?", number)  # noqa: S608 - ours
        except (sqlite3.DatabaseError, _Contradiction):
            row = (None,)
            what = "was refused, and whether a bit of it has flipped"
            self._lost(f"whether {self._name(number)} {what}: the batch itself is there")
        else:
            flaw = batch_flaw(row[:7], payload) if len(row) > 1 else ""
            if flaw:
                raise _Contradiction(flaw)
        return Shelved(batch, "" if row[-1] is None else str(row[-1]))

    def _row(self, query: str, number: int) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._connection.execute(query, (number,)).fetchone()
        if row is None:
            raise _Contradiction("its row is gone")
        return row

    def _ids(self, table: _Table, fallback: _Table | None = None) -> Iterator[int]:
        """List the ids of a table in rising order, around what can't be read of it.

        Damage is met from below and from above; what lies between may be found in the fallback.
        """
        low = _BELOW
        try:
            for low in self._climb(table, _BELOW, _ABOVE):
                yield low
        except sqlite3.DatabaseError as error:
            above = self._descend(table, low, _ABOVE)
            between = self._between(fallback, low, above[0] if above else _ABOVE)
            self._tell(table, low, above[0] if above else None, len(between), error)
            yield from between
            yield from above

    def _climb(self, table: _Table, low: int, high: int) -> Iterator[int]:
        """List ids between two, rising; where a page fails, singly up to the damage."""
        query = f"SELECT id FROM {table} WHERE id > ? AND id < ? ORDER BY id LIMIT ?"  # noqa: S608 - ours
        limit = _PAGE
        while True:
            try:
                page = self._connection.execute(query, (low, high, limit)).fetchall()
            except sqlite3.DatabaseError:
                if limit == 1:
                    raise
                limit = 1
                continue
            if not page:
                return
            for (number,) in page:
                low = number
                yield number

    def _descend(self, table: _Table, low: int, high: int) -> list[int]:
        """List ids between two in rising order, found from above as far as that goes."""
        query = f"SELECT id FROM {table} WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1"  # noqa: S608 - ours
        found: list[int] = []
        with contextlib.suppress(sqlite3.DatabaseError):
            while row := self._connection.execute(query, (low, high)).fetchone():
                (high,) = row
                found.append(high)
        return found[::-1]

    def _between(self, table: _Table | None, low: int, high: int) -> list[int]:
        found: list[int] = []
        if table is not None:
            with contextlib.suppress(sqlite3.DatabaseError):
                found.extend(self._climb(table, low, high))
        return found

    def _tell(
        self, table: _Table, low: int, high: int | None, found: int, error: sqlite3.Error
    ) -> None:
        name = self._name if table == "batches" else str
        begin = "the first" if low == _BELOW else f"behind {name(low)}"
        end = "to the end" if high is None else f"up to {name(high)}"
        tail = f"; the bytes of {found} are there all the same" if found else ""
        what = "batches" if table == "batches" else "readings that wait for their batch"
        self._lost(f"the list of {what}, {begin} {end}: {error}{tail}")

    def _name(self, number: int) -> str:
        epoch, seq = split_id(number)
        return f"{self._epochs.get(epoch, f'of opening {epoch}')}/{seq}"


class _Contradiction(Exception):
    """A row that says something else than its neighbours."""


@contextlib.contextmanager
def open_contents(path: Path, lost: Callable[[str], None]) -> Iterator[Contents]:
    """Open what waits in a spool's file.

    Raises:
        ConfigError: There is no such file.
        SpoolDamaged: It is no spool, or nothing of it can be read.
        SpoolUnwritable: It can't be read, or there is no room for a copy of it.
    """
    require(path)
    with as_a_copy(path, lost) as connection:
        yield Contents(connection, lost)


def alone(waiting: Waiting, at: int, site: str) -> Batch:
    """Make a batch of one reading; only its readings mean something, not its name.

    Raises:
        ValueError: No batch can carry it.
    """
    clock: ClockState = "never" if waiting.at is None else "synced"
    return columns([waiting], [at], clock, epoch="0" * 16, seq=1, site=site)


def _checked(waiting: Waiting) -> Waiting:
    """Check a reading as the gateway would when it takes it up."""
    waiting = replace(waiting, reading=sound(waiting.reading))
    alone(waiting, EARLIEST_MS if waiting.at is None else waiting.at, "anywhere")
    return waiting
