"""The embedded store: one SQLite file with the same points, in the same shape, as InfluxDB.

It takes whatever is a point, so it refuses nothing; it is full, locked or damaged, or it has it.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from gateway.collector.points import of_batch
from gateway.collector.pulse import UNWATCHED
from gateway.errors import StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gateway.collector.points import Fields, Point, Tags
    from gateway.collector.store import Refusal
    from schemas.batch import Batch

MOST_SERIES: Final = 4096
"""Series whose numbers are remembered; each opening of a spool makes new ones, for ever."""

LOCKED_SECONDS: Final = 1.0
"""How long a write waits for somebody else's before it is given back."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    measurement TEXT NOT NULL,
    tags TEXT NOT NULL,
    UNIQUE (measurement, tags)
) STRICT;
CREATE TABLE IF NOT EXISTS points (
    series INTEGER NOT NULL REFERENCES series,
    time INTEGER NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (series, time)
) STRICT, WITHOUT ROWID;
"""

_UPSERT: Final = """
INSERT INTO points (series, time, fields) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET fields = json_patch(fields, excluded.fields)
WHERE fields != excluded.fields
"""

_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes of what passes by itself; whatever else goes wrong needs a person."""

_PRIMARY: Final = 0xFF
"""The bits of a result code that hold the primary one."""


class SqliteStore:
    """Points in a file, for one writer and any number of readers.

    The file is opened on first use, and anew after whatever went wrong. It may be used from more
    than one thread, though never at the same time.

    Attributes:
        path: The file.
        writers: One: SQLite has one writer.
        tellers: None beside it, for the same reason.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; its folder must exist."""
        self.path = path
        self.writers = 1
        self.tellers = 0
        self._database: sqlite3.Connection | None = None
        self._ids: dict[tuple[str, Tags], int] = {}

    def rows(self, gateway: str, batch: Batch) -> list[Point]:
        """Write each reading of a batch as a point."""
        return of_batch(gateway, batch)

    def row(self, point: Point) -> Point:
        """Leave a point as it is."""
        return point

    def write(
        self, rows: Sequence[Point], _alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Store points in one transaction, on the disk on return; nothing is ever refused.

        Raises:
            StoreBusy: The file is locked, or the disk is full or failing.
            StoreDenied: The file can't be opened or written, or is damaged.
        """
        if not rows:
            return []
        fresh: dict[tuple[str, Tags], int] = {}
        with self._opened() as database, database:
            database.execute("BEGIN IMMEDIATE")
            for series in {(point.measurement, point.tags) for point in rows} - self._ids.keys():
                fresh[series] = _number(database, *series)
            ids = self._ids | fresh
            database.executemany(
                _UPSERT,
                (
                    (ids[point.measurement, point.tags], point.time, _dump(point.fields))
                    for point in rows
                ),
            )
        self._ids |= fresh
        if len(self._ids) > MOST_SERIES:
            self._ids.clear()
        return []

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""
        with self._opened() as database:
            times = [
                database.execute("SELECT max(time) FROM points WHERE series = ?", (id_,)).fetchone()
                for id_, _ in _series(database, measurement, tags)
            ]
        return max((time for (time,) in times if time is not None), default=None)

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Iterate over points, series by series, each in the order of time, from `since` (ms)."""
        query = "SELECT time, fields FROM points WHERE series = ? AND time >= ? ORDER BY time"
        with self._opened() as database:
            for id_, found in _series(database, measurement, tags):
                for time, fields in database.execute(query, (id_, since)):
                    yield found, time, json.loads(fields)

    def count(self, measurement: str) -> int:
        """Count the points of a measurement."""
        query = "SELECT count(*) FROM points JOIN series ON id = series WHERE measurement = ?"
        with self._opened() as database:
            (number,) = database.execute(query, (measurement,)).fetchone()
        return int(number)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
        self._database = None
        self._ids.clear()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Lend the open file, and turn what SQLite says into what a collector understands."""
        try:
            self._database = self._database or _open(self.path)
            yield self._database
        except sqlite3.Error as error:
            self.close()
            code = getattr(error, "sqlite_errorcode", None)
            if code is None:
                raise
            what = f"{self.path}: {error}"
            if code & _PRIMARY in _PASSING:
                raise StoreBusy(what) from None
            raise StoreDenied(
                what,
                "check that the folder is there and may be written, and that the file is sound",
            ) from None


def _number(database: sqlite3.Connection, measurement: str, tags: Tags) -> int:
    """Return the id of a series, which may be new."""
    key = (measurement, json.dumps(dict(tags), separators=(",", ":"), sort_keys=True))
    database.execute("INSERT OR IGNORE INTO series (measurement, tags) VALUES (?, ?)", key)
    query = "SELECT id FROM series WHERE measurement = ? AND tags = ?"
    (number,) = database.execute(query, key).fetchone()
    return int(number)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=LOCKED_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _series(
    database: sqlite3.Connection, measurement: str, tags: Mapping[str, str]
) -> list[tuple[int, Tags]]:
    query = "SELECT id, tags FROM series WHERE measurement = ? ORDER BY tags"
    with closing(database.execute(query, (measurement,))) as rows:
        all_of_it = [(id_, json.loads(text)) for id_, text in rows]
    return [
        (id_, tuple(found.items()))
        for id_, found in all_of_it
        if all(found.get(key) == value for key, value in tags.items())
    ]


def _dump(fields: Fields) -> str:
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)
