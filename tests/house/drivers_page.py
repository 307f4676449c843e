"""All drivers on one page, from the drivers themselves: `docs/drivers/README.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices import registry
from gateway.config import maps
from gateway.config.sensor import sensor
from tests.devices.odds import check_of
from tests.devices.told import told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devices.driver import Driver

_HEAD: Final = """# Drivers

What each sensor measures, and what was known of it when its driver was written. Its page has the
wiring, a config to begin with, its own commands, its quirks and the source of every fact. Written
by `make generate`.

| driver | measures | line | its frames are checked by | proof |
|---|---|---|---|---|
"""

_FOOT: Final = """
*capture*: frames that came out of a real sensor are decoded as they should be. *example*: the
maker's own. *documents*: bytes made up by its documents; nobody has seen them come from one.

What each can be told: [commands of sensors](commands.md).
How often damage passes each of these checks was measured: [what damage passes](false-accepts.md).
To add a driver, yours or ours: [the developer's page](../developer.md). A sensor whose lines are
text may need none: `text.line`. One that speaks Modbus needs a map: [modbus](modbus.md).
"""


_OPEN: Final = {
    "modbus": "some registers, as they are or as one quantity",
    "modbus.map": "what its map says",
    "text.line": "what its config says",
}
"""Drivers that measure what a config makes of them."""


def page() -> str:
    """Write the page."""
    ours = {name: told(name).driver for name in registry.names()}
    ours |= {name: sensor(name, {}).driver for name in map("modbus.map:{}".format, maps.names())}
    return _HEAD + "".join(_row(name, ours[name]) for name in sorted(ours)) + _FOOT


def _row(name: str, driver: Driver) -> str:
    measures = _OPEN.get(name) or _traffic(driver) or _named(driver.quantities)
    family = name.partition(".")[0]
    line = f"{driver.line.baudrate} 8{driver.line.parity}{driver.line.stopbits}"
    cells = (f"[`{name}`]({family}.md)", measures, line, check_of(name).name, driver.proof)
    return f"| {' | '.join(cells)} |\n"


def _traffic(driver: Driver) -> str:
    if not driver.channels:
        return ""
    lanes = all(each.startswith("lane-") for each in driver.channels)
    return f"traffic: {f'{len(driver.channels)} lanes' if lanes else _named(driver.channels)}"


def _named(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)
