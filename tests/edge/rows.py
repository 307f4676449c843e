"""Rows of a spool's file changed behind its back: by another version, or by a card that wears."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from gateway.edge.spool_rows import row_sum

if TYPE_CHECKING:
    from pathlib import Path


def query(path: Path, *statements: str) -> list[Any]:
    """Run statements, and return the rows of the last: whatever they change keeps its old sum."""
    with closing(sqlite3.connect(path)) as database:
        rows = [database.execute(statement).fetchall() for statement in statements]
        database.commit()
        return rows[-1]


def as_written(path: Path, statement: str, *values: object) -> None:
    """Change rows of `kept` or `pending` as a version of ours would: with their sums."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement, values)
        for table, key in (("kept", "name"), ("pending", "id")):
            for *columns, _ in database.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 - a test
                change = f"UPDATE {table} SET sum = ? WHERE {key} = ?"  # noqa: S608 - a test
                database.execute(change, (row_sum(*columns), columns[0]))
        database.commit()
