"""Finds drivers by name, through entry points: one family is imported only when it is asked for."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Final

from devices.driver import Driver
from devices.errors import DriverError, UnknownDriver

GROUP: Final = "simpang.drivers"
"""The entry point group that drivers, ours and others', announce themselves in."""


def names() -> tuple[str, ...]:
    """Return the names of all drivers, in order, without importing any."""
    return tuple(sorted(entry_points(group=GROUP).names))


@cache
def find(name: str) -> Driver:
    """Return the driver of that name.

    Raises:
        UnknownDriver: There is none; the likeliest name is given.
        DriverError: There is one, but it can't be loaded.
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        import difflib  # noqa: PLC0415 - only a mistake needs it

        likely = next(iter(difflib.get_close_matches(name, names(), n=1)), "")
        hint = f"; did you mean {likely}?" if likely else ""
        raise UnknownDriver(f"no driver is called {name}{hint}", likely)
    point = next(iter(found))
    try:
        driver = point.load()
    except (ImportError, AttributeError) as error:
        raise DriverError(f"the driver {name} ({point.value}) can't be loaded: {error}") from error
    if not isinstance(driver, Driver):
        raise DriverError(f"{point.value}, announced as the driver {name}, is no driver")
    return driver
