"""The spool's SQLite file: one transaction in, plain rows out, every failure with a name."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Self

from gateway.edge.eviction import Applied, Bounds, delete, make_room, recount_all
from gateway.edge.held import LONGEST, Held, batch_id, split_id
from gateway.edge.spool_errors import as_text, gives_all, named_errors
from gateway.edge.spool_rows import (
    COLUMNS,
    LAST_ID,
    Spoiled,
    batch_flaw,
    look_at,
    read_epoch,
    read_fact,
    write_batch,
    write_epoch,
    write_fact,
    write_waiting,
)
from gateway.edge.spool_tables import check_shape, make_tables
from gateway.edge.spool_upgrade import LAYOUT, check_layout, layout_of, upgrade
from gateway.errors import BatchDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.edge.changes import Changes
    from gateway.edge.counts import Counts
    from gateway.edge.held import EpochRow, Waiting

log = logging.getLogger(__name__)

_KEEP: Final = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)"

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
        self._flawed: set[object] = set()
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
                layout = layout_of(connection)
                check_layout(layout or LAYOUT, path)
                # A commit writes whole pages, of which most of its small facts change one each.
                connection.execute("PRAGMA page_size = 1024")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                # What went into a batch is no secret: its pages are left as they are, not zeroed.
                connection.execute("PRAGMA secure_delete = OFF")
                connection.execute("PRAGMA journal_size_limit = 4194304")
                if layout != LAYOUT:  # what is right is not written to: the disk may be full
                    with _transaction(connection) as run:
                        told = upgrade(run, layout)
                        make_tables(run)
                        run.execute(f"PRAGMA user_version = {LAYOUT}")
                    if told:
                        log.info("the spool %s is %s", path, told)
                check_shape(connection.cursor())
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
        self, changes: Changes, counts: Counts, bounds: Bounds, *, recount: bool = False,
        doubted: bool = False,
    ) -> Applied:  # fmt: skip
        """Commit all changes in one transaction, and make room in it where the file is full.

        Args:
            changes: What to write; untouched, so that it survives a failure.
            counts: What is counted so far; untouched.
            bounds: What the file may hold.
            recount: Count what is held anew: nobody knows.
            doubted: Then count as damaged what is missing: nobody finds it, or can read it.
        """
        with named_errors(self.path), _transaction(self._connection) as run:
            if not self.is_there():
                raise FileExistsError(f"{self.path} was replaced under us")
            self._write(run, changes)
            applied = Applied([], counts.copy(), {})
            if recount:
                recount_all(run, applied.counts)
                missing = counts.rows - applied.counts.rows
                if doubted and missing > 0:
                    applied.counts.dropped["damaged"] += missing
            make_room(run, bounds, applied, self.used)
            run.execute(_KEEP, write_fact("counts", applied.counts.write()))
        self._names.clear()
        return applied

    @staticmethod
    def _write(run: sqlite3.Cursor, changes: Changes) -> None:
        """Write what has changed; a row that lies where a new one goes has a damaged id."""
        delete(run, changes.forgotten)
        run.executemany("DELETE FROM pending WHERE id = ?", [(i,) for i in changes.removed])
        run.executemany("DELETE FROM epochs WHERE number = ?", [(i,) for i in changes.retired])
        run.executemany(
            "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?)",
            map(write_epoch, changes.epochs.values()),
        )
        run.executemany(
            "INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            map(write_batch, changes.born.values()),
        )
        run.executemany(
            "INSERT OR REPLACE INTO payloads VALUES (?, ?)",
            [(b.id, b.payload) for b in changes.born.values()],
        )
        run.executemany(
            "UPDATE batches SET refused = ?, offer = ? WHERE id = ?",
            [(*(mark or (None, None)), number) for number, mark in changes.refused.items()],
        )
        run.executemany(
            "INSERT OR REPLACE INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(write_waiting, changes.added.values()),
        )
        run.executemany(_KEEP, [write_fact(name, value) for name, value in changes.kept.items()])

    def used(self) -> int:
        """Bytes that the tables take now, free pages not counted."""
        with named_errors(self.path):
            pages, free, size = (
                int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
        return (pages - free) * size

    def kept(self) -> dict[str, Any]:
        """Read all small facts; one that is damaged is not known, and said once."""
        facts: dict[str, Any] = {}
        with named_errors(self.path):
            for row in self._connection.execute("SELECT * FROM kept"):
                try:
                    facts[row[0]] = read_fact(row)
                except (ValueError, TypeError) as error:
                    if row[0] not in self._flawed:
                        log.warning(
                            "the spool %s: what it kept as %r: %s", self.path, row[0], error
                        )
                    self._flawed.add(row[0])
        return facts

    def opened(self) -> float:
        """Tell for how many seconds the file had been open; where no fact says it, its rows do."""
        known = self.kept().get("opened")
        if isinstance(known, float | int) and 0 <= known <= LONGEST:
            return float(known)
        with named_errors(self.path):
            query = "SELECT max({0}) FROM batches WHERE {0} BETWEEN 0 AND {1}"
            asked = (
                self._connection.execute(query.format(time, LONGEST)) for time in ("born", "offer")
            )
            return max(float(times.fetchone()[0] or 0) for times in asked)

    def epochs(self) -> list[EpochRow]:
        """Read all epochs, oldest first."""
        with named_errors(self.path):
            rows = self._connection.execute("SELECT * FROM epochs ORDER BY number").fetchall()
            return [read_epoch(row) for row in rows]

    def lowest(self, number: int) -> int | None:
        """Find the lowest seq held of one epoch; None where nothing is."""
        with named_errors(self.path):
            low = self._connection.execute(
                "SELECT min(id) FROM batches WHERE id BETWEEN ? AND ?",
                (batch_id(number, 1), batch_id(number + 1, 0) - 1),
            ).fetchone()[0]
            return None if low is None else split_id(low)[1]

    def oldest(self, after: int, limit: int) -> list[int]:
        """Find the oldest batches that nobody refused, above an id."""
        query = "SELECT id FROM batches WHERE id > ? AND refused IS NULL ORDER BY id LIMIT ?"
        with named_errors(self.path):
            return self._rising(query, after, limit)

    def oldest_born(self) -> float | None:
        """Find when the oldest batch that nobody refused was born, in seconds open."""
        query = (
            "SELECT born FROM batches WHERE refused IS NULL AND born BETWEEN 0 AND 1e12"
            " ORDER BY id LIMIT 1"
        )
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
        """Read one batch; None where it is gone.

        Raises:
            BatchDamaged: It is not what was written.
        """
        query = (
            "SELECT id, device, channel, first, rows, born, sum, payload"
            " FROM batches LEFT JOIN payloads USING (id) WHERE id = ?"
        )
        with named_errors(self.path):
            row = self._connection.execute(query, (number,)).fetchone()
            return None if row is None else self._held(row[:-1], row[-1])

    def refused(self, offer_before: float, limit: int) -> list[int]:
        """Find the refused batches that are due to be offered again, the longest due first.

        A time that no version of ours set, or none, is due at once.
        """
        query = (
            "SELECT id FROM batches WHERE refused IS NOT NULL"
            " AND (offer <= ? OR offer IS NULL OR offer > 1e12) ORDER BY offer LIMIT ?"
        )
        with named_errors(self.path):
            rows = self._connection.execute(query, (offer_before, limit)).fetchall()
            return [number for (number,) in rows]

    def pending(self, after: int, limit: int, *, dated: bool) -> list[Waiting | Spoiled]:
        """Read waiting readings above an id, in order of arrival; what can't be read is left out.

        Raises:
            SpoolUnwritable: None can be read.
        """
        test = "at IS NOT NULL" if dated else "at IS NULL"
        with named_errors(self.path):
            query = f"SELECT id FROM pending WHERE id > ? AND {test} ORDER BY id LIMIT ?"  # noqa: S608 - ours
            numbers = self._rising(query, after, limit)
            query = f"{_PENDING} WHERE id BETWEEN ? AND ? AND {test} ORDER BY id"
            try:
                span = (numbers[0], numbers[-1]) if numbers else (0, 0)
                rows = self._connection.execute(query, span).fetchall()
                if len(rows) != len(numbers):
                    raise ValueError("it lists readings that can't be found")
            except sqlite3.DatabaseError:
                rows = list(self._singly(numbers))
                if not rows:
                    raise
            self.skipped = len(numbers) - len(rows)
            return [row if isinstance(row, Spoiled) else look_at(row) for row in rows]

    def _rising(self, query: str, after: int, limit: int) -> list[int]:
        """List ids above one; out of order they would be listed for ever, and found never."""
        numbers = [number for (number,) in self._connection.execute(query, (after, limit))]
        if any(low >= high for low, high in pairwise([after, *numbers])):
            raise ValueError("its ids are out of order")
        return numbers

    def _singly(self, numbers: list[int]) -> Iterator[tuple[Any, ...]]:
        """Read what can be read; what the disk gives and is none is spoiled, the rest waits."""
        given = gives_all(self.path)
        for number in numbers:
            try:
                yield self._connection.execute(f"{_PENDING} WHERE id = ?", (number,)).fetchone()
            except sqlite3.DatabaseError as error:
                if given and not isinstance(error, sqlite3.OperationalError):
                    yield Spoiled(number, str(error))

    def waiting(self) -> int:
        """Count the readings that are in no batch."""
        with named_errors(self.path):
            return int(self._connection.execute("SELECT count(*) FROM pending").fetchone()[0])

    def last_pending(self) -> int:
        """Find the highest id that a waiting reading bears; 0 where none waits."""
        with named_errors(self.path):
            query = "SELECT ifnull(max(id), 0) FROM pending WHERE id BETWEEN 1 AND ?"
            return int(self._connection.execute(query, (LAST_ID,)).fetchone()[0])

    def _held(self, row: tuple[Any, ...], payload: Any) -> Held:  # noqa: ANN401 - what lies there
        number, device, channel, first, rows, born, _ = row
        epoch, seq = split_id(number)
        if not self._names:
            self._names = {known.number: known.epoch for known in self.epochs()}
        flaw = batch_flaw(row, payload)
        if flaw or epoch not in self._names:
            name = self._names.get(epoch, f"of opening {epoch}")
            what = f"batch {seq} of epoch {name} in the spool {self.path} is damaged"
            raise BatchDamaged(f"{what}: {flaw or 'nobody knows that epoch'}")
        return Held(number, self._names[epoch], seq, device, channel, first, rows, born, payload)


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
