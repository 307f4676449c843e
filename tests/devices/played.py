"""A simulated sensor and its driver at the two ends of a line, on a clock of their own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from devices.dialogue import Ask, Pause, Received
from devices.errors import NoReply
from devices.framing import Frame, Framer
from gateway.simulator import catalogue

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from devices.dialogue import Step
    from gateway.config.sensor import Sensor
    from gateway.simulator.sensor import Spoken

Result = TypeVar("Result")


class Line:
    """What both ends see.

    Attributes:
        at: The time, s.
        junk: Bytes that belonged to no frame.
        asked: What was sent to the sensor.
    """

    def __init__(self, device: Sensor, seed: int = 1) -> None:
        """Switch a sensor on that speaks as this driver describes."""
        self.at = 0.0
        self.junk = b""
        self.asked: list[bytes] = []
        self._device = device
        self._sensor = catalogue.build(device.driver, seed)
        self._framer = Framer(device.driver.cutter(device.settings))
        self._frames: deque[bytes] = deque()
        self._sensor.power_on(self.at)

    def rest(self, seconds: float) -> None:
        """Let time pass, and the sensor speak."""
        until = self.at + seconds
        while self._sensor.due() <= until:
            self._speak()
        self.at = until

    def run(self, dialogue: Generator[Step, Received, Result]) -> Result:
        """Run a dialogue to its end.

        Raises:
            DriverError: It ended so.
        """
        try:
            step = next(dialogue)
            while True:
                if isinstance(step, Pause):
                    self.rest(step.seconds)
                    if step.deaf:
                        self._frames.clear()
                    step = next(dialogue)
                    continue
                if isinstance(step, Ask):
                    self._frames.clear()
                    self.asked.append(step.data)
                    self._take(self._sensor.hear(step.data, self.at))
                raw = self._next(step.within)
                if raw is None:
                    step = dialogue.throw(NoReply("silence"))
                else:
                    fields = self._device.driver.decode(raw, self._device.settings)
                    step = dialogue.send(Received(raw, fields))
        except StopIteration as end:
            result: Result = end.value
            return result

    def _next(self, within: float) -> bytes | None:
        until = self.at + within
        while not self._frames:
            if self._sensor.due() > until:
                self.at = until
                return None
            self._speak()
        return self._frames.popleft()

    def _speak(self) -> None:
        self.at = max(self.at, self._sensor.due())
        self._take([self._sensor.speak(self.at)])

    def _take(self, spoken: Iterable[Spoken]) -> None:
        for each in spoken:
            for piece in self._framer.feed(each.data):
                if isinstance(piece, Frame):
                    self._frames.append(piece.raw)
                else:
                    self.junk += piece.raw
