"""An SN-GCJA5 that streams; its count of the smallest particles carries the number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.simulator.air import Air
from gateway.simulator.plain import Streaming

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Driver

CYCLE: Final = 1000
"""The number travels modulo this, as the band of 0.3-0.5 µm."""


def particles(driver: Driver, seed: int) -> Streaming:
    """Make one."""
    air = Air(seed)

    def measure(at: float, number: int) -> Fields:
        pm2_5 = air.pm2_5(at)
        return {
            "pm1_0": round(pm2_5 * 0.65),
            "pm2_5": round(pm2_5),
            "pm10": round(pm2_5 * 1.3) + 1,
            "n0_5": number % CYCLE,
            "n1_0": round(pm2_5),
            "n2_5": round(pm2_5 * 0.3),
            "n5_0": round(pm2_5 * 0.05),
            "n7_5": 1,
        }

    return Streaming(driver, measure)
