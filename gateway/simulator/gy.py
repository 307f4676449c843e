"""A GY-MCU680 that streams, or answers; its gas resistance carries the number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gateway.simulator.modes import Modes, Streamer

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Driver

_MODES: Final = Modes(read="read_once", quiet="read_once", loud="continuous")
_DAY: Final = 86400.0
_BASE_OHM: Final = 100_000
CYCLE: Final = 1000
"""The number travels modulo this, in the last three digits of the gas resistance."""

_LEARNING_FRAMES: Final = 100
"""Frames until its index of the air means anything."""


def board(driver: Driver, seed: int) -> Streamer:
    """Make one, which is asked in a room whose day begins at `seed` hours."""

    def measure(at: float, number: int) -> Fields:
        noon = math.sin(math.tau * (at / _DAY + seed / 24))
        return {
            "temp_c": round(28 + 4 * noon, 2),
            "rh_pct": round(75 - 15 * noon, 2),
            "pressure_pa": 100_700 - round(150 * noon),
            "iaq_accuracy": min(3, number // _LEARNING_FRAMES),
            "iaq": 60,
            "gas_ohm": _BASE_OHM + number % CYCLE,
            "altitude_m": 52,
        }

    return Streamer(driver, _MODES, measure, every=3.0)
