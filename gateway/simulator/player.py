"""The player: gives a simulated sensor a line, a clock and a thread, and remembers what it said."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.simulator.troubles import BadLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.simulator.sensor import Sensor, Spoken
    from gateway.simulator.uart import Uart

_GLANCE: Final = 0.02
"""Seconds at most until a command, an order or somebody opening the port is noticed."""

_CHUNK_SECONDS: Final = 0.004
"""Bytes arrive in portions of this length, as a USB adapter hands them over."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One frame that was sent, successfully or not.

    Attributes:
        number: The number that it carried.
        began: When its first byte was due, seconds of CLOCK_BOOTTIME.
        ended: When its last byte was in the port.
        whole: Whether all of it got into the port, unspoilt.
        heard: Whether somebody had the port open from its first to its last byte.
    """

    number: int
    began: float
    ended: float
    whole: bool
    heard: bool


class Player:
    """Plays one sensor in a thread until it is stopped; all methods may be called from outside.

    Attributes:
        name: The sensor's name, and its thread's.
        sent: Every frame with a number, in order; only ever appended to.
        presence: Each moment when somebody opened (True) or left (False) the port.
    """

    def __init__(self, name: str, sensor: Sensor, uart: Uart, line: BadLine | None = None) -> None:
        """Prepare to play `sensor` on `uart`, over a line that may be bad."""
        self.name = name
        self.sent: list[Sent] = []
        self.presence: list[tuple[float, bool]] = []
        self._sensor = sensor
        self._uart = uart
        self._line = line or BadLine(seed=0)
        self._silent = False
        self._orders: deque[tuple[Callable[[], None], threading.Event]] = deque()
        self._answers: list[Spoken] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Switch the sensor on."""
        self._thread.start()

    def stop(self) -> None:
        """Switch it off and unplug it, for good."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._uart.unplug()

    def unplug(self) -> None:
        """Pull the plug, in the middle of a frame if need be."""
        self._order(self._uart.unplug)

    def plug(self) -> None:
        """Plug it in again: the sensor powers on anew."""
        self._order(self._plug)

    def trouble(self, line: BadLine) -> None:
        """Go on over another line."""

        def change() -> None:
            self._line = line

        self._order(change)

    def silence(self, *, silent: bool) -> None:
        """Say nothing, or speak again."""

        def change() -> None:
            self._silent = silent

        self._order(change)

    def _order(self, action: Callable[[], None]) -> None:
        """Have the thread do something, and wait until it has."""
        done = threading.Event()
        self._orders.append((action, done))
        while self._thread.is_alive() and not done.wait(_GLANCE):
            pass

    def _plug(self) -> None:
        self._uart.plug()
        self._sensor.power_on(now())

    def _run(self) -> None:
        self._sensor.power_on(now())
        while not self._stopping.is_set():
            self._wait(min(self._sensor.due(), now() + _GLANCE))
            answers, self._answers = self._answers, []
            for spoken in answers:
                self._say(spoken)
            if self._uart.plugged and self._sensor.due() <= now():
                self._say(self._sensor.speak(now()))

    def _wait(self, until: float) -> None:
        """Let time pass, at least once round: orders, commands, and who has the port open."""
        while True:
            while self._orders:
                action, done = self._orders.popleft()
                action()
                done.set()
            opened = self._notice_presence()
            left = until - now()
            within = min(max(0.0, left), _GLANCE)
            if opened:
                data = self._uart.read(within)
                self._answers += self._sensor.hear(data, now()) if data else []
            elif within:
                self._stopping.wait(within)
            if left <= within or self._stopping.is_set():
                return

    def _notice_presence(self) -> bool:
        opened = self._uart.opened
        if opened != (bool(self.presence) and self.presence[-1][1]):
            self.presence.append((now(), opened))
        return opened

    def _say(self, spoken: Spoken) -> None:
        """Send at the pace of the line; what happens meanwhile happens in the middle of it."""
        if self._silent:
            return
        began = now()
        data, whole = spoken.data, True
        if spoken.number is not None:  # a lost answer would only show how patient a driver is
            data, whole = self._line.carry(data)
        byte_seconds = self._sensor.line.byte_seconds
        size = max(1, round(_CHUNK_SECONDS / byte_seconds))
        heard = True
        for at in range(0, len(data), size):
            chunk = data[at : at + size]
            self._wait(began + (at + len(chunk)) * byte_seconds)
            heard = self._uart.opened and heard
            whole = self._uart.write(chunk) == len(chunk) and whole
        if spoken.number is not None:
            self.sent.append(Sent(spoken.number, began, now(), whole, heard))


def now() -> float:
    """Read CLOCK_BOOTTIME, which no one can set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
