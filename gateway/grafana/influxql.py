"""The questions that panels ask, in the InfluxQL that 1.x, 2.x and 3.x all answer.

Grafana replaces `$timeFilter`, `$__interval` and the variables. A filter by time stands in the
innermost SELECT: a point that a selector makes bears no time, and an outer filter would lose it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GATEWAYS: Final = '"gateway" =~ /^$gateway$/'
"""The gateways that are chosen."""

DEVICE: Final = f'{GATEWAYS} AND "device" =~ /^$device$/'
"""The one device that is looked at."""

THE_GATEWAY: Final = "\"device\" = 'node'"
"""What a gateway reports of itself, and of no sensor."""

GOOD: Final = "< 3"
"""Flags that count as good: pass, and not evaluated."""

SUSPECT: Final = "= 3"
"""The flag of what may be wrong."""

TRUSTWORTHY: Final = "< 9"
"""Flags of what was measured at all."""

ZONE: Final = "Asia/Jakarta"
"""Where a day begins, and what time panels show."""

HEARTBEAT: Final = "15m"
"""Two such windows without a report, and a gateway is silent: a metered one reports each ten."""

WINDOW: Final = "10m"
"""Of each such window is asked whether anything arrived, good or bad.

How many minutes have a usable value (data capture) is dearer than a panel that asks anew each
minute may be: every flag of every quantity would be read. `simpang fleet` tells it.
"""

_WINDOW_MS: Final = 600_000
_WINDOWS_A_DAY: Final = 144


def series(
    what: str,
    measurement: str,
    where: Iterable[str],
    by: Sequence[str] = (),
    step: str = "$__interval",
    fill: str = "null",
) -> str:
    """Ask for a course in time; where there is nothing, the answer says so."""
    tags = "".join(f', "{tag}"' for tag in by)
    return f"{table(what, measurement, where)} GROUP BY time({step}){tags} fill({fill})"


def table(what: str, measurement: str, where: Iterable[str], by: Sequence[str] = ()) -> str:
    """Ask for one row, or one for each value of some tags."""
    conditions = " AND ".join([*where, "$timeFilter"])
    tags = ", ".join(f'"{tag}"' for tag in by)
    group = f" GROUP BY {tags}" if tags else ""
    return f'SELECT {what} FROM "{measurement}" WHERE {conditions}{group}'  # noqa: S608 - no word of it comes from outside


def outer(what: str, inner: str, rest: str = "") -> str:
    """Ask something of an answer."""
    return f"SELECT {what} FROM ({inner}){rest}"  # noqa: S608 - the same


def flag_of(quantity: str, which: str) -> str:
    """Take only values whose flag is such."""
    return f'"{quantity}_qf" {which}'


def tag_values(tag: str, measurement: str, where: str = "") -> str:
    """List the values of a tag, for a variable; of one measurement, since Grafana reads one."""
    condition = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{tag}"{condition}'


def reporting(step: str = HEARTBEAT) -> str:
    """Count the reports of each gateway, in two windows at a time: 0 is silence.

    Every gateway reports of itself each five minutes. One window alone would be empty just after
    it begins.
    """
    beats = 'moving_average(count("clock_trusted"), 2) AS "reports"'
    return series(beats, "node", [THE_GATEWAY, GATEWAYS], ["gateway"], step, "0")


def count_reporting(which: str) -> str:
    """Count the gateways whose last two windows hold so many reports (`> 0`, `= 0`)."""
    now = outer('last("reports") AS "now"', reporting(), ' GROUP BY "gateway"')
    return outer('count("now")', now, f' WHERE "now" {which}')


def over_gateways(function: str, quantity: str) -> str:
    """Sum up, or take the largest of, what each gateway last said of itself."""
    last = table(f'last("{quantity}") AS "now"', "node", [THE_GATEWAY, GATEWAYS], ["gateway"])
    return outer(f'{function}("now")', last)


def lost(cause: str) -> str:
    """Add up what the gateways gave up for one cause, in every epoch that they list."""
    field = f'last("lost_{cause}") AS "lost"'
    return outer('sum("lost")', table(field, "spool", [GATEWAYS], ["gateway", "epoch"]))


def arrived(where: str) -> str:
    """Tell of each device in how many windows something of it was stored, in percent."""
    share = f'count("batches") * {100 * _WINDOW_MS}.0 / ($__to - $__from) AS "arrived"'
    return outer(share, _windows(where), ' GROUP BY "gateway", "device"')


def arrived_on_average(where: str) -> str:
    """Tell the same of all devices together."""
    return outer('mean("arrived")', arrived(where))


def arrived_by_day(where: str) -> str:
    """Tell the same of each gateway, by the local day."""
    zone = f"tz('{ZONE}')"
    share = f'count("batches") * 100.0 / {_WINDOWS_A_DAY} AS "arrived"'
    rest = f' WHERE $timeFilter GROUP BY time(1d), "gateway", "device" fill(0) {zone}'
    daily = outer(share, _windows(where), rest)
    rest = f' WHERE $timeFilter GROUP BY time(1d), "gateway" fill(null) {zone}'
    return outer('mean("arrived")', daily, rest)


def _windows(where: str) -> str:
    batches = 'count("seq") AS "batches"'
    return series(batches, "delivery", [where], ["gateway", "device"], WINDOW, "none")
