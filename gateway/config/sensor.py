"""One device's sensor: its driver as the config makes it, and what the driver is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.registry import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.driver import Driver, Settings
    from gateway.config.gateway import DeviceConfig

_OF_A_BUS = ("address", "map")
_MAP: Final = ":"


@dataclass(frozen=True, slots=True)
class Sensor:
    """A driver made for one device, and the settings that made it so."""

    driver: Driver
    settings: Settings


def sensor(name: str, given: Mapping[str, Any]) -> Sensor:
    """Return the sensor of that name, told these settings.

    Args:
        name: Its driver's; of a map of registers also `modbus.map:MAP`.
        given: What the driver is told; what is left out is what the driver, or the map, says.

    Raises:
        UnknownDriver: No driver is called so.
        BadSetting: It does not take a setting, or not such a value; or its map has a mistake.
        DriverError: It can't be loaded.
    """
    name, _, registers = name.partition(_MAP)
    if registers:
        given = {**given, "map": registers}
    driver = find(name)
    settings = driver.configure(given)
    if "map" in driver.takes:
        from gateway.config import maps  # noqa: PLC0415 - half a megabyte that few gateways need

        settings = {**settings, "map": maps.find(settings["map"])}
    tailored = driver.tailored(settings)
    own = {key: each.default for key, each in tailored.takes.items() if key not in given}
    return Sensor(tailored, {**settings, **own})


def sensor_of(device: DeviceConfig) -> Sensor:
    """Return the sensor of a device in a config.

    Raises:
        UnknownDriver: No driver is called so.
        BadSetting: It does not take a setting, or not such a value.
        DriverError: It can't be loaded.
    """
    bus = {key: getattr(device, key) for key in _OF_A_BUS}
    return sensor(
        device.driver, device.settings | {key: bus[key] for key in bus if bus[key] is not None}
    )
