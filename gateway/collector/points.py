"""Points: what is written to the store, of readings, of their delivery, of what gateways say.

The shape is the same in every store: a measurement, tags, a time in ms, fields. A point with the
same measurement, tags and time is the same point; its fields unite.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from schemas.base import LARGEST_SEQ
from schemas.quantity import BOOT_COLUMN, find
from schemas.reading import Cause, Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schemas.about import About
    from schemas.batch import Batch
    from schemas.spool import SpoolState

TRAFFIC: Final = "traffic"
UNDATED: Final = "undated"
DELIVERY: Final = "delivery"
SPOOL: Final = "spool"
SITE: Final = "site"
TOUCHED: Final = "touched"

ALL_CHANNELS: Final = "all"
"""The channel of what has none."""

LOSSES: Final = ("full", "age", "memory", "damaged", "replaced")
"""The causes that a gateway gives batches up for; whatever else one may name counts as `other`."""

LARGEST_DROPPED: Final = 60_000
"""Bytes of a list of dropped ranges in one field; InfluxDB takes strings up to 64 KiB."""

Tags = tuple[tuple[str, str], ...]
Fields = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the store.

    Attributes:
        measurement: Its measurement.
        tags: Key and value, sorted by key.
        time: ms since 1970.
        fields: At least one; measured values are always floats.
    """

    measurement: str
    tags: Tags
    time: int
    fields: Fields


class _Column:
    """Where a quantity stands in a row, and the names of what becomes of it."""

    def __init__(self, place: int, name: str) -> None:
        self.place = place
        self._name = name
        self._flag = f"{name}_qf"
        self._cause = f"{name}_why"
        self._rejected = f"{name}_rejected"

    def put(self, fields: Fields, value: float | None, flag: int, cause: int) -> None:
        """Write one value: a failed one under another name, so that no panel shows it as good."""
        fields[self._flag] = flag
        if cause:
            fields[self._cause] = cause
        if value is not None:
            fields[self._rejected if flag == Flag.FAIL else self._name] = float(value)


def of_batch(gateway: str, batch: Batch) -> list[Point]:
    """Write every row of a batch, in one point for each measurement that it feeds."""
    return list(_undated(gateway, batch) if batch.undated else _dated(gateway, batch))


def _dated(gateway: str, batch: Batch) -> Iterator[Point]:
    groups: defaultdict[str, list[_Column]] = defaultdict(list)
    for place, name in enumerate(batch.q):
        groups[_measurement(name)].append(_Column(place, name))
    plan = [(name, _tags(gateway, batch, name), columns) for name, columns in groups.items()]
    for number, row in enumerate(batch.r):
        flags = spread(row[1], len(batch.q))
        causes = spread(batch.why.get(str(number), "0"), len(batch.q))
        for measurement, tags, columns in plan:
            fields: Fields = {}
            for column in columns:
                at = column.place
                column.put(fields, row[2 + at], int(flags[at]), int(causes[at]))
            yield Point(measurement, tags, batch.t + row[0], fields)


def _undated(gateway: str, batch: Batch) -> Iterator[Point]:
    """Write rows whose times are mere addresses: every value there is, none of them as good."""
    traffic = any(_measurement(name) == TRAFFIC for name in batch.q if name != BOOT_COLUMN)
    tags = _tags(gateway, batch, TRAFFIC if traffic else UNDATED)
    columns = [_Column(place, name) for place, name in enumerate(batch.q) if name != BOOT_COLUMN]
    boot_place = batch.q.index(BOOT_COLUMN)
    for number, row in enumerate(batch.r):
        causes = spread(batch.why.get(str(number), "0"), len(batch.q))
        fields: Fields = {"boot": batch.boot or ""}
        if row[2 + boot_place] is not None:
            fields[BOOT_COLUMN] = int(row[2 + boot_place])
        for column in columns:
            value = row[2 + column.place]
            flag = Flag.MISSING if value is None else Flag.FAIL
            column.put(fields, value, int(flag), int(causes[column.place]) or int(Cause.CLOCK))
        yield Point(UNDATED, tags, batch.t + row[0], fields)


def of_delivery(gateway: str, batch: Batch) -> Point:
    """Say that a batch is in the store: the ledger is made of these.

    Without the channel, two lanes whose batches begin in one millisecond would be one point, and
    one of the two batches would look lost.
    """
    tags = (
        ("channel", batch.channel or ALL_CHANNELS),
        ("device", batch.device),
        ("epoch", batch.epoch),
        ("gateway", gateway),
    )
    return Point(DELIVERY, tags, batch.first, {"seq": batch.seq, "rows": len(batch.r)})


def of_spool(gateway: str, spool: SpoolState, at: int) -> list[Point]:
    """Write one point for each epoch listed, all at one time: together they are the message."""
    common: Fields = {"more": int(spool.more)}
    points = [
        Point(
            SPOOL,
            (("epoch", state.epoch), ("gateway", gateway)),
            at,
            common
            | {
                "now": int(state.epoch == spool.now),
                "low": state.low,
                "next": state.next,
                "dropped": _ranges(state.dropped),
            }
            | _losses(state.dropped),
        )
        for state in spool.epochs
    ]
    if all(state.epoch != spool.now for state in spool.epochs):
        tags = (("epoch", spool.now), ("gateway", gateway))
        points.append(Point(SPOOL, tags, at, common | {"now": 1}))
    return points


def of_site(about: About, at: int) -> list[Point]:
    """Write where a gateway stands; nothing if it does not say."""
    if about.latitude is None or about.longitude is None:
        return []
    fields: Fields = {"latitude": about.latitude, "longitude": about.longitude}
    return [Point(SITE, (("gateway", about.gateway), ("site", about.site)), at, fields)]


def of_touched(
    collector: str, spans: Mapping[tuple[str, str], tuple[int, int]], at: int
) -> list[Point]:
    """Tell the aggregator, for each (gateway, device), from when to when it got readings."""
    return [
        Point(
            TOUCHED,
            (("collector", collector), ("device", device), ("gateway", gateway)),
            at,
            {"first": first, "last": last},
        )
        for (gateway, device), (first, last) in spans.items()
    ]


def _measurement(name: str) -> str:
    quantity = find(name)
    if quantity is None:
        raise KeyError(name)
    return quantity.measurement


def _tags(gateway: str, batch: Batch, measurement: str) -> Tags:
    tags = (("device", batch.device), ("gateway", gateway), ("site", batch.site))
    if measurement != TRAFFIC:
        return tags
    return (("channel", batch.channel or ALL_CHANNELS), *tags)


def spread(digits: str, width: int) -> str:
    """Write one digit for all as one a column."""
    return digits if len(digits) == width else digits * width


def _losses(dropped: Sequence[tuple[int, int, str]]) -> Fields:
    """Count what was given up by cause: dashboards can't read the list, and a zero says so too."""
    lost = dict.fromkeys([*LOSSES, "other"], 0)
    for first, last, cause in dropped:
        lost[cause if cause in LOSSES else "other"] += max(0, last - first + 1)
    return {f"lost_{cause}": min(count, LARGEST_SEQ) for cause, count in lost.items()}


def _ranges(dropped: Sequence[tuple[int, int, str]]) -> str:
    """Write ranges as JSON; of too many, the older half goes: it lies below `low` by now."""
    text = json.dumps(dropped, separators=(",", ":"))
    while len(text.encode()) > LARGEST_DROPPED:
        dropped = sorted(dropped, key=lambda one: one[1])[len(dropped) // 2 :]
        text = json.dumps(dropped, separators=(",", ":"))
    return text
