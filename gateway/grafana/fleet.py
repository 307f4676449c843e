"""The dashboard of the fleet: who reports, what is silent and why, what waits, what is lost.

A gateway's `state` is not stored. Whether it lives is read from its own reports, which come each
five minutes and through the spool like every reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.grafana import influxql as ask
from gateway.grafana.layout import Grid
from gateway.grafana.looks import arrived, line, stairs, unit
from gateway.grafana.panels import (
    GREEN,
    ORANGE,
    RED,
    State,
    Target,
    Variable,
    bars,
    course,
    listing,
    mappings,
    ranged,
    recent,
    stat,
    steps,
    strip,
)
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.grafana.layout import Placed
    from gateway.grafana.panels import Json, Look
    from gateway.grafana.texts import Texts

_SENSORS: Final = "\"device\" != 'node'"
_BY_SENSOR: Final = ("gateway", "device")
_MINUTE: Final = 60
_HOUR: Final = 3600

_REPORTED: Final = (
    "spool_waiting", "spool_oldest", "spool_refused", "spool_dropped", "spool_crashes",
    "spool_memory", "clock_trusted", "disk_free", "cpu_temperature",
)  # fmt: skip
"""What the table of gateways shows of each."""


def build(texts: Texts) -> list[Json]:
    """Make all panels, placed."""
    grid = Grid()
    grid.open(texts.word("now"), [*_numbers(texts), *_now(texts)])
    grid.open(texts.word("details"), _details(texts))
    grid.open(texts.word("backlog"), _backlog(texts))
    grid.folded(texts.word("days"), _days(texts))
    return grid.panels


def variables(texts: Texts) -> list[Variable]:
    """List what may be chosen.

    Of the `spool` messages, since a gateway without a clock sends those alone.
    """
    query = ask.tag_values("gateway", "spool")
    return [Variable("gateway", texts.word("gateway"), query, several=True)]


def _numbers(texts: Texts) -> Iterator[Placed]:
    none_is_good = {**steps((None, GREEN), (1, RED)), "noValue": "0"}
    some_is_good = {**steps((None, RED), (1, GREEN)), "noValue": "0"}
    reporting = Target("reporting", ask.count_reporting("> 0"))
    yield _number(texts, "reporting", reporting, some_is_good, "7d"), 4, 4
    silent = Target("silent", ask.count_reporting("= 0"))
    yield _number(texts, "silent", silent, none_is_good, "7d", "ground"), 4, 4
    undated = Target("undated", ask.table('count("boot_ms")', "undated", [ask.GATEWAYS]))
    yield _number(texts, "undated", undated, none_is_good), 4, 4
    waiting = Target("waiting", ask.over_gateways("sum", "spool_waiting"))
    few = {**steps((None, GREEN), (100, ORANGE), (1000, RED)), "unit": "locale"}
    yield _number(texts, "waiting", waiting, few, "30m"), 4, 4
    oldest = Target("oldest", ask.over_gateways("max", "spool_oldest"))
    young = steps((None, GREEN), (10 * _MINUTE, ORANGE), (_HOUR, RED))
    yield _number(texts, "oldest", oldest, {**young, "unit": "s", "noValue": "–"}, "30m"), 4, 4
    share = Target("arrived", ask.arrived_on_average(ask.GATEWAYS))
    yield _number(texts, "arrived", share, arrived()), 4, 4


def _number(
    texts: Texts, key: str, target: Target, field: Json, span: str = "", look: Look = "number"
) -> Json:
    key = f"fleet.{key}"
    title, says = texts.title(key), texts.says(key)
    also = recent(span) if span else None
    return stat(title, says, [target], field=field, look=look, also=also)


def _now(texts: Texts) -> Iterator[Placed]:
    states = ranged(
        {
            (0.0, 0.0): State(texts.word("silent"), RED),
            (0.001, 1e9): State(texts.word("reporting"), GREEN),
        }
    )
    now = Target("now", ask.reporting(), "$tag_gateway")
    field = {"color": {"mode": "fixed", "fixedColor": GREEN}, "mappings": states}
    title, says = texts.title("fleet.now"), texts.says("fleet.now")
    yield stat(title, says, [now], field=field, look="tiles", also=recent("7d")), 12, 9
    yield _sensors(texts), 12, 9
    over_time = Target("history", ask.reporting("$__interval"), "$tag_gateway")
    title, says = texts.title("fleet.history"), texts.says("fleet.history")
    yield strip(title, says, [over_time], states, {"interval": ask.HEARTBEAT}), 24, 7


def _heard(texts: Texts) -> Json:
    where = [ask.THE_GATEWAY, ask.GATEWAYS]
    query = ask.table('last("clock_trusted")', "node", where, ["gateway"])
    when = texts.word("heard")
    columns: dict[str, Json] = {
        "gateway": {"displayName": texts.word("gateway"), "links": [_link(texts, "node")]},
        "Time": {"displayName": when, "unit": "dateTimeFromNow"},
    }
    return listing(
        texts.title("fleet.heard"),
        texts.says("fleet.heard"),
        Target("heard", query, table=True),
        columns=columns,
        order=(when, False),
        hidden=["last"],
        also=recent("90d"),
    )


def _vitals(texts: Texts) -> Json:
    what = ", ".join(f'last("{name}") AS "{name}"' for name in _REPORTED)
    where = [ask.THE_GATEWAY, ask.GATEWAYS]
    target = Target("gateways", ask.table(what, "node", where, ["gateway"]), table=True)
    columns: dict[str, Json] = {
        "gateway": {"displayName": texts.word("gateway"), "links": [_link(texts, "node")]}
    }
    for name in _REPORTED:
        quantity = QUANTITIES[name]
        columns[name] = {"displayName": texts.label(quantity), "unit": unit(quantity)}
    coloured = {"custom.cellOptions": {"type": "color-text"}}
    for name in ("spool_refused", "spool_dropped", "spool_crashes"):
        columns[name] |= coloured | steps((None, GREEN), (1, RED))
    columns["spool_waiting"] |= coloured | steps((None, GREEN), (100, ORANGE), (1000, RED))
    columns["spool_memory"] |= coloured | {"mappings": mappings(texts.worrying)}
    columns["clock_trusted"] |= coloured | {"mappings": mappings(texts.wanted)}
    return listing(
        texts.title("fleet.gateways"), texts.says("fleet.gateways"), target, columns=columns,
        order=(columns["spool_waiting"]["displayName"], True), hidden=["Time"],
    )  # fmt: skip


def _sensors(texts: Texts) -> Json:
    names = ("silence", "last_frame", "errors", "junk")
    what = ", ".join(f'last("{name}") AS "{name}"' for name in names)
    target = Target(
        "sensors", ask.table(what, "node", [_SENSORS, ask.GATEWAYS], _BY_SENSOR), table=True
    )
    cause = texts.word("cause")
    columns: dict[str, Json] = {
        "gateway": {"displayName": texts.word("gateway")},
        "device": {
            "displayName": texts.word("sensor"),
            "links": [_link(texts, "${__data.fields.device}")],
        },
        "silence": {
            "displayName": cause,
            "mappings": mappings(texts.silences),
            "custom.cellOptions": {"type": "color-background", "mode": "basic"},
        },
    }
    for name in names[1:]:
        quantity = QUANTITIES[name]
        columns[name] = {"displayName": texts.label(quantity), "unit": unit(quantity)}
    return listing(
        texts.title("fleet.sensors"),
        texts.says("fleet.sensors"),
        target,
        columns=columns,
        order=(cause, True),
        hidden=["Time"],
        also=recent("30m"),
    )


def _details(texts: Texts) -> Iterator[Placed]:
    yield _heard(texts), 6, 9
    yield _vitals(texts), 18, 9
    query = ask.series('last("silence")', "node", [_SENSORS, ask.GATEWAYS], _BY_SENSOR)
    over_time = Target("silence", query, "$tag_gateway / $tag_device")
    title, says = texts.title("fleet.sensors_history"), texts.says("fleet.sensors_history")
    yield strip(title, says, [over_time], mappings(texts.silences), {"interval": "10m"}), 24, 9


def _backlog(texts: Texts) -> Iterator[Placed]:
    yield _by_gateway(texts, "spool_waiting"), 12, 7
    yield _by_gateway(texts, "spool_oldest"), 12, 7
    lost = [
        Target(f"lost_{cause}", ask.lost(cause), label) for cause, label in texts.losses().items()
    ]
    field = {**steps((None, GREEN), (1, RED)), "min": 0, "unit": "locale"}
    title, says = texts.title("fleet.lost"), texts.says("fleet.lost")
    yield bars(title, says, lost, field=field, upright=False), 8, 8
    yield _by_gateway(texts, "spool_dropped"), 8, 8
    each = Target("arrived", ask.arrived(ask.GATEWAYS), table=True)
    word = texts.word("arrived")
    columns: dict[str, Json] = {
        "gateway": {"displayName": texts.word("gateway")},
        "device": {"displayName": texts.word("sensor")},
        "arrived": {
            "displayName": word,
            **arrived(),
            "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "color"},
        },
    }
    yield (
        listing(
            texts.title("fleet.arrived_each"), texts.says("fleet.arrived_each"), each,
            columns=columns, order=(word, False), hidden=["Time"],
        ), 8, 8,
    )  # fmt: skip


def _by_gateway(texts: Texts, name: str) -> Json:
    where = [ask.THE_GATEWAY, ask.GATEWAYS]
    query = ask.series(f'last("{name}")', "node", where, ["gateway"])
    title, says = texts.title(f"fleet.{name}"), texts.says(f"fleet.{name}")
    field = stairs(unit(QUANTITIES[name])) | {"min": 0}
    return course(
        title, says, [Target(name, query, "$tag_gateway")], field=field, also={"interval": "10m"}
    )


def _days(texts: Texts) -> Iterator[Placed]:
    days = Target("days", ask.arrived_by_day(ask.GATEWAYS), "$tag_gateway")
    field = line("percent") | {"min": 0, "max": 100}
    custom = {"drawStyle": "bars", "fillOpacity": 60, "lineWidth": 0, "barAlignment": 1}
    field["custom"] |= custom
    title, says = texts.title("fleet.arrived_days"), texts.says("fleet.arrived_days")
    also = {"interval": "1d", **recent("now-6d/d")}
    yield course(title, says, [days], field=field, also=also), 24, 8


def _link(texts: Texts, device: str) -> Json:
    """Lead from a row to the dashboard of that device."""
    gateway = "${__data.fields.gateway}"
    return {
        "title": texts.word("device"),
        "url": f"/d/simpang-device-{texts.lang}?var-gateway={gateway}&var-device={device}",
    }
