"""Each driver as one device of it: told what it can't do without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.config.sensor import sensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.config.sensor import Sensor

NEEDED: Final[dict[str, dict[str, Any]]] = {
    "hilink.ld2451": {"watches": "both"},
    "modbus": {"register": 0, "quantity": "temperature"},
    "modbus.map": {"map": "renke.sn3002"},
    "text.line": {"json": True, "keys": {"temperature": "t", "humidity": "rh"}},
}
"""Driver to the fewest settings that it needs, where it needs any."""


def told(name: str, given: Mapping[str, Any] | None = None) -> Sensor:
    """Return a device of that driver, with these settings or the fewest that it needs.

    Args:
        name: The driver's; `modbus.map:MAP` names its map, too.
        given: Its settings.
    """
    return sensor(name, NEEDED.get(name, {}) if given is None else given)
