"""What a config says of drivers, asked of the drivers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from devices.errors import BadSetting, DriverError, UnknownDriver
from devices.registry import find
from gateway.config.findings import Flaw, unknown_key
from gateway.config.gateway import LEAST_TRAFFIC, DeviceConfig
from gateway.config.rules import tables
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.driver import Driver
    from gateway.config.positions import KeyPath

_OURS: Final = DeviceConfig.model_fields.keys() - {"settings"}
_OF_A_BUS: Final = ("address", "map")
_LISTED: Final = "simpang device drivers lists them all"


def driver_flaws(content: dict[str, Any]) -> Iterator[Flaw]:
    """Find unknown drivers, and what the known ones do not take."""
    for number, port in tables(content, "ports"):
        for index, device in tables(port, "devices"):
            path = ("ports", number, "devices", index)
            name = device.get("driver")
            if isinstance(name, str):
                yield from _device(name, device, path)


def _device(name: str, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    try:
        driver = find(name)
    except UnknownDriver as error:
        remedy = f"did you mean {error.likely}?" if error.likely else _LISTED
        yield Flaw((*path, "driver"), f"no driver is called {name!r}", remedy)
    except DriverError as error:
        yield Flaw((*path, "driver"), error.why, "install it again, or tell its author")
    else:
        yield from _bus(driver, device, path)
        yield from _settings(driver, device, path)
        yield from _calibration(driver, device, path)
        yield from _interval(driver, device, path)


def _bus(driver: Driver, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    """Find what only the driver of a bus takes."""
    for key in _OF_A_BUS:
        if key in device and key not in driver.takes:
            yield Flaw((*path, key), f"{driver.name} takes none: it is on no bus", "leave it out")


def _interval(driver: Driver, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    interval = device.get("interval")
    if driver.channels and isinstance(interval, int | float) and 0 <= interval < LEAST_TRAFFIC:
        error = f"an interval of traffic lasts {LEAST_TRAFFIC:g} s or longer"
        yield Flaw((*path, "interval"), error, "leave it out for one minute")


def _settings(driver: Driver, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    """Let the driver judge each of its settings alone, so that all mistakes are found."""
    for key in device.keys() - _OURS:
        if key not in driver.takes:
            yield unknown_key((*path, key), _OURS.difference(_OF_A_BUS) | driver.takes.keys())
            continue
        try:
            driver.configure({key: device[key]})
        except BadSetting as error:
            yield Flaw((*path, key), error.why, f"leave it out for {driver.takes[key].default!r}")


def _calibration(driver: Driver, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    table = device.get("calibration")
    for name in table if isinstance(table, dict) and driver.quantities else ():
        if name in QUANTITIES and name not in driver.quantities:
            measured = ", ".join(driver.quantities)
            error = f"{driver.name} does not measure {name}"
            yield Flaw((*path, "calibration", name), error, f"it measures {measured}")
