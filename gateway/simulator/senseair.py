"""A SenseAir CO2 sensor; the last two digits of its CO2 carry the number of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.modbus import HOLDING, INPUT
from gateway.simulator.modbus import Bus, Place, Trouble, Unit, address_of

if TYPE_CHECKING:
    from devices.driver import Driver
    from gateway.simulator.air import Air

_ACKNOWLEDGE: Final = 0x00
_SPECIAL: Final = 0x01
_ABC: Final = 0x1F
_BACKGROUND: Final = 0x7C06
_CALIBRATED: Final = 0x20
_CYCLE: Final = 100


class CarbonDioxide(Unit):
    """An S8 or K30.

    Attributes:
        status: What is wrong with it, as the bits of its meter say.
    """

    def __init__(self, driver: Driver, air: Air, trouble: Trouble | None = None) -> None:
        """Breathe this air: where traffic makes dust it makes CO2."""
        super().__init__(address_of(driver), trouble)
        self._air = air
        self.status = 0
        self.written = {_ACKNOWLEDGE: 0, _ABC: 180}

    def hold(self, at: float, number: int) -> dict[Place, int]:
        """Measure, and remember what was written."""
        hundreds = 4 + int(self._air.pm2_5(at)) // 20
        co2 = 0 if self.status else hundreds * _CYCLE + number % _CYCLE
        measured = {(INPUT, place): word for place, word in enumerate((self.status, 0, 0, co2))}
        return measured | {(HOLDING, place): word for place, word in self.written.items()}

    def write(self, register: int, value: int) -> None:
        """Take a setting; a calibration is acknowledged."""
        super().write(register, value)
        if (register, value) == (_SPECIAL, _BACKGROUND):
            self.written[_ACKNOWLEDGE] |= _CALIBRATED


def alone(driver: Driver, air: Air) -> Bus:
    """Return such a sensor on a line of its own."""
    return Bus(driver.line, [CarbonDioxide(driver, air)])
