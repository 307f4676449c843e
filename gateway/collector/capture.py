"""Data capture: of how many of its minutes a device has a usable value in the store.

Usable are the flags 1 and 2, and 3 where the cause is humidity, as for the completeness of an
average. (Of a minute without a good value only the last cause is looked at, in their order.) A
device that measures less often than once a minute owes a value as often as it measures.

A minute counts for a device if any of its quantities is usable in it. To look at all of them in
each minute of a week is dear, so first one that did well in the last hour is looked at, and the
others only where that one has nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from gateway.collector.points import DELIVERY
from gateway.collector.questions import MINUTE_MS
from schemas.quantity import QUANTITIES
from schemas.reading import Cause, Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from gateway.collector.points import Fields, Tags
    from gateway.collector.questions import Pick, Questions

NODE: Final = "node"
"""What a gateway tells of itself and its devices, beside what they measure."""

MEASUREMENTS: Final = tuple(sorted({one.measurement for one in QUANTITIES.values()} - {NODE}))

_HOUR: Final = 60
_FLAGS: Final = "_qf"
_CAUSES: Final = "_why"
_DEVICE: Final = ("device",)

_MOST_RUNS: Final = 20
"""Stretches without a value that are looked at one by one; of more, all between them is."""

Span = tuple[int, int]
"""Minutes since 1970, the second one not included."""


@dataclass(frozen=True, slots=True)
class Spans:
    """What people want to know of, in minutes since 1970; no minute that is not over.

    Attributes:
        hour: The last sixty.
        today: Since the local midnight.
        yesterday: The local day before.
        week: The last seven times 24 hours.
    """

    hour: Span
    today: Span
    yesterday: Span
    week: Span


def spans(now: float, zone: ZoneInfo) -> Spans:
    """Find them for a moment, in seconds since 1970."""
    end = int(now // _HOUR)
    today = datetime.fromtimestamp(now, zone).date()
    midnight, before = _midnight(today, zone), _midnight(today - timedelta(days=1), zone)
    return Spans(
        (end - _HOUR, end), (midnight, end), (before, midnight), (end - 7 * 24 * _HOUR, end)
    )


def hours(span: Span) -> Iterator[tuple[datetime, Span]]:
    """Cut a span into the hours of the clock, each with its beginning."""
    for _, minutes in groupby(range(*span), key=lambda minute: minute // _HOUR):
        cut = list(minutes)
        yield datetime.fromtimestamp(cut[0] * _HOUR, UTC), (cut[0], cut[-1] + 1)


def days(span: Span, zone: ZoneInfo) -> Iterator[tuple[datetime, Span]]:
    """Cut a span into local days, each with its beginning."""
    start, end = span
    while start < end:
        local = datetime.fromtimestamp(start * _HOUR, zone)
        stop = min(end, _midnight(local.date() + timedelta(days=1), zone))
        yield local, (start, stop)
        start = stop


def share(minutes: Iterable[int], span: Span, every: float | None) -> float | None:
    """Return the share of its minutes that a device has, 0 to 1; None of no time at all.

    Args:
        minutes: Those in which it had a usable value.
        span: The minutes that are looked at.
        every: Seconds between two of its readings, where they are known.
    """
    start, end = span
    if start >= end:
        return None
    owed = (end - start) * _HOUR / max(_HOUR, every or 0)
    return min(1.0, sum(start <= minute < end for minute in minutes) / max(1.0, owed))


class Captured:
    """The usable minutes of each device of a gateway within a span.

    Attributes:
        minutes: They, by device; a device of which nothing came is not there.
        begun: The minute of the first reading that each device ever had in the store.
    """

    def __init__(self, store: Questions, gateway: str, span: Span) -> None:
        """Ask a store.

        Raises:
            StoreBusy: It can't answer now.
            StoreDenied: It does not let us in, or is not there.
        """
        self._store = store
        self._tags = {"gateway": gateway}
        self.minutes: defaultdict[str, set[int]] = defaultdict(set)
        firsts = store.oldest(DELIVERY, "rows", _DEVICE, self._tags)
        self.begun = {name: at // MINUTE_MS for tags, at in firsts.items() for _, name in tags}
        start, end = span
        found = store.tally(DELIVERY, "rows", _DEVICE, self._tags, *_ms(span))
        devices = {name for tags in found for _, name in tags}
        homes: defaultdict[str, set[str]] = defaultdict(set)
        for measurement in MEASUREMENTS:
            for device in self._by_one_quantity(measurement, (start, end)):
                homes[device].add(measurement)
        for device in devices | homes.keys():
            self._by_all(device, homes.get(device) or MEASUREMENTS, (start, end))

    def _by_one_quantity(self, measurement: str, span: Span) -> set[str]:
        """Look at a quantity of each device that did well in the last hour; return the devices."""
        start, end = span
        recent = (max(start, end - _HOUR), end)
        well: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for tags, at, flags in self._ask(measurement, _FLAGS, self._tags, recent):
            device = dict(tags).get("device", "")
            good = [name for name, flag in flags.items() if _usable(flag)]
            well[device].update(good)
            if good:
                self.minutes[device].add(at // MINUTE_MS)
        for name in {counts.most_common(1)[0][0] for counts in well.values() if counts}:
            for tags, at, flags in self._ask(measurement, name, self._tags, (start, recent[0])):
                if _usable(flags.get(name, Flag.MISSING)):
                    self.minutes[dict(tags).get("device", "")].add(at // MINUTE_MS)
        return set(well)

    def _by_all(self, device: str, measurements: Iterable[str], span: Span) -> None:
        """Look at all quantities of a device where it has no usable minute yet."""
        tags = self._tags | {"device": device}
        for run in _runs(self.minutes[device], span):
            for measurement in measurements:
                for _, at, flags in self._ask(measurement, _FLAGS, tags, run):
                    if any(map(_usable, flags.values())):
                        self.minutes[device].add(at // MINUTE_MS)
                for _, at, causes in self._ask(measurement, _CAUSES, tags, run):
                    if Cause.HUMIDITY in causes.values():
                        self.minutes[device].add(at // MINUTE_MS)

    def _ask(
        self, measurement: str, suffix: str, tags: dict[str, str], span: Span
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Ask for the best flag of each minute, or for its last cause in the order of causes."""
        pick: Pick = "max" if suffix == _CAUSES else "min"
        if span[0] < span[1]:
            yield from self._store.minutes(measurement, pick, suffix, _DEVICE, tags, *_ms(span))


def _usable(flag: float | str) -> bool:
    return flag in {Flag.PASS, Flag.NOT_EVALUATED}


def _runs(minutes: set[int], span: Span) -> list[Span]:
    """List the stretches of a span that are not among some minutes."""
    runs: list[Span] = []
    for minute in range(*span):
        if minute in minutes:
            continue
        if runs and runs[-1][1] == minute:
            runs[-1] = (runs[-1][0], minute + 1)
        else:
            runs.append((minute, minute + 1))
    return runs if len(runs) <= _MOST_RUNS else [(runs[0][0], runs[-1][1])]


def _ms(span: Span) -> Span:
    return span[0] * MINUTE_MS, span[1] * MINUTE_MS


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) // _HOUR
