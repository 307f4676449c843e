"""What SQLite and the disk say of a spool's file, as errors of ours."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final

from gateway.errors import SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DAMAGE: Final = {
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # it does not know our own words: what it has of the tables is wrong
    sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,  # a row is where none of ours can be
}  # fmt: skip


_CHUNK: Final = 1 << 20
"""Bytes read at once."""


@contextlib.contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into our own errors.

    Raises:
        SpoolDamaged: What is in the file was never written by us.
        SpoolUnwritable: The disk is full, read-only or failing, or somebody else has the file.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: no text
        if code & 0xFF in _DAMAGE:
            raise SpoolDamaged(f"the spool {path} is damaged: {error}") from error
        if isinstance(error, sqlite3.OperationalError):
            raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error
        raise
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise SpoolDamaged(f"the spool {path} holds what we never wrote: {error!r}") from error
    except OSError as error:
        raise SpoolUnwritable(f"the spool {path} can't be used: {error}") from error


def gives_all(path: Path) -> bool:
    """Say whether the disk gives every byte of a file and of its log.

    SQLite calls a page malformed that the disk does not give, as it does one that makes no sense.
    """
    for name in (path, path.with_name(f"{path.name}-wal")):
        try:
            with name.open("rb", buffering=0) as file:
                while file.read(_CHUNK):
                    pass
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def as_text(raw: bytes) -> str:
    """Read text as far as it is any: a flipped bit costs a row its sense, and no more."""
    return raw.decode("utf-8", "replace")
