"""Spools that an older version wrote: carried over on opening, or read as they are."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.counts import Counts
from gateway.edge.eviction import recount_all
from gateway.edge.held import assembled, unpacked
from gateway.edge.spool_rows import (
    COLUMNS,
    again,
    batch_again,
    believe,
    place,
    read_fact,
    read_waiting,
    write_fact,
    write_waiting,
)
from gateway.edge.spool_tables import make_tables
from gateway.errors import SpoolUnwritable
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.edge.held import Waiting

LAYOUT: Final = 5
"""Of the tables now: `PRAGMA user_version`."""

_OLDEST: Final = 3

_PACKED_ALONE: Final = 3
"""The last layout in which the model stood beside a reading, and not in it."""

_WITHOUT_SUMS: Final = 4
"""The last layout whose rows had no sums."""

_COLUMNS_3: Final = "id, device, channel, model, boot, since, at, undatable, reading"

_COLUMNS_4: Final = "id, device, channel, boot, since, at, undatable, reading"

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
    if layout <= _PACKED_ALONE:
        return _COLUMNS_3, _read_waiting_3
    return (_COLUMNS_4 if layout <= _WITHOUT_SUMS else COLUMNS), read_waiting


def has_sums(layout: int) -> bool:
    """Say whether the rows of a layout have sums."""
    return layout > _WITHOUT_SUMS


def upgrade(run: sqlite3.Cursor, layout: int) -> str:
    """Carry a file over to this layout, in the caller's transaction.

    Returns:
        What was done, in words; empty where nothing was to be done.
    """
    if layout == 0:
        return ""
    run.execute("DROP INDEX IF EXISTS refused")
    for table in ("kept", "epochs", "batches", "pending"):
        run.execute(f"ALTER TABLE {table} RENAME TO {table}_old")
    make_tables(run)
    ask = run.connection.execute
    for table, marks in (("kept", "?, ?, ?"), ("epochs", "?, ?, ?, ?, ?")):
        rows = ask(f"SELECT * FROM {table}_old")  # noqa: S608 - ours
        run.executemany(f"INSERT INTO {table} VALUES ({marks})", map(again, rows))  # noqa: S608 - ours
    for row in ask("SELECT * FROM batches_old"):
        anew = batch_again(row, _payload(run, row[0]))
        run.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", anew)
    lost = _carry_readings(run, layout)
    for table in ("kept", "epochs", "batches", "pending"):
        run.execute(f"DROP TABLE {table}_old")
    run.execute(f"PRAGMA user_version = {LAYOUT}")
    told = f"carried over from layout {layout} to {LAYOUT}"
    damaged = write_count(lost, "reading", "readings")
    return f"{told}; {damaged} that could not be read: lost, counted" if lost else told


def _payload(run: sqlite3.Cursor, number: int) -> object:
    """Read the bytes of a batch; None where there are none, or the disk does not give them."""
    try:
        found = run.execute("SELECT payload FROM payloads WHERE id = ?", (number,)).fetchone()
    except sqlite3.DatabaseError:
        return None
    return None if found is None else found[0]


def _carry_readings(run: sqlite3.Cursor, layout: int) -> int:
    """Write the waiting readings anew; count those that are none any more."""
    columns, read = form_of(layout)
    lost = 0
    for row in run.connection.execute(f"SELECT {columns} FROM pending_old ORDER BY id"):  # noqa: S608 - ours
        try:
            waiting = read(row)
        except ValueError:
            lost += 1
        else:
            run.execute(
                "INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", write_waiting(waiting)
            )
    if lost:
        _count(run, lost)
    return lost


def _count(run: sqlite3.Cursor, lost: int) -> None:
    """Count what was lost with what the file had counted before."""
    counts = Counts()
    known = run.execute("SELECT * FROM kept WHERE name = 'counts'").fetchone()
    try:
        counts.learn(known and read_fact(known))
    except (ValueError, TypeError):
        counts = Counts()
    recount_all(run, counts)
    counts.dropped["damaged"] += lost
    run.execute(
        "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", write_fact("counts", counts.write())
    )


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
