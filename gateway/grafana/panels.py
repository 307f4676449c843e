"""Panels, rows and targets: the JSON that Grafana reads, with everything that holds for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json = dict[str, Any]

Look = Literal["number", "ground", "tiles", "courses", "moment"]

DATASOURCE: Final = "simpang"
"""The uid of the datasource, as it is provisioned."""

_SOURCE: Final[Json] = {"type": "influxdb", "uid": DATASOURCE}

GREEN: Final = "green"
ORANGE: Final = "orange"
RED: Final = "red"
BLUE: Final = "blue"
GREY: Final = "#8e8e8e"

_HIDDEN: Final[Json] = {
    "calcs": [],
    "displayMode": "list",
    "placement": "bottom",
    "showLegend": False,
}
_LIST: Final[Json] = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}


class Target(NamedTuple):
    """One query of a panel.

    Attributes:
        ref: Its name within the panel.
        query: The InfluxQL.
        alias: What its series are called, `$tag_gateway` and the like filled in by Grafana.
        table: Whether the answer is wanted as a table.
    """

    ref: str
    query: str
    alias: str = ""
    table: bool = False

    def json(self) -> Json:
        """Write it as Grafana keeps it."""
        alias = {"alias": self.alias} if self.alias else {}
        return {
            "datasource": _SOURCE,
            "refId": self.ref,
            "query": self.query,
            "rawQuery": True,
            "resultFormat": "table" if self.table else "time_series",
            **alias,
        }


class Variable(NamedTuple):
    """Something that staff choose at the top of a dashboard.

    Attributes:
        name: What queries call it.
        label: What people read beside it.
        query: The InfluxQL that lists what there is to choose from.
        several: Whether more than one may be chosen; then all are, until somebody chooses.
    """

    name: str
    label: str
    query: str
    several: bool = False

    def json(self) -> Json:
        """Write it as Grafana keeps it."""
        all_of_them: Json = {"current": {"text": ["All"], "value": ["$__all"]}}
        return {
            "type": "query",
            "name": self.name,
            "label": self.label,
            "datasource": _SOURCE,
            "query": self.query,
            "refresh": 1,
            "sort": 1,
            "multi": self.several,
            "includeAll": self.several,
            "options": [],
            **(all_of_them if self.several else {}),
        }


class State(NamedTuple):
    """What a number stands for.

    Attributes:
        text: What people read instead.
        color: Its colour, the same wherever it is shown.
    """

    text: str
    color: str


def panel(
    kind: str,
    title: str,
    says: str,
    targets: Iterable[Target],
    *,
    field: Json,
    options: Json,
    overrides: Sequence[Json] = (),
    also: Json | None = None,
) -> Json:
    """Make a panel of any kind; its place comes with the layout."""
    return {
        "type": kind,
        "title": title,
        "description": says,
        "datasource": _SOURCE,
        "targets": [target.json() for target in targets],
        "fieldConfig": {"defaults": field, "overrides": list(overrides)},
        "options": options,
        **(also or {}),
    }


def recent(span: str) -> Json:
    """Look only so far back, whatever the dashboard shows: an old value must not pass as now."""
    return {"timeFrom": span, "hideTimeOverride": True}


def stat(
    title: str,
    says: str,
    targets: Iterable[Target],
    *,
    field: Json,
    look: Look = "number",
    overrides: Sequence[Json] = (),
    also: Json | None = None,
) -> Json:
    """Make big numbers, the last value of each series.

    Args:
        title: What it is called.
        says: What it says, in a sentence.
        targets: Its queries.
        field: How values look.
        look: A number; on a coloured ground, to be seen from afar; a tile a series, with its name;
            the same with the course behind; or when the last value was measured.
        overrides: How some of them look.
        also: What else the panel holds.
    """
    options = {
        "colorMode": "background_solid" if look in {"ground", "tiles"} else "value",
        "graphMode": "area" if look == "courses" else "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": {
            "calcs": ["lastNotNull"],
            "fields": "/^Time$/" if look == "moment" else "",
            "values": False,
        },
        "showPercentChange": False,
        "textMode": "value_and_name" if look in {"tiles", "courses"} else "value",
        "wideLayout": True,
    }
    return panel(
        "stat", title, says, targets, field=field, options=options, overrides=overrides, also=also
    )


def bars(title: str, says: str, targets: Iterable[Target], *, field: Json, upright: bool) -> Json:
    """Make one bar a series: side by side, or one below the other with its name before it."""
    options = {
        "displayMode": "basic",
        "legend": _HIDDEN,
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto" if upright else "left",
        "orientation": "vertical" if upright else "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": not upright,
        "sizing": "auto",
        "valueMode": "text" if upright else "color",
    }
    return panel("bargauge", title, says, targets, field=field, options=options)


def course(
    title: str,
    says: str,
    targets: Iterable[Target],
    *,
    field: Json,
    overrides: Sequence[Json] = (),
    also: Json | None = None,
) -> Json:
    """Make curves over time; a gap in the data is a gap in the curve."""
    options = {
        "legend": _LIST,
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel(
        "timeseries",
        title,
        says,
        targets,
        field=field,
        options=options,
        overrides=overrides,
        also=also,
    )


def strip(
    title: str, says: str, targets: Iterable[Target], states: list[Json], also: Json | None = None
) -> Json:
    """Make one strip a series, coloured by state; a gap is a gap."""
    field = {
        "color": {"mode": "fixed", "fixedColor": GREY},
        "custom": {"fillOpacity": 85, "lineWidth": 0},
        "mappings": states,
    }
    options = {
        "alignValue": "left",
        "legend": _LIST,
        "mergeValues": True,
        "perPage": 20,
        "rowHeight": 0.85,
        "showValue": "never",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel("state-timeline", title, says, targets, field=field, options=options, also=also)


def listing(
    title: str,
    says: str,
    target: Target,
    *,
    columns: Mapping[str, Json],
    order: tuple[str, bool],
    hidden: Iterable[str] = (),
    also: Json | None = None,
) -> Json:
    """Make a table of one query's rows.

    Args:
        title: What it is called.
        says: What it says, in a sentence.
        target: Its query.
        columns: The columns from left to right, each with how it looks.
        order: The column, as it is shown, that sorts it, and whether the largest come first.
        hidden: Columns of the answer that are not shown.
        also: What else the panel holds.
    """
    field = {"custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}}
    name, falling = order
    options = {
        "cellHeight": "sm",
        "frameIndex": 0,
        "showHeader": True,
        "sortBy": [{"displayName": name, "desc": falling}],
    }
    tidy = {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {column: at for at, column in enumerate(columns)},
            "renameByName": {},
        },
    }
    overrides = [override("byName", column, look) for column, look in columns.items()]
    return panel(
        "table", title, says, [target], field=field, options=options, overrides=overrides,
        also={"transformations": [tidy], **(also or {})},
    )  # fmt: skip


def override(matcher: str, which: str, look: Mapping[str, object]) -> Json:
    """Let some fields look otherwise; `look` names properties as Grafana does."""
    return {
        "matcher": {"id": matcher, "options": which},
        "properties": [{"id": name, "value": value} for name, value in look.items()],
    }


def mappings(states: Mapping[int, State]) -> list[Json]:
    """Show states in words and colours instead of numbers."""
    options = {
        str(number): {"text": state.text, "color": state.color, "index": index}
        for index, (number, state) in enumerate(states.items())
    }
    return [{"type": "value", "options": options}]


def ranged(states: Mapping[tuple[float, float], State]) -> list[Json]:
    """Show whole ranges of numbers in words and colours."""
    return [
        {
            "type": "range",
            "options": {
                "from": low,
                "to": high,
                "result": {"text": state.text, "color": state.color, "index": index},
            },
        }
        for index, ((low, high), state) in enumerate(states.items())
    ]


def steps(*at: tuple[float | None, str]) -> Json:
    """Colour numbers by what they reach; the first step reaches down for ever."""
    return {
        "color": {"mode": "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": color} for value, color in at],
        },
    }
