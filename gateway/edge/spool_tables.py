"""The tables of the spool's file: made, and looked at whether a file still has them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import Final

_TABLES: Final = {
    "kept": "name TEXT PRIMARY KEY, value TEXT, sum INT",
    "epochs": "number INTEGER PRIMARY KEY, epoch TEXT, next INT, dropped TEXT, sum INT",
    "pending": "id INTEGER PRIMARY KEY, device TEXT, channel TEXT, boot TEXT, since REAL, at INT, "
    "undatable INT, reading BLOB, sum INT",
    "batches": "id INTEGER PRIMARY KEY, device TEXT, channel TEXT, first INT, rows INT, "
    "born REAL, sum INT, refused TEXT, offer REAL",
    "payloads": "id INTEGER PRIMARY KEY, payload BLOB",
}
"""Short, so that all of it stays in the first page, beside what a file can't be read without.

Nothing is NOT NULL: no row is believed without its sum.
"""

_INDEX: Final = "CREATE INDEX IF NOT EXISTS refused ON batches (offer) WHERE refused IS NOT NULL"

_SHAPE: Final = (
    'SELECT made.name, "column".name, "column".type, "column".pk'
    ' FROM sqlite_master AS made, pragma_table_info(made.name) AS "column"'
    " WHERE made.type = 'table'"
)


def make_tables(run: sqlite3.Cursor) -> None:
    """Make the tables that are not there, in the caller's transaction."""
    for table, columns in _TABLES.items():
        key = " WITHOUT ROWID" if table == "kept" else ""
        run.execute(f"CREATE TABLE IF NOT EXISTS {table}({columns}){key}")
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
