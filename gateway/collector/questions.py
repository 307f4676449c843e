"""What the ledger and data capture ask of a store, so that it counts where the points lie.

A store that only gives its points is asked all the same: `of` counts them here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, runtime_checkable

from gateway.collector.store import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.collector.points import Fields, Tags

MINUTE_MS: Final = 60_000

Pick = Literal["min", "max"]
"""Which value of a minute is wanted."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a field of whole numbers comes to over many points.

    Attributes:
        count: How many.
        total: Their sum.
        low: The smallest.
        high: The largest.
    """

    count: int
    total: int
    low: int
    high: int


@runtime_checkable
class Questions(Reader, Protocol):
    """A store that answers questions, too; times in ms, `since` included and `before` not.

    Each of them raises StoreBusy where there is no answer now, and StoreDenied where a person must
    do something.
    """

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""

    def oldest(
        self, measurement: str, field: str, by: Sequence[str], tags: Mapping[str, str]
    ) -> dict[Tags, int]:
        """Return the time of the oldest point that has a field, for each combination of `by`."""

    def names(self, measurement: str, tag: str) -> list[str]:
        """List the values that a tag has in a measurement, sorted."""

    def tally(
        self,
        measurement: str,
        field: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
    ) -> dict[Tags, Tally]:
        """Sum up a field of whole numbers, for each combination of the tags `by`."""

    def values(
        self,
        measurement: str,
        field: str,
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
        least: int = 0,
    ) -> Iterator[int]:
        """Iterate over a field of whole numbers, over those that are at least so large."""

    def minutes(
        self,
        measurement: str,
        pick: Pick,
        suffix: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int,
        before: int,
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Pick one value a minute of each field whose name has that suffix.

        Minutes in which no such field has a value are left out.
        """

    def close(self) -> None:
        """Let go of it."""


@runtime_checkable
class _Dated(Protocol):
    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None: ...


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


class ByHand:
    """Answers from the points themselves."""

    def __init__(self, reader: Reader) -> None:
        """Ask a store that gives its points."""
        self._reader = reader
        self.select = reader.select

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""
        if isinstance(self._reader, _Dated):
            return self._reader.newest(measurement, tags)
        return max((time for _, time, _ in self.select(measurement, tags)), default=None)

    def oldest(
        self, measurement: str, field: str, by: Sequence[str], tags: Mapping[str, str]
    ) -> dict[Tags, int]:
        """Return the time of the oldest point that has a field, for each combination of `by`."""
        found: dict[Tags, int] = {}
        for its, time, fields in self.select(measurement, tags):
            if field in fields:
                group = _group(its, by)
                found[group] = min(time, found.get(group, time))
        return found

    def names(self, measurement: str, tag: str) -> list[str]:
        """List the values that a tag has in a measurement, sorted."""
        found = {dict(tags).get(tag) for tags, _, _ in self.select(measurement, {})}
        return sorted(name for name in found if name is not None)

    def tally(
        self,
        measurement: str,
        field: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
    ) -> dict[Tags, Tally]:
        """Sum up a field of whole numbers, for each combination of the tags `by`."""
        tallies: dict[Tags, Tally] = {}
        for found, time, fields in self.select(measurement, tags, since):
            if field in fields and (before is None or time < before):
                group, value = _group(found, by), int(fields[field])
                old = tallies.get(group, Tally(0, 0, value, value))
                low, high = min(old.low, value), max(old.high, value)
                tallies[group] = Tally(old.count + 1, old.total + value, low, high)
        return tallies

    def values(
        self,
        measurement: str,
        field: str,
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
        least: int = 0,
    ) -> Iterator[int]:
        """Iterate over a field of whole numbers, over those that are at least so large."""
        for _, time, fields in self.select(measurement, tags, since):
            if field in fields and (before is None or time < before):
                value = int(fields[field])
                if value >= least:
                    yield value

    def minutes(
        self,
        measurement: str,
        pick: Pick,
        suffix: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int,
        before: int,
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Pick one value a minute of each field whose name has that suffix."""
        choose = min if pick == "min" else max
        picked: defaultdict[tuple[Tags, int], dict[str, float]] = defaultdict(dict)
        for found, time, fields in self.select(measurement, tags, since):
            if time < before:
                minute = picked[_group(found, by), time // MINUTE_MS * MINUTE_MS]
                for name, value in fields.items():
                    if name.endswith(suffix) and not isinstance(value, str):
                        minute[name] = choose(value, minute.get(name, value))
        for (group, time), values in picked.items():
            if values:
                yield group, time, dict(values)

    def close(self) -> None:
        """Let go of the store, where there is something to let go of."""
        if isinstance(self._reader, _Closable):
            self._reader.close()


def of(reader: Reader) -> Questions:
    """Return what answers questions about a store: itself, if it can."""
    return reader if isinstance(reader, Questions) else ByHand(reader)


def _group(tags: Tags, by: Sequence[str]) -> Tags:
    return tuple(tag for tag in tags if tag[0] in by)
