"""Every query of the generated dashboards, asked as Grafana asks it.

    report = check_queries(influx.execute, start, end)
    assert report.empty == []      # what the database has is found
    assert report.absent == {}     # and it has everything

The queries come from the files in deploy/grafana, and so do the variables: their values are what
their own queries answer. A panel whose data a database can't have (no such sensor, no suspect value
in that time) is told apart by asking the database itself for those fields, without the panel's
filters: `absent` says what was looked for.

Source of how variables are filled in: grafana/grafana, public/app/plugins/datasource/influxdb,
datasource.ts (`interpolateQueryExpr`); of `$timeFilter` and `$__interval`: pkg/tsdb/influxdb,
models/query.go.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER: Final = Path(__file__).parents[2] / "deploy/grafana/dashboards"

Ask = "Callable[[str], list[dict[str, Any]]]"
"""Runs InfluxQL and returns the series of the answer, each with `values`."""

Values = dict[str, "str | list[str]"]
"""What is chosen: one value of a variable, or several."""

_SPECIAL: Final = re.compile(r"[\\^$*+?.()|\[\]{}/]")
_STEPS: Final = (("10s", 10), ("1m", 60), ("5m", 300), ("10m", 600), ("15m", 900), ("1h", 3600))
_MOST_POINTS: Final = 1000
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Query(NamedTuple):
    """One query of a panel.

    Attributes:
        where: The dashboard, the panel and the query's name.
        text: As it stands in the file.
        span: The panel's own time, empty where it shows the dashboard's.
        step: The smallest interval of the panel.
    """

    where: str
    text: str
    span: str
    step: str


@dataclass(slots=True)
class Report:
    """What came of it.

    Attributes:
        answered: The queries that returned rows.
        absent: Those that can't: the database has nothing such in that time; and what that is.
        empty: Those that should have returned rows and did not, filled in.
    """

    answered: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)


def load(folder: Path = FOLDER) -> list[Any]:
    """Read the generated dashboards."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*.json"))]


def panels(dashboard: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Go through all panels, those of folded rows too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(dashboard: Any) -> Iterator[Query]:  # noqa: ANN401 - JSON
    """Go through all queries of all panels."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield Query(
                f"{dashboard['uid']} / {panel['title']} / {target['refId']}",
                target["query"],
                panel.get("timeFrom", ""),
                panel.get("interval", "10s"),
            )


def check_queries(
    ask: Callable[[str], list[dict[str, Any]]],
    start: int,
    end: int,
    dashboards: list[Any] | None = None,
) -> Report:
    """Ask every query of every panel and variable, once for each choice that a person could make.

    Args:
        ask: Runs InfluxQL and returns the series of the answer.
        start: The begin of the time that is looked at, ms since 1970.
        end: Its end; panels that look at their last minutes look at those before it.
        dashboards: The dashboards; all that are generated if left out.
    """
    report = Report()
    for dashboard in load() if dashboards is None else dashboards:
        choices = _choices(dashboard, ask, report)
        for query in queries(dashboard):
            _check(query, ask, choices, (start, end), report)
    return report


def fill(query: Query, chosen: Values, start: int, end: int) -> str:
    """Fill a query in as Grafana does."""
    since = _since(query.span, start, end)
    text = query.text.replace("$__from", str(start)).replace("$__to", str(end))
    for name, value in chosen.items():
        text = text.replace(f"${name}$/", f"{_written(value)}$/")
    text = text.replace("$timeFilter", f"time >= {since}ms and time <= {end}ms")
    return text.replace("$__interval", _interval(query.step, since, end))


def _check(
    query: Query,
    ask: Callable[[str], list[dict[str, Any]]],
    choices: list[Values],
    times: tuple[int, int],
    report: Report,
) -> None:
    start, end = times
    since = _since(query.span, start, end)
    if missing := _missing(query.text, ask, f"time >= {since}ms and time <= {end}ms"):
        report.absent[query.where] = missing
        return
    filled = ""
    for chosen in choices:
        filled = fill(query, chosen, start, end)
        if _rows(ask(filled)):
            report.answered.append(query.where)
            return
    report.empty.append(f"{query.where}: {filled}")


def _choices(
    dashboard: Any,  # noqa: ANN401 - JSON
    ask: Callable[[str], list[dict[str, Any]]],
    report: Report,
) -> list[Values]:
    """List what a person could choose: of several values all, of one each."""
    variables = dashboard["templating"]["list"]
    several = {each["name"] for each in variables if each["multi"]}
    found = dict.fromkeys((each["name"] for each in variables), 0)

    def choose(at: int, chosen: Values) -> Iterator[Values]:
        if at == len(variables):
            yield chosen
            return
        name = variables[at]["name"]
        query = Query("", variables[at]["query"], "", "10s")
        series = ask(fill(query, chosen, 0, 0))
        values = [str(row[1]) for row in chain.from_iterable(one["values"] for one in series)]
        found[name] += len(values)
        if name in several:
            yield from choose(at + 1, chosen | {name: values})
            return
        for value in values:
            yield from choose(at + 1, chosen | {name: value})

    made = list(choose(0, {}))
    for variable in variables:
        where = f"{dashboard['uid']} / ${variable['name']}"
        whole = variable["query"].partition(" WHERE ")[0]
        if found[variable["name"]]:
            report.answered.append(where)
        elif ask(whole):
            report.empty.append(f"{where}: {variable['query']}")
        else:
            report.absent[where] = whole
    return made


def _missing(text: str, ask: Callable[[str], list[dict[str, Any]]], time_filter: str) -> str:
    """Say what of a query the database does not have in that time; empty where it has it all."""
    inner = _innermost(text)
    measurement = re.findall(r'FROM "(\w+)"', inner)[0]
    conditions = re.findall(r'"\w+" (?:[<>]|!?=) (?:\d+|\'\w+\')', inner)
    where = " AND ".join([*conditions, time_filter])
    alternatives = inner.partition(" FROM ")[0].split(", last(")
    lacking = []
    for one in alternatives:
        fields = re.findall(r'"(\w+)"\)', f"({one}")
        counts = {
            name: f'SELECT count("{name}") FROM "{measurement}" WHERE {where}'  # noqa: S608 - ours
            for name in fields
        }
        gone = [name for name, count in counts.items() if not _rows(ask(count))]
        if not gone:
            return _never(text, ask, time_filter)
        lacking += gone
    return f"{measurement}: no {', '.join(lacking)}" + "".join(f" with {c}" for c in conditions)


def _innermost(text: str) -> str:
    """Return the SELECT that reads from the store, up to the parenthesis that ends it."""
    rest = text.rpartition("(SELECT ")[2].removeprefix("SELECT ")
    depth = 0
    for at, letter in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return rest[:at]
    return rest


def _never(text: str, ask: Callable[[str], list[dict[str, Any]]], time_filter: str) -> str:
    """Say which condition on an answer holds nowhere: that nobody is silent is no defect."""
    _, closed, condition = text.rpartition(") WHERE ")
    if not closed or "$" in condition:
        return ""
    everywhere = re.sub(r'"gateway" =~ /\S+/', '"gateway" =~ /./', text)
    return "" if _rows(ask(everywhere.replace("$timeFilter", time_filter))) else condition


def _rows(series: list[dict[str, Any]]) -> int:
    """Count the rows that hold anything but a time."""
    return sum(
        any(value is not None for value in row[1:])
        for one in series
        for row in one.get("values", [])
    )


def _written(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f"({'|'.join(map(_escaped, value))})"
    # Grafana leaves what begins with a number as it is.
    return value if re.match(r"[+-]?\.?\d", value) else _escaped(value)


def _escaped(value: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", value)


def _since(span: str, start: int, end: int) -> int:
    if not span:
        return start
    if match := re.fullmatch(r"now-(\d+)d/d", span):
        last = datetime.fromtimestamp(end / 1000, tz=UTC).astimezone(ZoneInfo("Asia/Jakarta"))
        first = (last - timedelta(days=int(match[1]))).replace(hour=0, minute=0, second=0)
        return int(first.timestamp()) * 1000
    return end - int(span[:-1]) * _UNITS[span[-1]] * 1000


def _interval(step: str, since: int, end: int) -> str:
    """Take the smallest interval that is no finer than the panel's own, nor than its pixels."""
    wanted = max(int(step[:-1]) * _UNITS[step[-1]], (end - since) / 1000 / _MOST_POINTS)
    return next((name for name, seconds in _STEPS if seconds >= wanted), "1d")
