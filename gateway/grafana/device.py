"""The dashboard of one device: every quantity that the table knows, and how good its values are.

What a device does not measure is not drawn: the upper panels show what there is, and below them
each kind of measurement waits folded, so that nothing is asked before somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.grafana import influxql as ask
from gateway.grafana.groups import ROWS, SPEED_BINS
from gateway.grafana.layout import Grid
from gateway.grafana.looks import (
    RAW,
    SUSPECT,
    SUSPECT_COLUMN,
    arrived,
    columns,
    dots,
    function,
    line,
    stairs,
    unit,
)
from gateway.grafana.panels import (
    BLUE,
    RED,
    Target,
    Variable,
    course,
    mappings,
    override,
    recent,
    stat,
    strip,
)
from gateway.grafana.traffic import derived, speeds
from gateway.grafana.values import LEAST_STEP, flags, good
from schemas.quantity import QUANTITIES, RAW_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.grafana.groups import Group
    from gateway.grafana.layout import Placed
    from gateway.grafana.panels import Json, Look
    from gateway.grafana.texts import Texts

NODE_STEP: Final = "10m"
"""Reports come each five minutes or a little later: no such interval is empty between two."""

_NOT_AT_A_GLANCE: Final = frozenset(
    {
        "latitude", "longitude", "speed_sum", "speed_square_sum", "speed_inverse_sum",
        "occupied_seconds", "headway_sum", "gap_sum", "length_sum", "seconds", "count_total",
    }
)  # fmt: skip
"""Numbers that say nothing to whoever looks for a second."""

_GATEWAY_AT_A_GLANCE: Final = (
    "cpu", "cpu_temperature", "memory", "disk_free", "spool_waiting", "spool_oldest",
)  # fmt: skip


def build(texts: Texts) -> list[Json]:
    """Make all panels, placed."""
    grid = Grid()
    grid.open(texts.word("now"), _now(texts))
    for measurement, groups in ROWS.items():
        grid.folded(texts.word(measurement), _row(texts, measurement, groups))
    return grid.panels


def variables(texts: Texts) -> list[Variable]:
    """List what may be chosen, each within what was chosen before."""
    sites = '"site" =~ /^$site$/'
    return [
        Variable("site", texts.word("site"), ask.tag_values("site", "node"), several=True),
        Variable("gateway", texts.word("gateway"), ask.tag_values("gateway", "node", sites)),
        Variable("device", texts.word("sensor"), ask.tag_values("device", "node", ask.GATEWAYS)),
    ]


def _now(texts: Texts) -> Iterator[Placed]:
    silence = Target("silence", ask.table('last("silence")', "node", [ask.DEVICE]))
    states = {"mappings": mappings(texts.silences)}
    yield _number(texts, "state", silence, states, "ground", recent("30m")), 6, 4
    heard = Target("heard", ask.table('last("seq")', "delivery", [ask.DEVICE]), table=True)
    yield _number(texts, "heard", heard, {"unit": "dateTimeFromNow"}, "moment"), 6, 4
    rows = Target("rows", ask.table('sum("rows")', "delivery", [ask.DEVICE]))
    yield _number(texts, "rows", rows, {"unit": "locale", "noValue": "0"}), 6, 4
    share = Target("arrived", ask.arrived_on_average(ask.DEVICE))
    yield _number(texts, "arrived", share, arrived()), 6, 4
    yield _tiles(texts), 24, 6
    names = [name for name in QUANTITIES if _is_measured(name)]
    title, says = texts.title("device.flags"), texts.says("device.flags")
    yield (
        strip(
            title, says, flags(texts, names), mappings(texts.flags), also={"interval": LEAST_STEP}
        ),
        24,
        8,
    )
    causes = [
        Target(
            f"{name}_why",
            ask.series(f'last("{name}_why")', QUANTITIES[name].measurement, [ask.DEVICE]),
            texts.label(QUANTITIES[name]),
        )
        for name in names
    ]
    title, says = texts.title("device.causes"), texts.says("device.causes")
    yield strip(title, says, causes, mappings(texts.causes), also={"interval": LEAST_STEP}), 24, 6


def _number(
    texts: Texts,
    key: str,
    target: Target,
    field: Json,
    look: Look = "number",
    also: Json | None = None,
) -> Json:
    key = f"device.{key}"
    title, says = texts.title(key), texts.says(key)
    return stat(title, says, [target], field=field, look=look, also=also)


def _is_measured(name: str) -> bool:
    return QUANTITIES[name].measurement != "node" and name not in SPEED_BINS


def _tiles(texts: Texts) -> Json:
    names = [name for name in QUANTITIES if _is_measured(name) and name not in _NOT_AT_A_GLANCE]
    targets = [good(texts, name) for name in (*names, *_GATEWAY_AT_A_GLANCE)]
    units = [
        override("byFrameRefID", name, {"unit": unit(QUANTITIES[name])})
        for name in (*names, *_GATEWAY_AT_A_GLANCE)
        if unit(QUANTITIES[name]) != "none"
    ]
    field = {"color": {"mode": "fixed", "fixedColor": BLUE}, "unit": "none"}
    title, says = texts.title("device.now"), texts.says("device.now")
    also = {"interval": LEAST_STEP, **recent("15m")}
    return stat(title, says, targets, field=field, look="courses", overrides=units, also=also)


def _row(texts: Texts, measurement: str, groups: Iterable[Group]) -> Iterator[Placed]:
    if measurement == "traffic":
        yield from derived(texts)
    for group in groups:
        yield _group(texts, measurement, group), group.width, 4 if group.look == "strip" else 7
    names = [name for group in groups for name in group.names]
    if measurement == "traffic":
        yield from speeds(texts)
        names += SPEED_BINS
    if measurement != "node":
        yield _rejected(texts, measurement, names), 24, 6


def _group(texts: Texts, measurement: str, group: Group) -> Json:
    single = QUANTITIES[group.names[0]]
    title = texts.label(single) if group.key == single.name else texts.group(group.key)
    if group.look == "strip":
        states = texts.silences if group.key == "silence" else texts.worrying
        query = ask.series(f'last("{group.key}")', measurement, [ask.DEVICE])
        targets = [Target(group.key, query, title)]
        return strip(
            title,
            texts.says("device.vitals"),
            targets,
            mappings(states),
            also={"interval": NODE_STEP},
        )
    if measurement == "node":
        says, field = texts.says("device.vitals"), stairs(unit(single))
        targets = [good(texts, name) for name in group.names]
        return course(title, says, targets, field=field, also={"interval": NODE_STEP})
    targets = [target for name in group.names for target in _with_doubts(texts, name, measurement)]
    looks = [override("byRegexp", f"/ · {texts.word('raw')}$/", RAW)]
    if function(group.names[0]) == "sum":
        says, field, doubt = texts.says("device.sums"), columns(unit(single)), SUSPECT_COLUMN
    else:
        says, field = texts.says("device.values"), line(unit(single), log=group.log)
        doubt = SUSPECT
    looks.append(override("byRegexp", f"/ · {texts.word('suspect')}$/", doubt))
    return course(title, says, targets, field=field, overrides=looks, also={"interval": LEAST_STEP})


def _with_doubts(texts: Texts, name: str, measurement: str) -> Iterator[Target]:
    """Ask for the good values of a quantity, the suspect, and those before its calibration."""
    clean, doubtful = good(texts, name), good(texts, name, ask.SUSPECT)
    yield clean
    yield Target(f"{name}_suspect", doubtful.query, f"{clean.alias} · {texts.word('suspect')}")
    if measurement not in {"traffic", "position"}:
        raw = f"{name}{RAW_SUFFIX}"
        query = ask.series(
            f'{function(name)}("{raw}")', measurement, [ask.DEVICE, ask.flag_of(raw, ask.GOOD)]
        )
        yield Target(raw, query, f"{clean.alias} · {texts.word('raw')}")


def _rejected(texts: Texts, measurement: str, names: Iterable[str]) -> Json:
    word = texts.word("rejected")
    targets = [
        Target(
            f"{name}_rejected",
            ask.series(f'last("{name}_rejected")', measurement, [ask.DEVICE]),
            f"{texts.label(QUANTITIES[name])} · {word}",
        )
        for name in names
    ]
    title = f"{texts.word(measurement)}: {word}"
    return course(
        title,
        texts.says("device.rejected"),
        targets,
        field=dots("none", RED),
        also={"interval": LEAST_STEP},
    )
