"""Particles: what the dust values of one reading say about each other, and humidity about them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HUMID: Final = 90.0
"""% above which droplets look like dust: by κ-Köhler theory with κ = 0.4 a particle has then three
times its dry mass."""

_SERIES: Final = (
    ("pm1_0", "pm2_5", "pm4_0", "pm10", "pm100"),
    ("pm1_0_cf1", "pm2_5_cf1", "pm10_cf1"),
)
"""Masses of particles up to a size: each contains the one before it."""

_TOLERANCE: Final = 1.0
"""µg/m³ by which a mass may lie below one that it contains: sensors round."""


def swollen(values: Mapping[str, float]) -> list[str]:
    """Name the masses that are doubtful because the same device measures too much humidity."""
    if values.get("humidity", 0.0) <= _HUMID:
        return []
    return [name for series in _SERIES for name in series if name in values]


def disordered(values: Mapping[str, float]) -> set[str]:
    """Name the masses that lie below one that they contain, and that one."""
    doubtful: set[str] = set()
    for series in _SERIES:
        present = [name for name in series if name in values]
        for smaller, larger in pairwise(present):
            if values[smaller] > values[larger] + _TOLERANCE:
                doubtful |= {smaller, larger}
    return doubtful
