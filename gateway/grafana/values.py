"""The questions about one quantity of a device: its good values, and its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.grafana import influxql as ask
from gateway.grafana.looks import function
from gateway.grafana.panels import Target
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.grafana.texts import Texts

TRAFFIC_STEP: Final = "5m"
"""Sums belong to an interval that does not change with the width of a screen."""

LEAST_STEP: Final = "1m"
"""No curve is finer than this, so that a reading a minute leaves no gaps."""


def good(texts: Texts, name: str, which: str = ask.GOOD) -> Target:
    """Ask for the values of a quantity with such flags, of traffic in sums and by lane."""
    quantity = QUANTITIES[name]
    where = [ask.DEVICE, ask.flag_of(name, which)]
    what = f'{function(name)}("{name}")'
    label = texts.label(quantity)
    if quantity.measurement != "traffic":
        step = TRAFFIC_STEP if function(name) == "sum" else "$__interval"
        return Target(name, ask.series(what, quantity.measurement, where, step=step), label)
    query = ask.series(what, "traffic", where, ["channel"], TRAFFIC_STEP)
    return Target(name, query, f"{label} · $tag_channel")


def flags(texts: Texts, names: Iterable[str]) -> list[Target]:
    """Ask for the worst flag of each quantity; what is missing has none."""
    return [
        Target(
            f"{name}_qf",
            ask.series(
                f'max("{name}_qf")',
                QUANTITIES[name].measurement,
                [ask.DEVICE, ask.flag_of(name, ask.TRUSTWORTHY)],
            ),
            texts.label(QUANTITIES[name]),
        )
        for name in names
    ]
