"""What a config says of drivers, asked of the drivers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from devices.errors import BadSetting, DriverError, UnknownDriver
from devices.modbus import ANYBODY
from devices.registry import find
from gateway.config.findings import Flaw, unknown_key
from gateway.config.gateway import LEAST_TRAFFIC, DeviceConfig
from gateway.config.rules import tables
from gateway.config.sensor import Sensor, sensor
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from devices.driver import Driver, Setting
    from gateway.config.positions import KeyPath

_OURS: Final = DeviceConfig.model_fields.keys() - {"settings"}
_OF_A_BUS: Final = ("address", "map")
_CORRECT: Final = "correct it, or what it names"
_LISTED: Final = "simpang device drivers lists them all"


def driver_flaws(content: dict[str, Any]) -> Iterator[Flaw]:
    """Find unknown drivers, what the known ones do not take, and who can't share a port.

    What only may be a mistake is a warning.
    """
    for number, port in tables(content, "ports"):
        sensors: dict[int, Sensor] = {}
        for index, device in tables(port, "devices"):
            path = ("ports", number, "devices", index)
            name = device.get("driver")
            if isinstance(name, str):
                flaws, found = _device(name, device, path)
                yield from flaws
                sensors |= {} if found is None else {index: found}
        if len(list(tables(port, "devices"))) > 1:
            yield from _shared(sensors, ("ports", number, "devices"))
            yield from _lines(port, sensors, ("ports", number))


def _device(name: str, device: dict[str, Any], path: KeyPath) -> tuple[list[Flaw], Sensor | None]:
    """Return what is wrong with a device, and its sensor where nothing is."""
    try:
        driver = find(name)
    except UnknownDriver as error:
        remedy = f"did you mean {error.likely}?" if error.likely else _LISTED
        return [Flaw((*path, "driver"), f"no driver is called {name!r}", remedy)], None
    except DriverError as error:
        remedy = "install it again, or tell its author"
        return [Flaw((*path, "driver"), error.why, remedy)], None
    flaws = [*_bus(driver, device, path), *_settings(driver, device, path)]
    known: Sensor | None = None
    if not flaws:
        given = {key: device[key] for key in device.keys() & driver.takes.keys()}
        try:
            known = sensor(name, given)
        except BadSetting as error:
            remedy = f"did you mean {error.likely}?" if error.likely else _CORRECT
            flaws.append(Flaw((*path, error.key), error.why, remedy))
        else:
            flaws += _nothing(known.driver, path)
    tailored = driver if known is None else known.driver
    flaws += [*_calibration(tailored, device, path), *_interval(tailored, device, path)]
    return flaws, known


def _nothing(driver: Driver, path: KeyPath) -> list[Flaw]:
    """Find a device of which nothing is stored."""
    if driver.quantities or driver.channels:
        return []
    remedy = "add quantity = …, to the device or to a field of its map"
    return [Flaw(path, "nothing of it is a quantity: nothing is stored", remedy, "warning")]


def _shared(sensors: dict[int, Sensor], path: KeyPath) -> Iterator[Flaw]:
    """Find devices that can't share a port: by their address, or since they speak unasked.

    Several devices may be named where some of them are not known; then nothing is said of these.
    """
    owners: dict[int, int] = {}
    for index, known in sensors.items():
        if known.driver.unasked or "address" not in known.driver.takes:
            why = "speaks without being asked" if known.driver.unasked else "has no address"
            error = f"{known.driver.name} {why}: it can't share its port"
            yield Flaw((*path, index), error, "give it a port of its own")
            continue
        address = known.settings["address"]
        if address in ANYBODY:
            error = f"whoever hangs on the bus answers to address {address}"
            yield Flaw((*path, index, "address"), error, "give each device of a bus its own")
        elif owners.setdefault(address, index) != index:
            error = f"another device of this port has the same address {address}"
            yield Flaw((*path, index, "address"), error, "give each device of a bus its own")


def _lines(port: dict[str, Any], sensors: dict[int, Sensor], path: KeyPath) -> Iterator[Flaw]:
    """Find a bus of which nobody said how fast it is, and whose devices don't agree."""
    for key in ("baudrate", "parity", "stopbits"):
        usual = [getattr(known.driver.line, key) for known in sensors.values()]
        if key not in port and len(set(usual)) > 1:
            error = f"its devices leave the factory with different ones: {_listed(usual)}"
            remedy = f"set them all alike, and say so here; without it, {usual[0]} is used"
            yield Flaw((*path, key), error, remedy, "warning")


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, dict.fromkeys(values)))


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
    for key, setting in driver.takes.items():
        if setting.required and key not in device:
            yield Flaw((*path, key), "missing", f"add {key} = …: {setting.help}")
    for key in device.keys() - _OURS:
        if key not in driver.takes:
            yield unknown_key((*path, key), _OURS.difference(_OF_A_BUS) | driver.takes.keys())
            continue
        try:
            driver.configure({key: device[key]})
        except BadSetting as error:
            setting = driver.takes[key]
            yield Flaw((*path, key), error.why, _remedy(setting, error))


def _remedy(setting: Setting, error: BadSetting) -> str:
    """Say what to do about a wrong value: without it, some settings mean nothing."""
    if error.likely:
        return f"did you mean {error.likely}?"
    if setting.required:
        return _CORRECT
    if setting.default in ("", [], {}):
        return f"correct it, or leave it out: {setting.help}"
    return f"leave it out for {setting.default!r}"


def _calibration(driver: Driver, device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    table = device.get("calibration")
    for name in table if isinstance(table, dict) and driver.quantities else ():
        if name in QUANTITIES and name not in driver.quantities:
            measured = ", ".join(driver.quantities)
            error = f"{driver.name} does not measure {name}"
            yield Flaw((*path, "calibration", name), error, f"it measures {measured}")
