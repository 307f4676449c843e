"""Sensors of Cubic, CO2 and dust, which answer when they are asked.

The last two digits of CO2 carry the number; of dust it is a word that nobody knows the meaning of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.simulator.air import Air
from gateway.simulator.plain import Answering

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver

CYCLE: Final = 100
"""The number travels modulo this."""

_SETTINGS: Final[dict[str, Fields]] = {
    "read_abc": {"abc": True},
    "version": {"version": "CM V0.0.20 "},
    "serial_number": {"serial": "20-2411-7-0-815"},
    "open": {"data_hex": "02"},
    "close": {"data_hex": "01"},
}
"""What stands in an answer, where more than the command does."""


def sensor(driver: Driver, seed: int) -> Answering:
    """Make a CM1106 or a PM1006."""
    air = Air(seed)
    measure = _co2 if "co2" in driver.quantities else _dust

    def answer(command: Command, at: float, number: int) -> Fields | None:
        known = _SETTINGS.get(command.name, {})
        return {**(command.reply or {}), **measure(air.pm2_5(at), number), **known}

    return Answering(driver, answer)


def _co2(pm2_5: float, number: int) -> Fields:
    return {"co2_ppm": (4 + int(pm2_5) // 20) * CYCLE + number % CYCLE, "counter": number % 256}


def _dust(pm2_5: float, number: int) -> Fields:
    return {
        "pm1_0_ugm3": round(pm2_5 * 0.65),
        "pm2_5_ugm3": round(pm2_5),
        "pm10_ugm3": round(pm2_5 * 1.3) + 1,
        "df7_8": number % CYCLE,
    }
