"""Spools that an older version wrote: carried over on opening, or read as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.counts import Counts
from gateway.edge.eviction import recount_all
from gateway.edge.held import assembled, unpacked
from gateway.edge.spool_rows import COLUMNS, INSERT, believe, place, read_waiting, write_waiting
from gateway.errors import SpoolUnwritable
from gateway.logs import write_count

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from gateway.edge.held import Waiting

LAYOUT: Final = 4
"""Of the tables below: `PRAGMA user_version`."""

PENDING: Final = """
CREATE TABLE IF NOT EXISTS pending (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT, boot TEXT, since REAL,
    at INTEGER, undatable INTEGER NOT NULL, reading BLOB NOT NULL);
"""

_OLDEST: Final = 3

_COLUMNS_3: Final = "id, device, channel, model, boot, since, at, undatable, reading"

_WORDS_3: Final = (
    b'"speed_b100","speed_b050","speed_b000","speed_inverse_sum","speed_square_sum","speed_sum"'
    b'"count_unknown","count_heavy","count_light","count_motorcycle","count_total","count"'
    b'"latitude","longitude","wind_speed","wind_direction","rain","sound_level","temperature"'
    b'"humidity","pressure","co2","pn10","pn5_0","pn2_5","pn1_0","pn0_5","pn0_3"'
    b'[["pm1_0_cf1","pm2_5_cf1","pm10_cf1","pm1_0","pm2_5","pm10"],[111111111111","000000000000",1'
)


def layout_of(connection: sqlite3.Connection) -> int:
    """Tell the layout of a file; 0 where nothing was written to it yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_layout(layout: int, path: Path) -> None:
    """Leave a file alone that this version does not know: what waits in it is not lost.

    Raises:
        SpoolUnwritable: Another version wrote it.
    """
    if not _OLDEST <= layout <= LAYOUT:
        raise SpoolUnwritable(
            f"the spool {path} has layout {layout}, and this version knows {_OLDEST} to {LAYOUT}",
            f"install a version of Simpang that knows layout {layout}: nothing of it is touched",
        )


def form_of(layout: int) -> tuple[str, Callable[[tuple[Any, ...]], Waiting]]:
    """Tell the columns of the waiting readings of a layout, and what reads a row of them."""
    return (_COLUMNS_3, _read_waiting_3) if layout == _OLDEST else (COLUMNS, read_waiting)


def upgrade(run: sqlite3.Cursor, layout: int) -> str:
    """Carry a file over to this layout, in the caller's transaction.

    Returns:
        What was done, in words; empty where nothing was to be done.
    """
    if layout != _OLDEST:
        return ""
    lost = _from_3_to_4(run)
    run.execute(f"PRAGMA user_version = {LAYOUT}")
    told = f"carried over from layout {layout} to {LAYOUT}"
    damaged = write_count(lost, "reading", "readings")
    return f"{told}; {damaged} that could not be read: lost, counted" if lost else told


def _from_3_to_4(run: sqlite3.Cursor) -> int:
    """Pack the waiting readings anew, their model within; count those that are none any more."""
    run.execute("ALTER TABLE pending RENAME TO pending_3")
    run.execute(PENDING)
    lost = undated = 0
    rows = run.connection.execute(f"SELECT {_COLUMNS_3} FROM pending_3 ORDER BY id")  # noqa: S608 - ours
    for row in rows:
        try:
            waiting = _read_waiting_3(row)
        except ValueError:
            lost += 1
            undated += row[6] is None
        else:
            run.execute(INSERT, write_waiting(waiting))
    run.execute("DROP TABLE pending_3")
    if lost:
        _count(run, lost, undated)
    return lost


def _count(run: sqlite3.Cursor, lost: int, undated: int) -> None:
    """Count what was lost with what the file had counted before."""
    counts = Counts()
    known = run.execute("SELECT value FROM kept WHERE name = 'counts'").fetchone()
    try:
        learnt = known is not None and counts.learn(json.loads(known[0]))
    except (ValueError, TypeError):
        learnt = False
    if learnt:
        counts.undated -= undated
    else:
        recount_all(run, counts)
    counts.dropped["damaged"] += lost
    told = json.dumps(counts.write())
    run.execute("INSERT OR REPLACE INTO kept VALUES ('counts', ?)", [told])


def _read_waiting_3(row: tuple[Any, ...]) -> Waiting:
    """Read a row of layout 3: the model stood beside the reading, the parts in another order.

    Raises:
        ValueError: No version wrote such a row.
    """
    number, device, channel, model, boot, since, at, undatable, packed = row
    if not isinstance(model, str):
        raise ValueError(f"its model is {model!r}")  # noqa: TRY004 - of a row, as all its flaws are
    names, numbers, flags, causes, every = unpacked(packed, _WORDS_3, 5)
    where = place(device, channel)
    reading = assembled(*where, names, numbers, flags, causes, every)
    return believe(number, reading, model, boot, since, at, undatable)
