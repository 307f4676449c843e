"""The wind at a corner: it blows in gusts, and now and then not at all."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.plain import Streaming

if TYPE_CHECKING:
    from devices.driver import Driver

_TURN_SECONDS: Final = 600.0
"""How long the wind takes to come from everywhere once."""

_GUST_SECONDS: Final = 37.0
_CALM_BELOW: Final = 0.05
"""m/s below which an anemometer gives no direction."""


def anemometer(driver: Driver, seed: int) -> Streaming:
    """Make an anemometer, in m/s, that is whole."""
    chance = random.Random(seed)  # noqa: S311 - a signal, not a secret

    def measure(at: float, _number: int) -> dict[str, Any]:
        gust = 1 + math.sin(2 * math.pi * at / _GUST_SECONDS)
        speed = round(max(0.0, 2.5 * gust + chance.gauss(0.0, 0.3)), 2)
        degrees = round(360 * at / _TURN_SECONDS + chance.gauss(0.0, 8.0)) % 360
        return {
            "wind_speed": speed,
            "wind_dir_deg": None if speed < _CALM_BELOW else degrees,
        }

    return Streaming(driver, measure)
