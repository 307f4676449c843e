"""What a spool's file holds, told without touching it, whether or not a gateway has it open."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.edge.counts import Counts
from gateway.edge.eviction import recount_all
from gateway.edge.spool_errors import named_errors
from gateway.edge.spool_file import SpoolFile
from gateway.edge.spool_untouched import in_place, require
from gateway.errors import SimpangError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class EpochSummary:
    """One epoch: `low` is the lowest seq held, `next` where nothing is."""

    epoch: str
    low: int
    next: int
    dropped: list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a spool's file holds.

    Attributes:
        path: The file.
        used_bytes: What its tables take.
        waiting: Batches not yet receipted, the refused left out.
        refused: Batches that a collector refused, by reason.
        pending: Readings whose batch is still open.
        undated: Readings that wait for a clock to be trusted.
        oldest: Time of the first reading of the oldest batch, ms since 1970; None where none is.
        newest: Time of the first reading of the newest batch.
        devices: Batches held, by device.
        measured: Readings that were ever handed to this spool, by device.
        epochs: Every opening that still matters, oldest first.
    """

    path: str
    used_bytes: int
    waiting: int
    refused: dict[str, int]
    pending: int
    undated: int
    oldest: int | None
    newest: int | None
    devices: dict[str, int]
    measured: dict[str, int]
    epochs: list[EpochSummary]


def summarize(path: Path) -> Summary:
    """Read what a spool holds.

    Raises:
        ConfigError: There is no such file.
        SpoolDamaged: It is no spool, or a broken one.
        SpoolUnwritable: It can't be read.
    """
    require(path)
    with in_place(path) as connection, named_errors(path):
        return _summarize(connection, path)


def counts_without(path: Path) -> Counts:
    """Count on where a damaged file is given up: all that waited in it, as far as it still tells.

    Returns:
        Nothing held, and what the file had counted as given up before, with what it held now.
    """
    counts = Counts()
    with contextlib.suppress(SimpangError), in_place(path) as connection:
        known = False
        with contextlib.suppress(SimpangError):
            known = counts.learn(SpoolFile(connection, path).kept().get("counts"))
        if not known:
            with named_errors(path):
                recount_all(connection.cursor(), counts)
    lost = Counts(crashes=counts.crashes, dropped=counts.dropped)
    lost.dropped["damaged"] += max(0, counts.rows)
    return lost


def _summarize(connection: sqlite3.Connection, path: Path) -> Summary:
    file = SpoolFile(connection, path)
    oldest, newest = connection.execute("SELECT min(first), max(first) FROM batches").fetchone()
    undated, pending = connection.execute(
        "SELECT count(*) FILTER (WHERE at IS NULL), count(at) FROM pending"
    ).fetchone()
    refused = _count(connection, "refused")
    waiting = refused.pop(None, 0)
    return Summary(
        path=str(path),
        used_bytes=file.used(),
        waiting=waiting,
        refused={str(reason): count for reason, count in refused.items()},
        pending=pending,
        undated=undated,
        oldest=oldest,
        newest=newest,
        devices={str(device): count for device, count in _count(connection, "device").items()},
        measured=_measured(file),
        epochs=list(_epochs(file)),
    )


def _measured(file: SpoolFile) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for name, fact in file.kept().items():
        kind, _, slot = name.partition(":")
        if kind in {"channel", "vitals"}:
            device, _, _ = slot.partition("/")
            counts[device] += fact["measured"]
    return dict(sorted(counts.items()))


def _count(connection: sqlite3.Connection, column: str) -> Counter[str | None]:
    query = f"SELECT {column}, count(*) FROM batches GROUP BY {column} ORDER BY {column}"  # noqa: S608 - ours
    return Counter(dict(connection.execute(query).fetchall()))


def _epochs(file: SpoolFile) -> Iterator[EpochSummary]:
    for row in file.epochs():
        low = file.lowest(row.number)
        yield EpochSummary(row.epoch, row.next if low is None else low, row.next, row.dropped)
