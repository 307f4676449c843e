"""A config as the process reads it: defaults filled in, secrets hidden."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import tomlkit

from gateway.config.collector import load_collector
from gateway.config.document import read_or_refuse
from gateway.config.load import load_gateway
from gateway.config.sensor import sensor_of

if TYPE_CHECKING:
    import os

    from gateway.config.gateway import DeviceConfig, PortConfig

_SECRET: Final = re.compile(r"(^|_)(password|passwd|secret|token|pin|key)$", re.IGNORECASE)
HIDDEN: Final = "(hidden)"


def resolve(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Load a config and give every key that holds a value.

    Raises:
        ConfigError: The file has mistakes.
    """
    if "collector" in read_or_refuse(path).content:
        return hide(load_collector(path).model_dump(mode="json", exclude_none=True))
    config = load_gateway(path)
    table = config.model_dump(mode="json", exclude_none=True)
    table["ports"] = [_port(port) for port in config.ports]
    return hide(table)


def as_json(path: str | os.PathLike[str]) -> str:
    """Write the resolved config as JSON."""
    return json.dumps(resolve(path), ensure_ascii=False, indent=2) + "\n"


def as_toml(path: str | os.PathLike[str]) -> str:
    """Write the resolved config as TOML that means the same."""
    return tomlkit.dumps(resolve(path))


def _port(port: PortConfig) -> dict[str, Any]:
    """Fill in what the drivers know of a port and its devices."""
    lines = [asdict(sensor_of(device).driver.line) for device in port.devices[:1]]
    said = port.model_dump(mode="json", exclude_none=True)
    devices = [_device(device) for device in port.devices]
    return {"url": port.url, **dict(*lines), **said, "devices": devices}


def _device(device: DeviceConfig) -> dict[str, Any]:
    sensor = sensor_of(device)
    interval = device.usual_interval(traffic=bool(sensor.driver.channels))
    whole = device.model_copy(update={"interval": interval})
    shown = whole.model_dump(mode="json", exclude_none=True, exclude={"settings"})
    return shown | dict(sensor.settings)


def hide(table: dict[str, Any]) -> dict[str, Any]:
    """Replace what may be a secret; `password_file` only names a file, and stays."""
    return {key: HIDDEN if _SECRET.search(key) else _inside(table[key]) for key in table}


def _inside(value: object) -> object:
    if isinstance(value, dict):
        return hide(value)
    return [_inside(each) for each in value] if isinstance(value, list) else value
