"""Which quantities of the table share a panel: one unit, one scale, one thing to look at."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from schemas.quantity import BINS, speed_bin

SPEED_BINS: Final = tuple(speed_bin(low) for low in BINS)
"""The quantities that count vehicles by speed, the slowest first."""


class Group(NamedTuple):
    """Quantities that share a panel: one unit, one scale.

    Attributes:
        key: Its name in the texts; a group of one is called as its quantity.
        names: The quantities.
        width: Columns of the grid.
        look: A curve, or a strip of states.
        log: Whether the scale is logarithmic.
    """

    key: str
    names: tuple[str, ...]
    width: int = 8
    look: Literal["curve", "strip"] = "curve"
    log: bool = False


def alone(*names: str, width: int = 8) -> tuple[Group, ...]:
    """Give each quantity a panel of its own."""
    return tuple(Group(name, (name,), width) for name in names)


ROWS: Final[dict[str, tuple[Group, ...]]] = {
    "air": (
        Group("particles", ("pm1_0", "pm2_5", "pm4_0", "pm10", "pm100"), 12),
        Group("particles_cf1", ("pm1_0_cf1", "pm2_5_cf1", "pm10_cf1"), 12),
        Group(
            "particle_counts",
            ("pn0_3", "pn0_5", "pn1_0", "pn2_5", "pn4_0", "pn5_0", "pn10"), 12, log=True,
        ),
        Group("gases", ("no2", "o3", "so2", "h2s", "nh3", "hcho"), 12),
        *alone("co2", "co", width=12),
        *alone("iaq", "gas_resistance", width=12),
    ),
    "weather": alone(
        "temperature", "humidity", "pressure", "wind_speed", "wind_direction", "rain",
        "illuminance", "solar",
    ),
    "noise": alone("sound_level", width=24),
    "traffic": (
        *alone("count", width=12),
        Group(
            "classes", ("count_motorcycle", "count_light", "count_heavy", "count_unknown"), 12
        ),
        *alone("speed_sum", "speed_square_sum", "speed_inverse_sum"),
        Group("times", ("occupied_seconds", "headway_sum", "gap_sum", "seconds")),
        *alone("length_sum", "count_total"),
    ),
    "position": (
        *alone("latitude", "longitude", "altitude"),
        *alone("ground_speed", width=12),
        Group("fix", ("satellites", "hdop"), 12),
    ),
    "distance": alone("distance", "signal", width=12),
    "node": (
        Group("silence", ("silence",), 12, "strip"),
        Group("device_fault", ("device_fault",), 12, "strip"),
        Group("exchange", ("frames", "errors")),
        *alone("junk", "last_frame", "stalled"),
        Group("load", ("cpu", "memory")),
        *alone("cpu_temperature", "power"),
        Group("spool", ("spool_waiting", "spool_refused", "spool_dropped")),
        Group("spool_size", ("spool_bytes",)),
        *alone("spool_oldest"),
        Group("batches", ("batches_sent", "batches_resent", "receipts_unbelieved")),
        *alone("disk_free", "disk_written"),
        Group("clock", ("clock_trusted", "clock_steps", "spool_memory", "spool_crashes")),
        Group("seconds", ("clock_holdover", "spool_crash_span")),
    ),
}  # fmt: skip
"""Every quantity but the speed bins, which share one panel; in the order of the dashboard."""
