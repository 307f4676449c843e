"""One device's sensor: its driver as the config makes it, and what the driver is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devices.registry import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.driver import Driver, Settings
    from gateway.config.gateway import DeviceConfig

_OF_A_BUS = ("address", "map")


@dataclass(frozen=True, slots=True)
class Sensor:
    """A driver made for one device, and the settings that made it so."""

    driver: Driver
    settings: Settings


def sensor(name: str, given: Mapping[str, Any]) -> Sensor:
    """Return the sensor of that name, told these settings.

    Raises:
        UnknownDriver: No driver is called so.
        BadSetting: It does not take a setting, or not such a value.
        DriverError: It can't be loaded.
    """
    driver = find(name)
    settings = driver.configure(given)
    return Sensor(driver.tailored(settings), settings)


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
