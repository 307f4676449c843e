"""Sums: the columns of one interval of a channel, and what each vehicle adds to them.

Every interval bears all columns of its driver, zero or not: an absent one would leave open whether
it is zero or unknown, and would cut a batch at each change of columns. A few bytes, once
compressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.driver import SUMS
from schemas.quantity import BINS, speed_bin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.sample import Vehicle

_UNKNOWN: Final = "count_unknown"
_TOTAL: Final = "count_total"


def columns(sums: tuple[str, ...] = SUMS) -> tuple[str, ...]:
    """Name what every interval bears where a driver adds up `sums`, in its order."""
    return (*_added(sums), "seconds")


class Sums:
    """Adds up one interval after the other; the running count goes on."""

    def __init__(self, sums: tuple[str, ...] = SUMS) -> None:
        """Begin with nothing.

        Args:
            sums: What the driver adds up beside the counts (`Driver.sums`).
        """
        self._now = dict.fromkeys(_added(sums), 0.0)

    @property
    def count(self) -> float:
        """Vehicles in this interval so far."""
        return self._now["count"]

    def add(self, vehicle: Vehicle, headway: float | None = None) -> None:
        """Count a vehicle, with all that is known of it.

        Args:
            vehicle: What it was; a speed of zero is none.
            headway: Seconds from the beginning of the vehicle before it to its own.
        """
        speed = vehicle.speed or None
        kind = f"count_{vehicle.kind}"
        known = {
            "speed_sum": speed,
            "speed_square_sum": speed and speed * speed,
            "speed_inverse_sum": speed and 1 / speed,
            "length_sum": vehicle.length,
            "occupied_seconds": vehicle.occupied,
            "gap_sum": vehicle.gap,
            "headway_sum": headway,
            kind if kind in self._now else _UNKNOWN: 1.0,
        }
        if speed is not None:
            known[speed_bin(speed)] = 1.0
        self._count(1.0)
        self._add({name: value for name, value in known.items() if value is not None})

    def add_told(self, count: float, sums: Mapping[str, float]) -> None:
        """Count vehicles that the sensor has counted; who has no class among them is unknown.

        Args:
            count: How many.
            sums: Of them, by column; such as this driver does not add up are left out.
        """
        told = sum(value for name, value in sums.items() if name.startswith("count_"))
        self._count(count)
        self._add({**sums, _UNKNOWN: max(0.0, count - told)})

    def take(self) -> dict[str, float]:
        """Return the sums and begin others."""
        taken = self._now
        self._now = dict.fromkeys(taken, 0.0) | {_TOTAL: taken[_TOTAL]}
        return taken

    def _count(self, vehicles: float) -> None:
        self._add({"count": vehicles, _TOTAL: vehicles})

    def _add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            if name in self._now:
                self._now[name] += value


def _added(sums: tuple[str, ...]) -> tuple[str, ...]:
    classes = tuple(name for name in sums if name.startswith("count_"))
    others = tuple(name for name in sums if name not in classes)
    binned = {"speed_sum", "speed_square_sum"} <= set(sums)
    bins = tuple(speed_bin(low) for low in BINS) if binned else ()
    return ("count", *classes, _UNKNOWN, _TOTAL, *others, *bins)
