"""An instrument that sends text as a config describes it: what it measures goes up and down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from devices.text import TextLine
from gateway.simulator.plain import Answering, Streaming
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from devices.driver import Driver
    from gateway.simulator.sensor import Sensor

_PERIOD_SECONDS: Final = 120.0
_STEP: Final = 0.2
"""By what a counter grows each time."""

_MIDDLE, _SWING = 0.3, 0.02
"""Shares of what is plausible."""


def instrument(driver: Driver, _seed: int) -> Sensor:
    """Make an instrument that answers where it is asked, else speaks each second."""
    if "ask" in driver.commands:
        return Answering(driver, lambda _command, at, number: _measure(driver, at, number))
    return Streaming(driver, lambda at, number: _measure(driver, at, number))


def _measure(driver: Driver, at: float, number: int) -> dict[str, Any]:
    """Say what is measured, as the instrument writes it."""
    fields: dict[str, Any] = {}
    if not isinstance(driver, TextLine):
        return fields
    for name in driver.quantities:
        known, conversion = QUANTITIES[name], driver.conversion(name)
        share = _MIDDLE + _SWING * math.sin(2 * math.pi * at / _PERIOD_SECONDS)
        value = known.low + share * (known.high - known.low)
        raw = (
            number * _STEP if conversion.counter else (value - conversion.offset) / conversion.gain
        )
        fields[name] = round(raw, 1)
    return fields
