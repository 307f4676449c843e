"""Devices on a Modbus bus that answer by their register maps, and what can be wrong with them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from devices import modbus, modbus_map
from devices.checksums import crc16_modbus
from devices.modbus import ANYBODY, HOLDING, INPUT, WRITE
from devices.modbus_drivers import Modbus
from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devices.driver import Driver, Line
    from devices.modbus_map import Entry

_QUESTION: Final = 8
"""Bytes of all that is heard here: questions for registers, and writes of one."""

_NO_FUNCTION: Final = 1
_NO_REGISTER: Final = 2

_TYPICAL: Final = {
    "temperature": 27.0,
    "humidity": 70.0,
    "pressure": 1008.0,
    "wind_speed": 2.0,
    "wind_direction": 135.0,
    "sound_level": 58.0,
    "illuminance": 30000.0,
    "solar": 400.0,
    "distance": 1.8,
    "pm2_5": 18.0,
    "pm10": 30.0,
    "co2": 440.0,
}
"""What is measured of a quantity, about; of any other it is 20."""

_STEPS: Final = 10
"""Different values that follow each other."""

Place: TypeAlias = tuple[int, int]
"""A function and a register."""


@dataclass
class Trouble:
    """What is wrong with one device.

    Attributes:
        dead: It answers nothing.
        late: Seconds until each of its answers.
        behind: How many questions its answers are behind.
        busy: How many questions more it only says to be busy.
    """

    dead: bool = False
    late: float = 0.0
    behind: int = 0
    busy: int = 0


class Unit(ABC):
    """One device; what stands in its registers says `hold`.

    Attributes:
        address: Its address.
        trouble: What is wrong with it; may be changed at any time.
        asked: How many questions it was asked.
        written: What was written to its registers.
    """

    def __init__(self, address: int, trouble: Trouble | None = None) -> None:
        """Hang on a bus under this address."""
        self.address = address
        self.trouble = trouble or Trouble()
        self.asked = 0
        self.written: dict[int, int] = {}
        self._kept: deque[bytes] = deque()

    @abstractmethod
    def hold(self, at: float, number: int) -> dict[Place, int]:
        """Say what stands in its registers.

        Args:
            at: The time, s.
            number: The number of the question.
        """

    def write(self, register: int, value: int) -> None:
        """Take what is written to a register."""
        self.written[register] = value

    def hear(self, question: bytes, at: float) -> bytes:
        """Answer a question, a write, or nothing."""
        if self.trouble.dead or question[0] not in {self.address, *ANYBODY}:
            return b""
        self.asked += 1
        answer = self._answer(question, at)
        self._kept.append(answer)
        return self._kept.popleft() if len(self._kept) > self.trouble.behind else b""

    def _answer(self, question: bytes, at: float) -> bytes:
        address, function = question[:2]
        register, operand = int.from_bytes(question[2:4]), int.from_bytes(question[4:6])
        if self.trouble.busy:
            self.trouble.busy -= 1
            return modbus.encode({"address": address, "function": function, "exception": 6})
        if function == WRITE:
            self.write(register, operand)
            return question
        held = self.hold(at, self.asked)
        words = [held.get((function, register + place)) for place in range(operand)]
        known = [word for word in words if word is not None]
        answer = {"address": address, "function": function}
        if not known or len(known) < len(words):
            served = any(each == function for each, _ in held)
            code = _NO_REGISTER if served else _NO_FUNCTION
            return modbus.encode({**answer, "exception": code})
        return modbus.encode({**answer, "registers": known})


class Mapped(Unit):
    """A device as its driver describes it; without a map, each register bears its own number."""

    def __init__(self, driver: Modbus, trouble: Trouble | None = None) -> None:
        """Hang on a bus under the driver's address."""
        super().__init__(address_of(driver), trouble)
        self._blocks = driver.blocks
        self._orders = driver.registers.orders

    def hold(self, at: float, number: int) -> dict[Place, int]:
        """Measure what is usual of each quantity, and a little more each time."""
        del at
        held = {(order.function, order.register + place): 0
                for order in self._orders if order.function in {HOLDING, INPUT}
                for place in range(order.operand)}  # fmt: skip
        for block in self._blocks:
            fields = {entry.field: _measure(entry, number) for entry in block.entries}
            words = modbus_map.write(block, fields)
            begin = block.question.register
            if not block.entries:
                words = list(range(begin, begin + block.question.count))
            held |= {
                (block.question.function, begin + place): word for place, word in enumerate(words)
            }
        return held


class Bus:
    """Several devices behind one adapter, which may hear itself."""

    def __init__(self, line: Line, units: Sequence[Unit], *, echo: bool = False) -> None:
        """Put devices on a line; with `echo` every question comes back first."""
        self._line = line
        self._units = tuple(units)
        self._echo = echo
        self._heard = b""
        self._late: list[tuple[float, bytes]] = []
        self._number = 0

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._line

    def power_on(self, at: float) -> None:
        """Wait for questions."""
        del at
        self._heard = b""
        self._late.clear()

    def due(self) -> float:
        """Tell when the next late answer is due."""
        return min((due for due, _ in self._late), default=math.inf)

    def speak(self, at: float) -> Spoken:
        """Give a late answer."""
        del at
        first = min(self._late)
        self._late.remove(first)
        return Spoken(first[1])

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Let each device answer what it is asked."""
        spoken = [Spoken(data)] if self._echo else []
        self._heard += data
        while len(self._heard) >= _QUESTION:
            question = self._heard[:_QUESTION]
            if crc16_modbus(question):
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[_QUESTION:]
            spoken += self._ask(question, at)
        return spoken

    def _ask(self, question: bytes, at: float) -> list[Spoken]:
        answers: list[Spoken] = []
        for unit in self._units:
            answer = unit.hear(question, at)
            if answer and unit.trouble.late:
                self._late.append((at + unit.trouble.late, answer))
            elif answer:
                self._number += 1
                answers.append(Spoken(answer, self._number))
        return answers


def address_of(driver: Driver) -> int:
    """Return the address that a driver asks; 1 where it was told none."""
    address = driver.takes["address"].default
    return address if isinstance(address, int) and address else 1


def alone(driver: Driver) -> Bus:
    """Return a bus with the one device that a tailored driver describes.

    Raises:
        TypeError: It describes none.
    """
    if not isinstance(driver, Modbus):
        message = f"{driver.name} is no driver of registers"
        raise TypeError(message)
    return Bus(driver.line, [Mapped(driver)])


def _measure(entry: Entry, number: int) -> float:
    """Return a value in the entry's own unit."""
    step = number % _STEPS * entry.scale
    if entry.counter:
        return number * entry.scale
    if not entry.quantity:
        return 0.0
    return (_TYPICAL.get(entry.quantity, 20.0) - entry.shift) / entry.factor + step
