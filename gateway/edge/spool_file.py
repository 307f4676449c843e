"""The spool's SQLite file: one transaction in, plain rows out, every failure with a name."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from gateway.edge.held import (
    EpochRow,
    Held,
    Waiting,
    batch_id,
    read_reading,
    split_id,
    write_reading,
)
from gateway.errors import SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.edge.changes import Changes
    from gateway.edge.counts import Counts

LAYOUT: Final = 1  # of the tables below: `PRAGMA user_version`
_CHUNK: Final = 32
"""Batches given up in one go where the file is full."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS epochs (
    number INTEGER PRIMARY KEY, epoch TEXT NOT NULL, next INTEGER NOT NULL, dropped TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, model TEXT NOT NULL,
    boot TEXT NOT NULL, since REAL NOT NULL, at INTEGER, undatable INTEGER NOT NULL,
    reading TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, first INTEGER NOT NULL,
    rows INTEGER NOT NULL, born REAL NOT NULL, payload BLOB NOT NULL,
    refused TEXT, offer REAL);
CREATE INDEX IF NOT EXISTS refused ON batches (id) WHERE refused IS NOT NULL;
"""

_BATCH: Final = "SELECT id, device, channel, first, rows, born, payload FROM batches"
_OLDEST_GONE: Final = "DELETE FROM pending WHERE id IN (SELECT id FROM pending ORDER BY id LIMIT ?)"
_PENDING: Final = (
    "SELECT id, device, channel, model, boot, since, at, undatable, reading FROM pending"
)


class Evicted(NamedTuple):
    """What had to go because the file was full or too old.

    Attributes:
        batches: Ids of batches, their ranges already noted in their epochs.
        causes: How many batches and readings went, by cause.
        epochs: The epochs of those batches, as they are now.
    """

    batches: list[int]
    causes: dict[str, int]
    epochs: list[EpochRow]


class SpoolFile:
    """One SQLite file in WAL mode with `synchronous=FULL`: what it committed, a power cut keeps."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take an open connection; use `open`."""
        self._connection = connection
        self.path = path
        self._inode = path.stat().st_ino
        self._names: dict[int, str] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file.

        Raises:
            SpoolUnwritable: The disk is full, read-only or failing.
            SpoolDamaged: The file is no sound SQLite file, or of a layout not ours.
        """
        connection: sqlite3.Connection | None = None
        with named_errors(path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(path, timeout=2.0, isolation_level=None)
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA journal_size_limit = 4194304")
                _check_layout(connection, path)
                connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
            except BaseException:
                if connection is not None:
                    connection.close()
                raise
        return cls(connection, path)

    def close(self) -> None:
        """Let go of the file; whatever was committed stays."""
        self._connection.close()

    def apply(
        self, changes: Changes, counts: Counts, *, max_bytes: int, oldest_born: float | None
    ) -> Evicted:
        """Commit all changes in one transaction, and make room in it where the file is full.

        Args:
            changes: What to write; untouched, so that it survives a failure.
            counts: What is counted so far; untouched.
            max_bytes: Bytes that the tables may take.
            oldest_born: Batches born before it (seconds open) are too old.
        """
        with named_errors(self.path), self._transaction() as run:
            if self.path.stat().st_ino != self._inode:
                raise FileExistsError(f"{self.path} was replaced under us")
            self._write(run, changes)
            evicted = self._make_room(run, max_bytes, oldest_born)
            left = replace(counts, dropped=Counter(counts.dropped))
            left.give_up(len(evicted.batches), evicted.causes)
            run.execute(
                "INSERT OR REPLACE INTO kept VALUES ('counts', ?)", [json.dumps(left.write())]
            )
        self._names.clear()
        return evicted

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                cursor.execute("ROLLBACK")
            raise

    @staticmethod
    def _write(run: sqlite3.Cursor, changes: Changes) -> None:
        run.executemany("DELETE FROM batches WHERE id = ?", [(i,) for i in changes.forgotten])
        run.executemany("DELETE FROM pending WHERE id = ?", [(i,) for i in changes.removed])
        run.executemany("DELETE FROM epochs WHERE number = ?", [(i,) for i in changes.retired])
        run.executemany(
            "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?)",
            [
                (row.number, row.epoch, row.next, json.dumps(row.dropped))
                for row in changes.epochs.values()
            ],
        )
        run.executemany(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            [
                (b.id, b.device, b.channel, b.first, b.rows, b.born, b.payload)
                for b in changes.born.values()
            ],
        )
        run.executemany(
            "UPDATE batches SET refused = ?, offer = ? WHERE id = ?",
            [(*(mark or (None, None)), number) for number, mark in changes.refused.items()],
        )
        run.executemany(
            "INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (w.id, w.reading.device, w.reading.channel, w.model, w.boot, w.since, w.at,
                 w.undatable, write_reading(w.reading))
                for w in changes.added.values()
            ],
        )  # fmt: skip
        run.executemany(
            "INSERT OR REPLACE INTO kept VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in changes.kept.items()],
        )

    def _make_room(self, run: sqlite3.Cursor, max_bytes: int, oldest_born: float | None) -> Evicted:
        """Give up what is too old, then the refused, then the oldest, until the rest fits."""
        gone: list[int] = []
        causes: Counter[str] = Counter()
        touched: dict[int, EpochRow] = {}
        if oldest_born is not None:
            query = "SELECT id FROM batches WHERE born < ? ORDER BY id"
            old = [number for (number,) in run.execute(query, (oldest_born,))]
            touched |= self._give_up(run, old, "age")
            causes["age"] += len(old)
            gone += old
        while self.used() > max_bytes:
            if rows := self._first_to_go(run):
                touched |= self._give_up(run, rows, "full")
                gone += rows
            causes["full"] += len(rows) or (lost := run.execute(_OLDEST_GONE, [_CHUNK]).rowcount)
            if not rows and not lost:
                break
        return Evicted(gone, dict(+causes), list(touched.values()))

    @staticmethod
    def _first_to_go(run: sqlite3.Cursor) -> list[int]:
        """Choose what goes first: what was refused, then the oldest."""
        for test in ("refused IS NOT NULL", "TRUE"):
            query = f"SELECT id FROM batches WHERE {test} ORDER BY id LIMIT ?"  # noqa: S608 - ours
            rows = [number for (number,) in run.execute(query, (_CHUNK,))]
            if rows:
                return rows
        return []

    @staticmethod
    def _give_up(run: sqlite3.Cursor, numbers: list[int], cause: str) -> dict[int, EpochRow]:
        """Delete batches and note their ranges in their epochs, in the same transaction."""
        touched: dict[int, EpochRow] = {}
        for number in numbers:
            epoch, seq = split_id(number)
            if epoch not in touched:
                query = "SELECT number, epoch, next, dropped FROM epochs WHERE number = ?"
                touched[epoch] = _epoch_row(run.execute(query, (epoch,)).fetchone())
            touched[epoch].drop(seq, cause)
        run.executemany("DELETE FROM batches WHERE id = ?", [(number,) for number in numbers])
        run.executemany(
            "UPDATE epochs SET dropped = ? WHERE number = ?",
            [(json.dumps(row.dropped), row.number) for row in touched.values()],
        )
        return touched

    def used(self) -> int:
        """Bytes that the tables take now, free pages not counted."""
        with named_errors(self.path):
            pages, free, size = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * size

    def kept(self) -> dict[str, Any]:
        """Read all small facts."""
        with named_errors(self.path):
            rows = self._connection.execute("SELECT name, value FROM kept").fetchall()
            return {name: json.loads(value) for name, value in rows}

    def epochs(self) -> list[EpochRow]:
        """Read all epochs, oldest first."""
        with named_errors(self.path):
            rows = self._connection.execute(
                "SELECT number, epoch, next, dropped FROM epochs ORDER BY number"
            ).fetchall()
            return [_epoch_row(row) for row in rows]

    def lowest(self, number: int) -> int | None:
        """Find the lowest seq held of one epoch; None where nothing is."""
        with named_errors(self.path):
            low = self._connection.execute(
                "SELECT min(id) FROM batches WHERE id BETWEEN ? AND ?",
                (batch_id(number, 0), batch_id(number + 1, 0) - 1),
            ).fetchone()[0]
            return None if low is None else split_id(low)[1]

    def oldest(self, after: int, limit: int) -> list[Held]:
        """Read the oldest batches that nobody refused, above an id."""
        query = f"{_BATCH} WHERE id > ? AND refused IS NULL ORDER BY id LIMIT ?"
        with named_errors(self.path):
            return [self._held(row) for row in self._connection.execute(query, (after, limit))]

    def newest(self, limit: int) -> dict[tuple[str, str | None], int]:
        """Find the newest batch of each channel among the last that nobody refused."""
        query = "SELECT id, device, channel FROM batches WHERE refused IS NULL ORDER BY id DESC"
        found: dict[tuple[str, str | None], int] = {}
        with named_errors(self.path):
            for number, *channel in self._connection.execute(f"{query} LIMIT ?", (limit,)):
                found.setdefault((channel[0], channel[1]), number)
        return found

    def read(self, number: int) -> Held | None:
        """Read one batch; None where it is gone."""
        with named_errors(self.path):
            row = self._connection.execute(f"{_BATCH} WHERE id = ?", (number,)).fetchone()
            return None if row is None else self._held(row)

    def refused(self, offer_before: float, limit: int) -> list[int]:
        """Read the ids of refused batches that are due to be offered again."""
        query = "SELECT id FROM batches WHERE refused IS NOT NULL AND offer <= ? ORDER BY id"
        with named_errors(self.path):
            rows = self._connection.execute(f"{query} LIMIT ?", (offer_before, limit))
            return [number for (number,) in rows]

    def count_refused(self) -> int:
        """Count the refused batches."""
        with named_errors(self.path):
            count = "SELECT count(*) FROM batches WHERE refused IS NOT NULL"
            return int(self._connection.execute(count).fetchone()[0])

    def pending(self, after: int, limit: int, *, dated: bool) -> list[Waiting]:
        """Read waiting readings above an id, in order of arrival."""
        test = "at IS NOT NULL" if dated else "at IS NULL"
        query = f"{_PENDING} WHERE id > ? AND {test} ORDER BY id LIMIT ?"
        with named_errors(self.path):
            rows = self._connection.execute(query, (after, limit)).fetchall()
            return [
                Waiting(number, read_reading(device, channel, text), model, boot, since, at,
                        undatable=bool(undatable), on_disk=True)
                for number, device, channel, model, boot, since, at, undatable, text in rows
            ]  # fmt: skip

    def last_pending(self) -> int:
        """Find the highest id that a waiting reading bears; 0 where none waits."""
        with named_errors(self.path):
            return int(
                self._connection.execute("SELECT ifnull(max(id), 0) FROM pending").fetchone()[0]
            )

    def _held(self, row: tuple[Any, ...]) -> Held:
        number, device, channel, first, rows, born, payload = row
        epoch, seq = split_id(number)
        if not self._names:
            self._names = dict(
                self._connection.execute("SELECT number, epoch FROM epochs").fetchall()
            )
        return Held(number, self._names[epoch], seq, device, channel, first, rows, born, payload)


@contextlib.contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into our own errors."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise SpoolDamaged(f"the spool {path} is damaged: {error}") from error
        if isinstance(error, sqlite3.OperationalError):
            raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise SpoolDamaged(f"the spool {path} holds what we never wrote: {error!r}") from error
    except OSError as error:
        raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error


def _check_layout(connection: sqlite3.Connection, path: Path) -> None:
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if layout not in {0, LAYOUT}:
        raise SpoolDamaged(f"the spool {path} has layout {layout}, not {LAYOUT}")


def _epoch_row(row: tuple[int, str, int, str]) -> EpochRow:
    number, epoch, following, dropped = row
    ranges = [(low, high, cause) for low, high, cause in json.loads(dropped)]
    return EpochRow(number, epoch, following, following, ranges)
