"""Lanes: the channels of a sensor that looks at as many as it was set up for."""

from __future__ import annotations

from typing import Final

from devices.driver import Setting

CLASSES: Final = ("count_motorcycle", "count_light", "count_heavy")
"""The columns of a sensor that tells classes."""


def lane(number: int) -> str:
    """Name a lane by the sensor's own number."""
    return f"lane-{number}"


def lanes(count: int, first: int = 1) -> tuple[str, ...]:
    """Name so many lanes, from the number that the sensor gives to the first one."""
    return tuple(lane(number) for number in range(first, first + count))


def lanes_setting(default: int, most: int) -> Setting:
    """Make the setting that says how many lanes there are, so that a quiet one is zero."""
    return Setting(default, range(1, most + 1), f"how many lanes it was set up for: 1 to {most}")
