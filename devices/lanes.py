"""Lanes and classes, as whoever set a sensor up has made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, get_args

from devices.driver import Setting
from devices.sample import Kind

if TYPE_CHECKING:
    from devices.driver import Settings

_KINDS: Final = frozenset(get_args(Kind))
_CLASSES: Final = ("count_motorcycle", "count_light", "count_heavy")
_BETWEEN: Final = ","


def lane(number: int) -> str:
    """Name a lane by the sensor's own number."""
    return f"lane-{number}"


def lanes(count: int, first: int = 1) -> tuple[str, ...]:
    """Name so many lanes, from the number that the sensor gives to the first one."""
    return tuple(lane(number) for number in range(first, first + count))


def lanes_setting(default: int, most: int) -> Setting:
    """Make the setting that says how many lanes there are, so that a quiet one is zero."""
    return Setting(default, range(1, most + 1), f"how many lanes it was set up for: 1 to {most}")


class _Classes:
    """Lists of kinds, one for each class of a sensor from its first number on."""

    def __contains__(self, told: object) -> bool:
        """Say whether it is such a list; an empty one tells no class."""
        return isinstance(told, str) and (not told or set(told.split(_BETWEEN)) <= _KINDS)


def classes_setting() -> Setting:
    """Make the setting that says what the classes of a sensor are: it only knows their numbers."""
    return Setting(
        "", _Classes(), f"what its classes are, from 0 on: {', '.join(sorted(_KINDS))}, with commas"
    )


def kind_of(number: int, settings: Settings) -> Kind:
    """Tell what a class is; unknown where nobody said so."""
    told = settings["classes"].split(_BETWEEN) if settings["classes"] else []
    return cast("Kind", told[number]) if number < len(told) else "unknown"


def classes_told(settings: Settings) -> tuple[str, ...]:
    """Name the columns of classes; none where nobody said what they are."""
    return _CLASSES if settings["classes"] else ()
