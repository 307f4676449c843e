"""The account of a demo: what was measured, what is stored, and whether anything is there twice."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.collector import ledger
from gateway.collector.points import UNDATED
from gateway.collector.sqlite import SqliteStore
from gateway.edge.spool_summary import summarize
from gateway.simulator import nova
from gateway.simulator.chain import GATEWAY
from gateway.simulator.player import now
from schemas.quantity import QUANTITIES
from schemas.reading import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gateway.collector.points import Fields
    from gateway.simulator.chain import Chain
    from gateway.simulator.player import Sent

MEASUREMENTS: Final = (*sorted({one.measurement for one in QUANTITIES.values()}), UNDATED)

_HEADLINES: Final = ("pm2_5", "count", "cpu")
"""What is shown of a reading: the first of these that it has."""


@dataclass(slots=True)
class Stored:
    """What the store holds of one device.

    Attributes:
        readings: How many.
        rejected: How many of them have a value that failed.
        last: The newest headline value, and the name of its quantity; none: an empty name.
        rows: The time (ms) and the fields of each point, by measurement.
    """

    readings: int = 0
    rejected: int = 0
    last: tuple[str, float] = "", 0.0
    rows: dict[str, list[tuple[int, Fields]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everything that was measured.

    Attributes:
        measured: Device to the readings handed to the spool.
        stored: Device to the readings found in the store.
        doubled: Readings that are there twice, by the numbers inside the simulated frames.
        rejected: Stored readings with a value that failed.
        gaps: Batches that the ledger misses.
    """

    measured: Counter[str]
    stored: Counter[str]
    doubled: int
    rejected: int
    gaps: int

    @property
    def lost(self) -> int:
        """Readings that were measured and are not in the store."""
        return self.measured.total() - self.stored.total()

    @property
    def true(self) -> bool:
        """Whether every promise was kept."""
        return self.lost == 0 and self.doubled == 0


def settle(chain: Chain) -> Account:
    """Ask spool and store, when everything has ended."""
    stored = ask(chain.store)
    with closing(SqliteStore(chain.store)) as store:
        gaps = sum(gap.last - gap.first + 1 for gap in ledger.missing(store, GATEWAY))
    return Account(
        measured(chain.spool),
        Counter({device: one.readings for device, one in stored.items()}),
        _doubled(chain, stored),
        sum(one.rejected for one in stored.values()),
        gaps,
    )


def measured(spool: Path) -> Counter[str]:
    """Count the readings of each device that were ever handed to the spool."""
    return Counter(summarize(spool).measured) if spool.exists() else Counter()


def ask(path: Path) -> dict[str, Stored]:
    """Ask the store what it holds of each device."""
    found: defaultdict[str, Stored] = defaultdict(Stored)
    names: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    rejected: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    with closing(SqliteStore(path)) as store:
        for measurement in MEASUREMENTS:
            for tags, at, fields in store.select(measurement, {}):
                known = dict(tags)
                device = known["device"]
                name = (known.get("channel"), at, measurement == UNDATED)
                names[device].add(name)
                if Flag.FAIL in (v for key, v in fields.items() if key.endswith("_qf")):
                    rejected[device].add(name)
                found[device].rows.setdefault(measurement, []).append((at, fields))
    for device, one in found.items():
        one.readings, one.rejected = len(names[device]), len(rejected[device])
        one.last = _last(at_fields for rows in one.rows.values() for at_fields in rows)
    return found


def _last(rows: Iterable[tuple[int, Fields]]) -> tuple[str, float]:
    """Find the newest headline value of all rows."""
    shown = (
        (at, name, fields[name]) for at, fields in rows for name in _HEADLINES if name in fields
    )
    _, name, value = max(shown, default=(0, "", 0))
    return name, float(value)


def _doubled(chain: Chain, stored: dict[str, Stored]) -> int:
    air = {device: one.rows.get("air", []) for device, one in stored.items()}
    counted = [round(float(row["pn0_3"]) * 100) for _, row in air.get("pm-1", ()) if "pn0_3" in row]
    matched = _match(air.get("pm-2", ()), chain.players["pm-2"].sent)
    vehicles = {sent.number for sent in chain.players["radar-1"].sent if sent.whole}
    traffic = stored["radar-1"].rows.get("traffic", []) if "radar-1" in stored else []
    passed = round(sum(float(row.get("count", 0)) for _, row in traffic))
    return (
        len(counted)
        - len(set(counted))
        + len(matched)
        - len(set(matched))
        + max(0, passed - len(vehicles))
    )


def _match(rows: Iterable[tuple[int, Fields]], sent: Sequence[Sent]) -> list[int]:
    """Find the number of each stored pair: of those with its last two digits, the nearest."""
    offset = time.time() - now()
    by_digits: defaultdict[int, list[Sent]] = defaultdict(list)
    for one in sent:
        by_digits[one.number % nova.CYCLE].append(one)
    numbers = []
    for at, row in rows:
        if "pm2_5" in row and "pm10" in row:
            near = by_digits[nova.carried(float(row["pm2_5"]), float(row["pm10"]))]
            moment = at / 1000 - offset
            numbers += [
                one.number for one in sorted(near, key=lambda one: abs(one.ended - moment))[:1]
            ]
    return numbers
