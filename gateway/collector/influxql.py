"""Questions to an InfluxDB in InfluxQL, which 1.x, 2.x (with a DBRP mapping) and 3.x answer alike.

Whatever stands in a name or a value, it stays one: nothing in it can become part of the question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gateway.collector.endpoint import ANSWER_SECONDS, Endpoint
from gateway.collector.questions import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.collector.endpoint import Table
    from gateway.collector.points import Fields, Tags
    from gateway.collector.questions import Pick

_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "'": r"\'", "\n": r"\n"})


class InfluxReader:
    """Asks one bucket of an InfluxDB; of 1.x, one database."""

    def __init__(
        self, url: str, org: str, bucket: str, token: str | None, patience: float = ANSWER_SECONDS
    ) -> None:
        """Prepare to ask, as an `Endpoint` does; nothing is reached before the first question."""
        self._endpoint = Endpoint(url, org, bucket, token, patience)

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Iterate over points, series by series, each in the order of time, from `since` (ms).

        A float that is a whole number comes as an int: JSON has no other word for it.
        """
        for table in self.ask(_select("*", measurement, condition(tags, since), "GROUP BY *")):
            yield from table.points()

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""
        last = "ORDER BY time DESC LIMIT 1"
        tables = self.ask(_select("*", measurement, condition(tags), last))
        return next((int(row[0]) for table in tables for row in table.rows), None)

    def oldest(
        self, measurement: str, field: str, by: Sequence[str], tags: Mapping[str, str]
    ) -> dict[Tags, int]:
        """Return the time of the oldest point that has a field, for each combination of `by`."""
        what = f"first({identifier(field)})"
        tables = self.ask(_select(what, measurement, condition(tags), _by(by)))
        return {table.tags: int(row[0]) for table in tables for row in table.rows}

    def names(self, measurement: str, tag: str) -> list[str]:
        """List the values that a tag has in a measurement, sorted."""
        of = f"FROM {identifier(measurement)} WITH KEY = {identifier(tag)}"
        tables = self.ask(f"SHOW TAG VALUES {of}")
        return sorted({str(row[-1]) for table in tables for row in table.rows})

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
        name = identifier(field)
        what = f"count({name}), sum({name}), min({name}), max({name})"
        tables = self.ask(_select(what, measurement, condition(tags, since, before), _by(by)))
        return {
            table.tags: Tally(*(int(each) for each in row[1:]))
            for table in tables
            for row in table.rows
        }

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
        name = identifier(field)
        where = condition(tags, since, before, f"{name} >= {least}")
        for table in self.ask(_select(name, measurement, where)):
            for _, value in table.rows:
                yield int(value)

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
        what = f"{pick}(/{re.escape(suffix)}$/)"
        tail = f"{_by(by, 'time(1m)')} fill(none)"
        for table in self.ask(_select(what, measurement, condition(tags, since, before), tail)):
            table.columns[:] = [name.removeprefix(f"{pick}_") for name in table.columns]
            yield from table.points()

    def ask(self, statement: str) -> Iterator[Table]:
        """Put a question of one's own, and iterate over the answer."""
        return self._endpoint.ask(statement)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()


def identifier(name: str) -> str:
    """Quote the name of a measurement, a field or a tag, whatever stands in it."""
    return f'"{name.translate(_ESCAPES)}"'


def literal(text: str) -> str:
    """Quote a string, whatever stands in it."""
    return f"'{text.translate(_ESCAPES)}'"


def condition(
    tags: Mapping[str, str], since: int = 0, before: int | None = None, *others: str
) -> str:
    """Write the WHERE of a question: tags, a time from `since` to below `before` (ms), others."""
    parts = [f"{identifier(key)} = {literal(value)}" for key, value in tags.items()]
    if since:
        parts.append(f"time >= {since}ms")
    if before is not None:
        parts.append(f"time < {before}ms")
    parts += others
    return "WHERE " + " AND ".join(parts) if parts else ""


def _select(what: str, measurement: str, where: str, tail: str = "") -> str:
    return " ".join(("SELECT", what, "FROM", identifier(measurement), where, tail))


def _by(tags: Sequence[str], *others: str) -> str:
    parts = [*map(identifier, tags), *others]
    return "GROUP BY " + ", ".join(parts) if parts else ""
