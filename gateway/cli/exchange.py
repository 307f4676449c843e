"""A dialogue carried out on a port, here and now: for verbs that talk to one sensor once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Self, TypeVar

from devices.dialogue import Ask, Pause, Received
from devices.errors import DecodeError, NoReply
from devices.framing import Frame, Framer
from gateway.clock import SystemClock
from gateway.edge.port import Port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from devices.dialogue import Step
    from devices.driver import Line
    from devices.framing import Piece
    from gateway.config.sensor import Sensor
    from gateway.edge.port import Chunk

IDLE_SECONDS: Final = 0.5
"""A gap within a frame after which the rest of it will never come."""

_MOST_FRAMES: Final = 64
"""Frames that wait for a dialogue which pauses; the oldest go first."""

Result = TypeVar("Result")


class Exchange:
    """A port that is open for as long as the block lasts, and one sensor on it."""

    def __init__(
        self,
        url: str,
        line: Line,
        sensor: Sensor,
        heard: Callable[[bytes], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            url: Anything that `serial_for_url` opens.
            line: How the port is set.
            sensor: Who is there.
            heard: Told all bytes that are read, and an empty portion each time that none came.
        """
        self._clock = SystemClock()
        self._port = Port(url, line, self._clock)
        self._heard = heard or (lambda _: None)
        self._whole_from = 0.0
        self.turn_to(sensor)

    def __enter__(self) -> Self:
        """Open the port.

        Raises:
            PortBusy: Another process holds it.
            PortDenied: This user may not open it.
            PortGone: It is not there, or can't be set up.
        """
        self._port.open()
        self._forget()
        self._whole_from = self.now + self._sensor.driver.rest_seconds
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._port.close()

    @property
    def now(self) -> float:
        """Seconds, by a clock that never steps."""
        return self._clock.monotonic()

    def turn_to(self, sensor: Sensor) -> None:
        """Talk to another sensor from now on."""
        self._sensor = sensor
        self._cutter = sensor.driver.cutter(sensor.settings)
        self._forget()

    def listen(self) -> None:
        """Wait a moment for bytes.

        Raises:
            PortGone: The port vanished.
        """
        self._sort(self._port.read())

    def run(self, dialogue: Generator[Step, Received, Result]) -> Result:
        """Carry a dialogue out to its end.

        Raises:
            DriverError: Whatever the dialogue ends with.
            PortGone: The port vanished meanwhile.
        """
        try:
            step = next(dialogue)
            while True:
                step = self._take(dialogue, step)
        except StopIteration as end:
            result: Result = end.value
            return result

    # -- within -----------------------------------------------------------------------------

    def _take(self, dialogue: Generator[Step, Received, Result], step: Step) -> Step:
        """Do what a step says, and return the next one."""
        if isinstance(step, Pause):
            until = self.now + step.seconds
            while self.now < until:
                self.listen()
            if step.deaf:
                self._frames.clear()
            return next(dialogue)
        if isinstance(step, Ask):
            self._forget()
            self._port.ask(step.data)
        received = self._receive(step.within)
        if received is None:
            return dialogue.throw(NoReply(f"nothing within {step.within:g} s"))
        return dialogue.send(received)

    def _receive(self, within: float) -> Received | None:
        """Wait for a frame that can be read."""
        until = self.now + within
        while True:
            while self._frames:
                raw = self._frames.popleft()
                try:
                    return Received(raw, self._sensor.driver.decode(raw, self._sensor.settings))
                except DecodeError:
                    continue
            chunk = self._port.read()
            self._sort(chunk)
            if chunk.now >= until and not self._frames:
                return None

    def _sort(self, chunk: Chunk) -> None:
        self._heard(chunk.data)
        if chunk.data:
            self._heard_at = chunk.now
            self._keep(self._framer.feed(chunk.data))
        elif chunk.now - self._heard_at > IDLE_SECONDS:
            self._keep(self._framer.end())

    def _keep(self, pieces: list[Piece]) -> None:
        if self.now >= self._whole_from:
            self._frames.extend(piece.raw for piece in pieces if isinstance(piece, Frame))

    def _forget(self) -> None:
        """Drop what came before: it can't be the answer."""
        self._framer = Framer(self._cutter)
        self._frames: deque[bytes] = deque(maxlen=_MOST_FRAMES)
        self._heard_at = self._clock.monotonic()
