"""Line protocol: what a point is to an InfluxDB, one line each.

A batch is written without an object per point: which fields a row has follows from its flags and
causes alone, so each combination becomes a template once, and a row is one `%`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gateway.collector.points import ALL_CHANNELS, TRAFFIC, spread
from gateway.collector.points import of_batch as points_of
from schemas.quantity import find
from schemas.reading import Flag

if TYPE_CHECKING:
    from gateway.collector.points import Point, Tags
    from schemas.batch import Batch

MOST_SERIES: Final = 1024
"""Series whose beginnings of lines are kept; a city has some hundreds."""

_MOST_TEMPLATES: Final = 16
"""Combinations of flags and causes kept for one series."""

_LONGEST_TEMPLATE: Final = 4096
"""Characters; what is longer is made anew each time, so that nobody fills our memory with them."""

_LITERAL: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160), 0x2028, 0x2029)
} | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
"""Control characters in words: none of them may end a line or move a reader's cursor."""

_TAG: Final = str.maketrans(_LITERAL | {ord(c): f"\\{c}" for c in ",= "} | {ord("\\"): "_"})
_STRING: Final = str.maketrans(_LITERAL | {ord('"'): '\\"', ord("\\"): "\\\\"})

_MISSING: Final = str(int(Flag.MISSING))
_FAIL: Final = str(int(Flag.FAIL))


def of_batch(gateway: str, batch: Batch) -> list[str]:
    """Write every row of a batch, one line for each measurement that it feeds.

    The same points, in the same order, as `points.of_batch` makes.
    """
    if batch.undated:
        return [of_point(point) for point in points_of(gateway, batch)]
    series = _series(gateway, batch.site, batch.device, batch.channel, tuple(batch.q))
    offsets, flags, *values = zip(*batch.r, strict=True)
    told = zip(*values, [batch.t + offset for offset in offsets], strict=True)
    if not batch.why and len(set(flags)) == 1:
        templates = series.templates(flags[0], "")
        if len(templates) == 1:
            return list(map(templates[0].__mod__, told))  # nearly always
    why = batch.why
    return [
        template % row
        for number, row in enumerate(told)
        for template in series.templates(flags[number], why.get(str(number), ""))
    ]


def of_point(point: Point) -> str:
    """Write one point; no string in it can add a tag, a field or a line."""
    head = _head(point.measurement, point.tags)
    fields = ",".join([f"{_name(key)}={_value(value)}" for key, value in point.fields.items()])
    return f"{head} {fields} {point.time}"


class _Series:
    """One device and channel with its columns: templates of its rows, made when first needed."""

    def __init__(self, heads: list[tuple[str, set[str]]], names: tuple[str, ...]) -> None:
        self._heads = heads
        self._names = names
        self._made: dict[tuple[str, str], list[str]] = {}

    def templates(self, flags: str, causes: str) -> list[str]:
        """Return a template for each measurement; it takes all values of a row, then its time."""
        found = self._made.get((flags, causes))
        if found is None:
            found = [self._make(head, own, flags, causes or "0") for head, own in self._heads]
            if len(self._made) >= _MOST_TEMPLATES:
                self._made.clear()
            if sum(map(len, found)) <= _LONGEST_TEMPLATE:
                self._made[flags, causes] = found
        return found

    def _make(self, head: str, own: set[str], flags: str, causes: str) -> str:
        """Write a template; what a line does not tell of a row, `%.0s` takes and drops."""
        width = len(self._names)
        text = f"{head} ".replace("%", "%%")
        for name, flag, cause in zip(
            self._names, spread(flags, width), spread(causes, width), strict=True
        ):
            if name not in own:
                text += "%.0s"
                continue
            text += f"{name}_qf={flag}i,"
            if cause != "0":
                text += f"{name}_why={cause}i,"
            if flag == _MISSING:
                text += "%.0s"
            else:
                text += f"{name}_rejected=%r," if flag == _FAIL else f"{name}=%r,"
        return _cut_last_comma(text) + " %d"


def _cut_last_comma(text: str) -> str:
    at = text.rindex(",")
    return text[:at] + text[at + 1 :]


@lru_cache(MOST_SERIES)
def _series(
    gateway: str, site: str, device: str, channel: str | None, names: tuple[str, ...]
) -> _Series:
    own: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        quantity = find(name)
        if quantity is None:
            raise KeyError(name)
        own[quantity.measurement].add(name)
    tags = (("device", device), ("gateway", gateway), ("site", site))
    with_channel = (("channel", channel or ALL_CHANNELS), *tags)
    return _Series(
        [
            (_head(measurement, with_channel if measurement == TRAFFIC else tags), columns)
            for measurement, columns in own.items()
        ],
        names,
    )


@lru_cache(MOST_SERIES)
def _head(measurement: str, tags: Tags) -> str:
    pairs = "".join(f",{_name(key)}={_name(value)}" for key, value in tags)
    return f"{_name(measurement)}{pairs}"


@lru_cache(MOST_SERIES)
def _name(text: str) -> str:
    return text.translate(_TAG)


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_STRING)}"'
    return f"{value}i" if isinstance(value, int) else repr(value)
