"""The card under the spool, and what goes wrong with cards: gone, late, worn, damaged."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from gateway.edge.held import read_reading, split_id
from gateway.edge.spool_file import SpoolFile
from tests.edge.rows import as_written
from tests.laws.parts import NUMBERED, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

PAGE: Final = 4096
_BATCHES: Final = "SELECT id, payload FROM batches JOIN payloads USING (id)"
_TAILS: Final = ("", "-wal", "-shm")


class Rows(NamedTuple):
    """What a file holds, as another program reads it.

    Attributes:
        batches: The payloads by their ids.
        pending: The numbers of the readings that wait, by their ids.
        whole: Whether all of it could be read.
    """

    batches: dict[int, bytes]
    pending: dict[int, int]
    whole: bool = True

    @property
    def numbers(self) -> set[int]:
        """Every reading that the file holds."""
        carried = (opened(payload).numbers for payload in self.batches.values())
        return set(self.pending.values()).union(*carried)


class Card:
    """Where the spool's file lies, to be broken at will; the gateway must not notice by dying.

    Attributes:
        path: Where the gateway looks for its spool.
        strange: The file is not the one, or not as sound as, the gateway last committed to.
        forgetful: What was remembered for ever (running counts) may be lost.
        copied: A file was put back that had lived on elsewhere: it may tell a thing again.
        away: What lay only in files that are not mounted now, by where they are.
        ruined: What lay in a file when it was damaged.
        unseen: What of it no gateway had ever counted there.
    """

    unreadable: ClassVar[dict[Path, set[tuple[str, int]]]] = {}
    """Rows that can't be read, by file: `payload` of a batch, `reading` of what waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.strange = self.forgetful = self.copied = False
        self.away: dict[Path, set[int]] = {}
        self.ruined: set[int] = set()
        self.unseen: set[int] = set()
        self._damaged: int | None = None
        self._hidden = path.with_name("hidden")
        self._numbers = count(1)
        self.unreadable[path] = set()

    # -- what it holds ----------------------------------------------------------------------

    @property
    def fails(self) -> bool:
        """Whether nothing can be opened where the file should be."""
        return self.path.is_dir()

    def rows(self) -> Rows:
        """Read all of the file that is there, or would be there but for a failure."""
        return _rows(self._hidden if self.fails else self.path)

    @property
    def moved(self) -> bool:
        """Whether files came and went: no damage then, since nobody could say what it took."""
        return self.strange or self.copied or bool(self.away)

    def lost_from_sight(self) -> set[int]:
        """Tell what lies in files that are not mounted, or that were damaged."""
        return self.ruined.union(*self.away.values())

    # -- gone for a while -------------------------------------------------------------------

    def fail(self) -> None:
        """Let every commit fail from now on."""
        if self.path.is_file():
            _move(self.path, self._hidden)
            self.path.mkdir()

    def heal(self) -> None:
        """Let the file be there again, and every row of it be readable."""
        self.unreadable[self.path].clear()
        if self.fails:
            self.path.rmdir()
            _move(self._hidden, self.path)

    # -- another file under the gateway -----------------------------------------------------

    def unmount(self) -> None:
        """Take the file away: nothing is there, and the gateway may make a new one."""
        if self.path.is_file():
            self._set_aside()

    def mount(self) -> None:
        """Put back what was away the longest, over whatever is there now."""
        if self.fails or not self.away:
            return
        oldest = next(iter(self.away))
        if self.path.is_file():
            self._set_aside()
        _move(oldest, self.path)
        del self.away[oldest]
        self.strange = self.forgetful = True

    def copy(self) -> None:
        """Make a copy that may come back, older by then than what it is a copy of."""
        if self.path.is_file():
            aside = self._aside()
            with (
                closing(sqlite3.connect(self.path)) as source,
                closing(sqlite3.connect(aside)) as target,
            ):
                source.backup(target)
            self.away[aside] = set()
            self.copied = True

    def _aside(self) -> Path:
        return self.path.with_name(f"away-{next(self._numbers)}")

    def _set_aside(self) -> None:
        aside = self._aside()
        self.away[aside] = self.rows().numbers
        _move(self.path, aside)
        self.strange = self.forgetful = True

    # -- worn, damaged, written by another version ------------------------------------------

    def wear(self, batch: int | None, pending: int | None) -> None:
        """Let the n-th batch, or the n-th reading that waits, be unreadable from now on."""
        rows = self.rows()
        worn = self.unreadable[self.path]
        worn |= {("payload", number) for number in _nth(rows.batches, batch)}
        worn |= {("reading", number) for number in _nth(rows.pending, pending)}

    def damage(self, page: int) -> None:
        """Overwrite a page with garbage, under the eyes of whoever has the file open."""
        if not self.path.is_file():
            return
        with (
            contextlib.suppress(sqlite3.DatabaseError),  # the page may be a damaged one
            closing(sqlite3.connect(self.path)) as connection,
        ):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = self.path.stat().st_size // PAGE
        if pages > 1:
            self.ruined |= self.rows().numbers
            self.unseen |= self.rows().numbers if self.strange else set()
            with self.path.open("r+b") as file:
                file.seek(PAGE * (1 + page % (pages - 1)))
                file.write(b"\xff" * PAGE)
            self._damaged = self.path.stat().st_ino
            self.forgetful = True

    @property
    def damaged(self) -> bool:
        """Whether the file that is there is one that was damaged."""
        return self.path.is_file() and self.path.stat().st_ino == self._damaged

    def misremember(self, names: str, value: object) -> None:
        """Leave facts as another version might write them."""
        if self.path.is_file():
            with contextlib.suppress(sqlite3.DatabaseError):  # the page may be a damaged one
                change = "UPDATE kept SET value = ? WHERE name LIKE ?"
                as_written(self.path, change, json.dumps(value), names)
            self.strange = self.forgetful = True

    # -- how single rows come to be unreadable ----------------------------------------------

    @classmethod
    @contextlib.contextmanager
    def worn(cls, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Let SQLite say `disk I/O error` of every row that is named in `unreadable`."""
        made = SpoolFile.__init__

        def make(self: SpoolFile, connection: sqlite3.Connection, path: Path) -> None:
            made(self, connection, path)
            bad = cls.unreadable.setdefault(path, set())

            def read(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
                if bad:
                    columns = [column[0] for column in cursor.description]
                    for name in ("payload", "reading"):
                        if name in columns and (name, row[columns.index("id")]) in bad:
                            raise _unreadable()
                return row

            connection.row_factory = read

        patch.setattr(SpoolFile, "__init__", make)
        yield


def _unreadable() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    error.sqlite_errorname = "SQLITE_IOERR"
    return error


def _nth(rows: dict[int, Any], place: int | None) -> list[int]:
    return [] if place is None else sorted(rows)[place : place + 1]


def _move(source: Path, target: Path) -> None:
    for tail in _TAILS:
        with contextlib.suppress(FileNotFoundError):
            source.with_name(source.name + tail).rename(target.with_name(target.name + tail))


def _rows(path: Path) -> Rows:
    """Read a file; what can't be read of it is not there."""
    if not path.is_file():
        return Rows({}, {})
    batches: dict[int, bytes] = {}
    pending: dict[int, int] = {}
    with closing(sqlite3.connect(path)) as connection:
        try:
            epochs = dict(connection.execute("SELECT number, epoch FROM epochs"))
            for number, payload in connection.execute(_BATCHES):
                epoch, seq = split_id(number)
                name = epochs.get(epoch), seq
                assert opened(payload).name == name, f"a batch lies under another name: {name}"
                batches[number] = payload
            for number, packed in connection.execute("SELECT id, reading FROM pending"):
                values = read_reading("any", None, packed)[0].values
                pending[number] = int(next(values[q].value or 0 for q in NUMBERED if q in values))
        except sqlite3.DatabaseError:
            return Rows(batches, pending, whole=False)
    return Rows(batches, pending)
