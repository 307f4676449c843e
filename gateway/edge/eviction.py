"""What has to go where a spool's file is full or too old, and what a commit says of it."""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.edge.held import DAMAGED, split_id
from gateway.edge.spool_rows import read_epoch, write_epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gateway.edge.counts import Counts
    from gateway.edge.held import EpochRow

_CHUNK: Final = 32
"""Batches given up in one go where the file is full."""

_MOST_CHUNKS: Final = 64
"""Chunks given up in one commit."""

_OLDEST_UNDATED_GONE: Final = (
    "DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE at IS NULL ORDER BY id LIMIT ?)"
)


class Bounds(NamedTuple):
    """What a file may hold.

    Attributes:
        bytes: What the tables may take.
        oldest_born: Batches born before it (seconds open) are too old.
    """

    bytes: int
    oldest_born: float = -math.inf


class Applied(NamedTuple):
    """What a commit did beyond what it was told.

    Attributes:
        evicted: Ids of batches that had to go.
        counts: The counts as they were committed.
        dropped: What was given up in the epochs of those batches, by their numbers.
    """

    evicted: list[int]
    counts: Counts
    dropped: dict[int, list[tuple[int, int, str]]]


def make_room(
    run: sqlite3.Cursor, bounds: Bounds, applied: Applied, used: Callable[[], int]
) -> None:
    """Give up what is too old, then the refused, then the oldest, until the rest fits.

    Only so much in one commit: a bound that a person has lowered must not cost minutes.
    """
    for _ in range(_MOST_CHUNKS):
        query = "SELECT id FROM (SELECT id, born FROM batches ORDER BY id LIMIT ?) WHERE born < ?"
        old = run.execute(query, (_CHUNK, bounds.oldest_born)).fetchall()
        if not old:
            break
        _give_up(run, [number for (number,) in old], "age", applied, oldest=True)
    for _ in range(_MOST_CHUNKS):
        if used() <= bounds.bytes or not _make_a_little_room(run, applied):
            break


def _make_a_little_room(run: sqlite3.Cursor, applied: Applied) -> bool:
    """Give up a few of what goes first; False where nothing is left that may go."""
    for test, order in (("refused IS NOT NULL", "offer"), ("TRUE", "id")):
        query = f"SELECT id FROM batches WHERE {test} ORDER BY {order} LIMIT ?"  # noqa: S608 - ours
        named = [number for (number,) in run.execute(query, (_CHUNK,))]
        few = _there(run, named)
        if few != named:  # the index names batches that are not there
            run.execute("REINDEX refused")
        if few:
            _give_up(run, few, "full", applied, oldest=order == "id")
            return True
    lost = run.execute(_OLDEST_UNDATED_GONE, (_CHUNK,)).rowcount
    applied.counts.undated -= lost
    applied.counts.dropped["full"] += lost
    return lost > 0


def _there(run: sqlite3.Cursor, numbers: list[int]) -> list[int]:
    query = "SELECT id FROM batches NOT INDEXED WHERE id = ?"
    return [number for number in numbers if run.execute(query, (number,)).fetchone()]


def _give_up(
    run: sqlite3.Cursor, numbers: list[int], cause: str, applied: Applied, *, oldest: bool
) -> None:
    """Delete batches and note their ranges in their epochs, in the same transaction."""
    marks = ",".join("?" * len(numbers))
    query = f"SELECT count(refused) FROM batches WHERE id IN ({marks})"  # noqa: S608 - marks
    applied.counts.refused -= run.execute(query, numbers).fetchone()[0]
    applied.counts.held -= len(numbers)
    applied.evicted.extend(numbers)
    query = f"SELECT id FROM batches WHERE id IN ({marks}) AND refused IS ?"  # noqa: S608 - marks
    told = {number for (number,) in run.execute(query, [*numbers, DAMAGED])}  # as lost before
    if len(told) < len(numbers):
        applied.counts.dropped[cause] += len(numbers) - len(told)
    touched: dict[int, EpochRow] = {}
    for number in sorted(set(numbers) - told):
        epoch, seq = split_id(number)
        if epoch not in touched:
            found = run.execute("SELECT * FROM epochs WHERE number = ?", (epoch,)).fetchone()
            if found is None:  # a damaged id: no epoch of ours bore such a batch
                continue
            touched[epoch] = read_epoch(found)
        touched[epoch].drop(seq, cause, above=1 if oldest else None)
    delete(run, numbers)
    run.executemany(
        "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?)",
        map(write_epoch, touched.values()),
    )
    applied.dropped.update({number: row.dropped for number, row in touched.items()})


def delete(run: sqlite3.Cursor, numbers: Collection[int]) -> None:
    """Delete batches; bytes that the disk does not give any more stay behind, unheard of."""
    run.executemany("DELETE FROM batches WHERE id = ?", [(number,) for number in numbers])
    for number in numbers:
        try:
            run.execute("SELECT id, payload FROM payloads WHERE id = ?", (number,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        run.execute("DELETE FROM payloads WHERE id = ?", (number,))


def recount_all(run: sqlite3.Cursor, counts: Counts) -> None:
    """Count what the tables hold."""
    query = "SELECT count(*), count(refused) FROM batches"
    counts.held, counts.refused = run.execute(query).fetchone()
    query = "SELECT count(*) - count(at), count(at) FROM pending"
    counts.undated, counts.dated = run.execute(query).fetchone()
