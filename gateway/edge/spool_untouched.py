"""A spool's file opened without a trace, whether it is in use or lies on a card brought home."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.edge.spool_errors import as_text, named_errors
from gateway.edge.spool_upgrade import check_layout, layout_of
from gateway.errors import ConfigError, SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK: Final = 1 << 20
"""Bytes copied at once."""

_SECTOR: Final = 4096
"""Bytes that one bad place of a card costs."""

_TRIES: Final = 3
"""Copies that are begun while somebody writes to the file."""


def require(path: Path) -> None:
    """Say that there is no such spool, where there is none.

    Raises:
        ConfigError: There is no such file.
    """
    if not path.is_file():
        raise ConfigError(
            f"there is no spool at {path}", "a gateway makes it when it starts; was another meant?"
        )


@contextlib.contextmanager
def in_place(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file where it lies.

    A closed WAL file that lies on a card mounted read-only can only be opened as `immutable`,
    which a file that someone writes to must not be.

    Raises:
        SpoolDamaged: It is no spool, or a broken one.
        SpoolUnwritable: It can't be read.
    """
    mode = "mode=ro" if _log_of(path).exists() else "mode=ro&immutable=1"
    with _connected(path, mode) as connection:
        yield connection


@contextlib.contextmanager
def as_a_copy(path: Path, lost: Callable[[str], None]) -> Iterator[sqlite3.Connection]:
    """Open the file with all that was committed to it, and write nothing beside it.

    What a power cut left in the write-ahead log can't be read in place without writing to the
    card, so then both are copied. A gateway that goes on writing leaves no moment for that; there
    the file can be read in place, as the gateway does.

    Args:
        path: The file.
        lost: Is told what the card does not give; the copy has zeros there.

    Raises:
        SpoolDamaged: It is no spool, or a broken one.
        SpoolUnwritable: It can't be read, or there is no room for the copy.
    """
    if not _log_of(path).exists():
        with in_place(path) as connection:
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="simpang-") as folder:
        copy = Path(folder) / "spool.db"
        holes = _copy(path, copy)
        if holes is None:
            with in_place(path) as connection:
                yield connection
            return
        for hole in holes:
            lost(hole)
        with _connected(copy, "mode=ro", named=path) as connection:
            yield connection


@contextlib.contextmanager
def _connected(path: Path, mode: str, named: Path | None = None) -> Iterator[sqlite3.Connection]:
    name = named or path
    with named_errors(name):
        uri = f"{path.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        with named_errors(name):
            layout = layout_of(connection)
            if layout == 0:
                raise SpoolDamaged(f"{name} is no spool")
            check_layout(layout, name)
            connection.text_factory = as_text
            connection.execute("BEGIN")  # one moment, though a gateway may go on writing
        yield connection
    finally:
        connection.close()


def _copy(path: Path, copy: Path) -> list[str] | None:
    """Copy file and log, and name the holes; None where somebody wrote to them each time."""
    pairs = [(path, copy), (_log_of(path), _log_of(copy))]
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):  # a gateway that stops takes its log away
            before = [_state(source) for source, _ in pairs]
            holes = [hole for pair in pairs for hole in _salvage(*pair)]
            if [_state(source) for source, _ in pairs] == before:
                return holes
    return None


def _salvage(source: Path, target: Path) -> list[str]:
    """Copy a file as far as the disk gives it, and name what it does not give."""
    holes: list[str] = []
    try:
        with source.open("rb", buffering=0) as old, target.open("wb", buffering=0) as new:
            size = os.fstat(old.fileno()).st_size
            for begin in range(0, size, _CHUNK):
                for at, data in _read(old.fileno(), begin, min(begin + _CHUNK, size)):
                    if data is None:
                        holes.append(f"{source}: the disk does not give the bytes at {at}")
                    else:
                        os.pwrite(new.fileno(), data, at)
            new.truncate(size)
    except FileNotFoundError:
        raise
    except OSError as error:
        what = f"{source} can't be copied to {target.parent}: {error.strerror}"
        raise SpoolUnwritable(what, "name a folder with room in TMPDIR") from None
    return holes


def _read(descriptor: int, begin: int, end: int) -> Iterator[tuple[int, bytes | None]]:
    """Read from `begin` to `end`, in one go or, where that fails, sector by sector."""
    try:
        yield begin, os.pread(descriptor, end - begin, begin)
    except OSError:
        for at in range(begin, end, _SECTOR):
            try:
                yield at, os.pread(descriptor, min(_SECTOR, end - at), at)
            except OSError:
                yield at, None


def _log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
