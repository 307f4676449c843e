"""Particle sensors of Honeywell that stream, stop and answer; PM10 carries the number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.simulator.air import Air
from gateway.simulator.modes import Modes, Streamer

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Driver

CYCLE: Final = 100
"""The number travels modulo this, in the last two digits of PM10."""

_MODES: Final = Modes(
    quiet="stop_auto_send",
    loud="enable_auto_send",
    sleep="stop_measurement",
    wake="start_measurement",
    asked={"mode": "read"},
    unasked={"mode": "auto_send"},
    answers={"read_coefficient": {"coefficient": 100}},
)


def particles(driver: Driver, seed: int) -> Streamer:
    """Make an HPMA115S0 or HPMA115C0."""
    air = Air(seed)

    def measure(at: float, number: int) -> Fields:
        pm2_5 = round(air.pm2_5(at))
        return {
            "pm1_0_ugm3": round(pm2_5 * 0.65),
            "pm2_5_ugm3": pm2_5,
            "pm4_0_ugm3": round(pm2_5 * 1.1),
            "pm10_ugm3": (round(pm2_5 * 1.3) // CYCLE + 1) * CYCLE + number % CYCLE,
        }

    return Streamer(driver, _MODES, measure)
