"""Every sensor's own commands, from the drivers themselves: `docs/drivers/commands.md`."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from devices import registry
from gateway.config import maps
from tests.devices.told import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.command import Command
    from devices.driver import Driver

_HEAD: Final = """# Commands of sensors

What `simpang device send DRIVER COMMAND` can tell each sensor; `--dry-run` shows the bytes. What
says **lasts** outlives a power cut, or costs a calibration, an address, the line or what the sensor
holds: it is asked about, and the gateway never sends it but where a config or the sensor's page
says so. Where a sensor has an address its commands are shown for the one that it leaves the factory
with. Written by `make generate`.
"""


def drivers() -> dict[str, Driver]:
    """Return all drivers by name, and all maps that come along as drivers of their own."""
    mapped = (f"modbus.map:{name}" for name in maps.names())
    names = (name for name in registry.names() if name != "modbus.map")
    return {name: told(name).driver for name in sorted([*names, *mapped])}


def page() -> str:
    """Write the page."""
    return _HEAD + "".join(
        f"\n## {name}\n\n| command | what it does | |\n|---|---|---|\n{''.join(_rows(driver))}"
        for name, driver in drivers().items()
        if driver.commands
    )


def _rows(driver: Driver) -> Iterator[str]:
    """Write a row for each command; those that differ by a number alone share one."""
    for _, alike in groupby(driver.commands.values(), key=_numberless):
        series = list(alike)
        names = " … ".join(dict.fromkeys(f"`{each.name}`" for each in (series[0], series[-1])))
        yield f"| {_escaped(names)} | {_escaped(_help(series))} | {_lasts(series[0])} |\n"


def _numberless(command: Command) -> tuple[str, str, bool]:
    numberless = re.sub(r"\d+", "N", command.name), re.sub(r"[\d.]+", "N", command.help)
    return *numberless, command.dangerous


def _help(series: list[Command]) -> str:
    first, last = series[0].help, series[-1].help
    return first if first == last else f"{first} … {last}"


def _lasts(command: Command) -> str:
    return "**lasts**" if command.dangerous else ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
