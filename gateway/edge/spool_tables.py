"""The tables of the spool's file: made, and looked at whether a file still has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import Final

_TABLES: Final = """
kept (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
epochs (
    number INTEGER PRIMARY KEY, epoch TEXT NOT NULL, next INTEGER NOT NULL, dropped TEXT NOT NULL,
    sum INTEGER NOT NULL);
pending (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, boot TEXT, since REAL,
    at INTEGER, undatable INTEGER NOT NULL, reading BLOB NOT NULL, sum INTEGER NOT NULL);
batches (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, first INTEGER NOT NULL,
    rows INTEGER NOT NULL, born REAL NOT NULL, sum INTEGER NOT NULL, refused TEXT, offer REAL);
payloads (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)
"""

_INDEX: Final = "CREATE INDEX IF NOT EXISTS refused ON batches (offer) WHERE refused IS NOT NULL"

_SHAPE: Final = (
    'SELECT made.name, "column".name, "column".type, "column".pk'
    ' FROM sqlite_master AS made, pragma_table_info(made.name) AS "column"'
    " WHERE made.type = 'table'"
)


def make_tables(run: sqlite3.Cursor) -> None:
    """Make the tables that are not there, in the caller's transaction."""
    for table in _TABLES.split(";"):
        run.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    run.execute(_INDEX)


def check_shape(run: sqlite3.Cursor) -> None:
    """Check that the tables have the columns that they were made with.

    Raises:
        ValueError: One of them was never made so: a bit of its description has flipped.
    """
    strange = _ours() - _shape(run)
    if strange:
        table, column, *_ = min(strange)
        raise ValueError(f"its table {table} has no column {column} of ours")


@cache
def _ours() -> frozenset[tuple[str, str, str, int]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        run = connection.cursor()
        make_tables(run)
        return _shape(run)


def _shape(run: sqlite3.Cursor) -> frozenset[tuple[str, str, str, int]]:
    return frozenset(run.execute(_SHAPE).fetchall())
