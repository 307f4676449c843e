"""Units that sensors speak in where they may be set to several, and what one is in ours."""

from __future__ import annotations

from typing import Final

from devices.driver import Setting

KMH: Final = {"mph": 1.609344, "km/h": 1.0}
"""km/h in one of each."""

FASTEST: Final = 250.0
"""km/h: nothing on a road is faster. A line without a checksum that says so is none; where one says
that the frame is whole, somebody passed, at a speed that is not known."""

METRES: Final = {"mph": 0.3048, "km/h": 1.0}
"""m in one unit of length of a sensor whose speeds are in these: feet go with miles."""


def believable(speed: float) -> float | None:
    """Return a speed in km/h that somebody can have; None for zero, or one that nobody has."""
    return speed if 0 < speed <= FASTEST else None


def unit_of_speed(default: str) -> Setting:
    """Make the setting that says what unit of speed a sensor was set to."""
    return Setting(default, tuple(KMH), f"of the speeds it shows: {' or '.join(KMH)}")
