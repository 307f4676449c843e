"""A sensor beside a reference: the line between them, and how well they agree.

Source of the targets: US EPA, Performance Testing Protocols, Metrics, and Target Values for Fine
Particulate Matter Air Sensors (EPA/600/R-20/280) and for Ozone Air Sensors (EPA/600/R-20/279), as
in USEPA/sensortoolkit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST_PAIRS: Final = 10
"""Pairs of which a line says anything."""

COMPLETE: Final = 0.75
"""The share of the usual number of values that a window must hold to count."""

Pair = tuple[float, float]
"""The sensor's mean and the reference's, of one window."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a sensor (y) follows a reference (x).

    Attributes:
        slope: Of y over x; 1 is perfect.
        intercept: In the unit of both; 0 is perfect.
        r2: The square of their correlation, 0 … 1.
        rmse: The root of the mean squared difference, in the unit of both.
        nrmse: The same as a share of the reference's mean; None where that is 0.
    """

    slope: float
    intercept: float
    r2: float
    rmse: float
    nrmse: float | None


@dataclass(frozen=True, slots=True)
class Target:
    """What the EPA asks of a sensor.

    Attributes:
        slope: The least and the most.
        intercept: The largest, either way, in the unit of the quantity; None: nothing is asked.
        r2: The least.
        rmse: The most, in the unit of the quantity.
        nrmse: The most, which will do in place of `rmse`; None: it won't.
    """

    slope: tuple[float, float]
    intercept: float | None
    r2: float
    rmse: float
    nrmse: float | None

    def judge(self, agreement: Agreement) -> dict[str, bool]:
        """Say of each target whether it is met."""
        low, high = self.slope
        judged = {"slope": low <= agreement.slope <= high, "r2": agreement.r2 >= self.r2}
        if self.intercept is not None:
            judged["intercept"] = abs(agreement.intercept) <= self.intercept
        relative = self.nrmse is not None and agreement.nrmse is not None
        judged["rmse"] = agreement.rmse <= self.rmse or (
            relative and (agreement.nrmse or 0.0) <= (self.nrmse or 0.0)
        )
        return judged


TARGETS: Final[dict[str, Target]] = {
    "pm2_5": Target((0.65, 1.35), 5.0, 0.70, 7.0, 0.30),
    "o3": Target((0.80, 1.20), 5.0, 0.80, 5.0, None),
}
"""By quantity, in its unit: PM2.5 in µg/m³ over 24 hours, O3 in ppb over one hour."""


def pair_up(
    sensor: Iterable[tuple[float, float]],
    reference: Iterable[tuple[float, float]],
    window: float,
) -> list[Pair]:
    """Average both over the same windows and return those that both are whole in.

    Args:
        sensor: Its values, each with its time, s.
        reference: The same of the reference.
        window: Seconds; windows begin at whole multiples since 1970.
    """
    ours, theirs = _means(sensor, window), _means(reference, window)
    return [(ours[at], theirs[at]) for at in sorted(ours.keys() & theirs.keys())]


def correct(pairs: Sequence[Pair]) -> tuple[float, float] | None:
    """Return gain and offset that turn the sensor's values into the reference's: least squares.

    None where there are too few pairs, or the sensor always said the same.
    """
    line = _line(pairs) if len(pairs) >= LEAST_PAIRS else None
    return line and line[:2]


def agree(pairs: Sequence[Pair], gain: float = 1.0, offset: float = 0.0) -> Agreement | None:
    """Tell how well a sensor agrees, once it is corrected; None where that can't be told."""
    corrected = [(theirs, gain * ours + offset) for ours, theirs in pairs]
    line = _line(corrected)
    if line is None:
        return None
    slope, intercept, r2 = line
    rmse = math.sqrt(math.fsum((y - x) ** 2 for x, y in corrected) / len(corrected))
    mean = math.fsum(x for x, _ in corrected) / len(corrected)
    return Agreement(slope, intercept, r2, rmse, rmse / mean if mean else None)


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float] | None:
    """Return slope, intercept and r² of y over x."""
    number = len(points)
    if number < LEAST_PAIRS:
        return None
    mean_x = math.fsum(x for x, _ in points) / number
    mean_y = math.fsum(y for _, y in points) / number
    xx = math.fsum((x - mean_x) ** 2 for x, _ in points)
    yy = math.fsum((y - mean_y) ** 2 for _, y in points)
    xy = math.fsum((x - mean_x) * (y - mean_y) for x, y in points)
    if not xx or not yy:
        return None
    slope = xy / xx
    return slope, mean_y - slope * mean_x, xy * xy / (xx * yy)


def _means(values: Iterable[tuple[float, float]], window: float) -> Mapping[float, float]:
    """Return the mean of each window that holds nearly as many values as usual."""
    windows: dict[float, list[float]] = {}
    for at, value in values:
        if math.isfinite(value):
            windows.setdefault(at // window * window, []).append(value)
    usual = median(map(len, windows.values())) if windows else 0
    return {
        at: math.fsum(held) / len(held)
        for at, held in windows.items()
        if len(held) >= COMPLETE * usual
    }
