"""Traffic: of the sums that travel, what people ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.grafana import influxql as ask
from gateway.grafana.groups import SPEED_BINS
from gateway.grafana.looks import line
from gateway.grafana.panels import BLUE, Target, bars, course, mappings, strip
from gateway.grafana.values import LEAST_STEP, TRAFFIC_STEP, flags
from schemas.quantity import BIN_KMH, BINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.grafana.layout import Placed
    from gateway.grafana.texts import Texts


def derived(texts: Texts) -> Iterator[Placed]:
    """Make of sums what people ask for: flow, mean speed, occupancy."""
    measured = " + ".join(f'sum("{name}")' for name in SPEED_BINS)
    formulas = {
        "flow": ('sum("count") * 3600 / sum("seconds")', "count", "none"),
        "speed": (f'sum("speed_sum") / ({measured})', "speed_sum", "velocitykmh"),
        "occupancy": ('sum("occupied_seconds") * 100 / sum("seconds")', "occupied_seconds",
                      "percent"),
    }  # fmt: skip
    for key, (formula, judged, of) in formulas.items():
        where = [ask.DEVICE, ask.flag_of(judged, ask.GOOD)]
        if key == "speed":
            where.append('"speed_sum" > 0')
        query = ask.series(f'{formula} AS "{key}"', "traffic", where, ["channel"], TRAFFIC_STEP)
        title, says = texts.title(f"traffic.{key}"), texts.says(f"traffic.{key}")
        yield course(title, says, [Target(key, query, "$tag_channel")], field=line(of)), 8, 7


def speeds(texts: Texts) -> Iterator[Placed]:
    """Show how fast how many were, and how far that can be believed."""
    targets = [
        Target(
            name,
            ask.table(f'sum("{name}")', "traffic", [ask.DEVICE, ask.flag_of(name, ask.GOOD)]),
            f"{low}–{low + BIN_KMH}" if low != BINS[-1] else f"{low}+",
        )
        for low, name in zip(BINS, SPEED_BINS, strict=True)
    ]
    field = {"color": {"mode": "fixed", "fixedColor": BLUE}, "min": 0, "unit": "none"}
    title, says = texts.title("traffic.speeds"), texts.says("traffic.speeds")
    yield bars(title, says, targets, field=field, upright=True), 24, 8
    title, says = texts.title("traffic.speed_flags"), texts.says("traffic.speed_flags")
    worst = flags(texts, SPEED_BINS)
    yield strip(title, says, worst, mappings(texts.flags), also={"interval": LEAST_STEP}), 24, 8
