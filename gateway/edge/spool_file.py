"""The spool's SQLite file: one transaction in, plain rows out, every failure with a name."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from typing import TYPE_CHECKING, Any, Final, Self

from gateway.edge.eviction import Applied, Bounds, delete, epoch_row, make_room, recount_all
from gateway.edge.held import EpochRow, Held, Waiting, batch_id, split_id
from gateway.edge.spool_rows import COLUMNS, INSERT, read_waiting, write_waiting
from gateway.edge.spool_upgrade import LAYOUT, PENDING, check_layout, layout_of, upgrade
from gateway.errors import SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.edge.changes import Changes
    from gateway.edge.counts import Counts

log = logging.getLogger(__name__)

_TABLES: Final = f"""
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS epochs (
    number INTEGER PRIMARY KEY, epoch TEXT NOT NULL, next INTEGER NOT NULL, dropped TEXT NOT NULL);
{PENDING}CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, first INTEGER NOT NULL,
    rows INTEGER NOT NULL, born REAL NOT NULL, refused TEXT, offer REAL);
CREATE TABLE IF NOT EXISTS payloads (id INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS refused ON batches (offer) WHERE refused IS NOT NULL;
"""

_PENDING: Final = f"SELECT {COLUMNS} FROM pending"  # noqa: S608 - ours


class SpoolFile:
    """One SQLite file in WAL mode with `synchronous=FULL`: what it committed, a power cut keeps.

    The bytes of the batches have a table of their own: to look through the backlog costs little,
    and a sector that can't be read costs its batch and no other.

    Attributes:
        path: Where it is.
        identity: Which file it is: another may come to lie at the same place.
        skipped: Waiting readings that could not be read when they were last looked through.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take an open connection; use `open`."""
        self._connection = connection
        self.path = path
        self.identity = _identity(path)
        self.skipped = 0
        self._names: dict[int, str] = {}

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file.

        Raises:
            SpoolUnwritable: The disk is full, read-only or failing, or a newer version wrote it.
            SpoolDamaged: The file is no sound SQLite file.
        """
        connection: sqlite3.Connection | None = None
        with named_errors(path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(path, timeout=2.0, isolation_level=None)
                connection.text_factory = as_text
                layout = layout_of(connection) or LAYOUT
                check_layout(layout, path)
                # A commit writes whole pages, of which most of its small facts change one each.
                connection.execute("PRAGMA page_size = 1024")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                # What went into a batch is no secret: its pages are left as they are, not zeroed.
                connection.execute("PRAGMA secure_delete = OFF")
                connection.execute("PRAGMA journal_size_limit = 4194304")
                with _transaction(connection) as run:
                    told = upgrade(run, layout)
                if told:
                    log.info("the spool %s is %s", path, told)
                connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
            except BaseException:
                if connection is not None:
                    connection.close()
                raise
        return cls(connection, path)

    def is_there(self) -> bool:
        """Say whether it still lies where it was opened, and no other does."""
        return self.path.exists() and _identity(self.path) == self.identity

    def close(self) -> None:
        """Let go of the file; whatever was committed stays."""
        self._connection.close()

    def apply(
        self, changes: Changes, counts: Counts, bounds: Bounds, *, recount: bool = False
    ) -> Applied:
        """Commit all changes in one transaction, and make room in it where the file is full.

        Args:
            changes: What to write; untouched, so that it survives a failure.
            counts: What is counted so far; untouched.
            bounds: What the file may hold.
            recount: Count what is held anew: nobody knows this file.
        """
        with named_errors(self.path), _transaction(self._connection) as run:
            if not self.is_there():
                raise FileExistsError(f"{self.path} was replaced under us")
            self._write(run, changes)
            applied = Applied([], counts.copy(), {})
            if recount:
                recount_all(run, applied.counts)
            make_room(run, bounds, applied, self.used)
            run.execute(
                "INSERT OR REPLACE INTO kept VALUES ('counts', ?)",
                [json.dumps(applied.counts.write())],
            )
        self._names.clear()
        return applied

    @staticmethod
    def _write(run: sqlite3.Cursor, changes: Changes) -> None:
        delete(run, changes.forgotten)
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
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
            [(b.id, b.device, b.channel, b.first, b.rows, b.born) for b in changes.born.values()],
        )
        run.executemany(
            "INSERT INTO payloads VALUES (?, ?)", [(b.id, b.payload) for b in changes.born.values()]
        )
        run.executemany(
            "UPDATE batches SET refused = ?, offer = ? WHERE id = ?",
            [(*(mark or (None, None)), number) for number, mark in changes.refused.items()],
        )
        run.executemany(INSERT, map(write_waiting, changes.added.values()))
        run.executemany(
            "INSERT OR REPLACE INTO kept VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in changes.kept.items()],
        )

    def used(self) -> int:
        """Bytes that the tables take now, free pages not counted."""
        with named_errors(self.path):
            pages, free, size = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * size

    def kept(self) -> dict[str, Any]:
        """Read all small facts; what is no JSON any more is not known."""
        facts: dict[str, Any] = {}
        with named_errors(self.path):
            for name, value in self._connection.execute("SELECT name, value FROM kept"):
                with contextlib.suppress(ValueError):
                    facts[name] = json.loads(value)
        return facts

    def opened(self) -> float:
        """Tell for how many seconds the file had been open; where no fact says it, its rows do."""
        known = self.kept().get("opened")
        if isinstance(known, float | int):
            return float(known)
        with named_errors(self.path):
            query = "SELECT max(born), max(offer) FROM batches"
            return max(filter(None, self._connection.execute(query).fetchone()), default=0.0)

    def epochs(self) -> list[EpochRow]:
        """Read all epochs, oldest first."""
        with named_errors(self.path):
            rows = self._connection.execute(
                "SELECT number, epoch, next, dropped FROM epochs ORDER BY number"
            ).fetchall()
            return [epoch_row(row) for row in rows]

    def lowest(self, number: int) -> int | None:
        """Find the lowest seq held of one epoch; None where nothing is."""
        with named_errors(self.path):
            low = self._connection.execute(
                "SELECT min(id) FROM batches WHERE id BETWEEN ? AND ?",
                (batch_id(number, 0), batch_id(number + 1, 0) - 1),
            ).fetchone()[0]
            return None if low is None else split_id(low)[1]

    def oldest(self, after: int, limit: int) -> list[int]:
        """Find the oldest batches that nobody refused, above an id."""
        query = "SELECT id FROM batches WHERE id > ? AND refused IS NULL ORDER BY id LIMIT ?"
        with named_errors(self.path):
            rows = self._connection.execute(query, (after, limit)).fetchall()
            return [number for (number,) in rows]

    def oldest_born(self) -> float | None:
        """Find when the oldest batch that nobody refused was born, in seconds open."""
        query = "SELECT born FROM batches WHERE refused IS NULL ORDER BY id LIMIT 1"
        with named_errors(self.path):
            row = self._connection.execute(query).fetchone()
            return None if row is None else float(row[0])

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
        query = (
            "SELECT id, device, channel, first, rows, born, payload"
            " FROM batches JOIN payloads USING (id) WHERE id = ?"
        )
        with named_errors(self.path):
            row = self._connection.execute(query, (number,)).fetchone()
            return None if row is None else self._held(row)

    def refused(self, offer_before: float, limit: int) -> list[int]:
        """Find the refused batches that are due to be offered again, the longest due first."""
        query = "SELECT id FROM batches WHERE refused IS NOT NULL AND offer <= ? ORDER BY offer"
        with named_errors(self.path):
            rows = self._connection.execute(f"{query} LIMIT ?", (offer_before, limit)).fetchall()
            return [number for (number,) in rows]

    def pending(self, after: int, limit: int, *, dated: bool) -> list[Waiting]:
        """Read waiting readings above an id, in order of arrival; what can't be read is left out.

        Raises:
            SpoolUnwritable: None can be read.
        """
        test = "at IS NOT NULL" if dated else "at IS NULL"
        with named_errors(self.path):
            query = f"SELECT id FROM pending WHERE id > ? AND {test} ORDER BY id LIMIT ?"  # noqa: S608 - ours
            numbers = self._connection.execute(query, (after, limit)).fetchall()
            query = f"{_PENDING} WHERE id BETWEEN ? AND ? AND {test} ORDER BY id"
            try:
                span = (numbers[0][0], numbers[-1][0]) if numbers else (0, 0)
                rows = self._connection.execute(query, span).fetchall()
            except sqlite3.OperationalError:
                rows = list(self._singly(numbers))
                if not rows:
                    raise
            self.skipped = len(numbers) - len(rows)
            return [read_waiting(row) for row in rows]

    def _singly(self, numbers: list[tuple[int]]) -> Iterator[tuple[Any, ...]]:
        for number in numbers:
            with contextlib.suppress(sqlite3.OperationalError):
                yield self._connection.execute(f"{_PENDING} WHERE id = ?", number).fetchone()

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
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: no text
        if code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise SpoolDamaged(f"the spool {path} is damaged: {error}") from error
        if isinstance(error, sqlite3.OperationalError):
            raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise SpoolDamaged(f"the spool {path} holds what we never wrote: {error!r}") from error
    except OSError as error:
        raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error


def as_text(raw: bytes) -> str:
    """Read text as far as it is any: a flipped bit costs a row its sense, and no more."""
    return raw.decode("utf-8", "replace")


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            cursor.execute("ROLLBACK")
        raise
