"""A dialogue carried out on a port, here and now: for verbs that talk to one sensor once."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self, TypeVar

from devices.dialogue import Ask, Pause, Received, carry_out
from devices.errors import DecodeError, DriverError, NoReply
from devices.framing import Frame, Framer
from gateway.clock import SystemClock
from gateway.edge.port import Port

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from devices.command import Command
    from devices.dialogue import Step
    from devices.driver import Line
    from devices.framing import Piece
    from gateway.config.sensor import Sensor
    from gateway.edge.port import Chunk

IDLE_SECONDS: Final = 0.5
"""A gap within a frame after which the rest of it will never come."""

_MOST_FRAMES: Final = 64
"""Frames that wait for a dialogue which pauses; the oldest go first."""

_WITHIN: Final = 1.0
"""Seconds that an adapter is given to return what was sent."""

_AT_FIRST: Final = 1024
"""Bytes behind a question among which its echo is, where an adapter returns it."""

Result = TypeVar("Result")


class Exchange:
    """A port that is open for as long as the block lasts, and one sensor on it.

    Attributes:
        odd: Whether what it said last contradicts itself, so that nothing of it is to be believed.
    """

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
        self.odd = self._echoes = False
        self._echo = self._first = b""
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

    def send(self, command: Command) -> Received | None:
        """Carry out one of the sensor's own commands; what an adapter returns of it is no answer.

        Some answers repeat their question. There it is first found out whether the adapter does.

        Returns:
            The answer; None for a command that is not answered.

        Raises:
            DriverError: It was not answered, or refused.
            PortGone: The port vanished.
        """
        driver, settings = self._sensor.driver, self._sensor.settings
        self._echoes = self._looks_answered(command) and self._returns_what_is_sent()
        try:
            return self.run(driver.send(command, settings))
        except NoReply as error:
            said = "; what was sent came back, no more" if self._echoes else ""
            raise NoReply(f"{error.why}{said}") from None
        finally:
            self._echoes = False

    # -- within -----------------------------------------------------------------------------

    def _looks_answered(self, command: Command) -> bool:
        """Say whether a command's own bytes would pass for its answer."""
        driver, settings = self._sensor.driver, self._sensor.settings
        frames = [p for p in Framer(self._cutter).feed(command.data) if isinstance(p, Frame)]
        return any(command.answered_by(driver.decode(p.raw, settings)) for p in frames)

    def _returns_what_is_sent(self) -> bool:
        """Ask something harmless, and see whether the question comes back; unasked, it may."""
        driver = self._sensor.driver
        for name in driver.identify:
            question = driver.commands[name]
            with suppress(DriverError):
                self.run(carry_out(question, _WITHIN, tries=1))
            return question.data in self._first
        return True

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
            self._echo = step.data if self._echoes else b""
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
                    fields = self._sensor.driver.decode(raw, self._sensor.settings)
                except DecodeError:
                    continue
                self.odd = self._sensor.driver.belies(fields)
                return Received(raw, fields)
            chunk = self._port.read()
            self._sort(chunk)
            if chunk.now >= until and not self._frames:
                return None

    def _sort(self, chunk: Chunk) -> None:
        self._heard(chunk.data)
        self._first = (self._first + chunk.data)[:_AT_FIRST]
        if chunk.data:
            self._heard_at = chunk.now
            self._keep(self._framer.feed(chunk.data))
        elif chunk.now - self._heard_at > IDLE_SECONDS:
            self._keep(self._framer.end())

    def _keep(self, pieces: list[Piece]) -> None:
        for piece in pieces if self.now >= self._whole_from else ():
            if self._echo and piece.raw == self._echo:
                self._echo = b""
            elif isinstance(piece, Frame):
                self._frames.append(piece.raw)

    def _forget(self) -> None:
        """Drop what came before: it can't be the answer."""
        self._framer = Framer(self._cutter)
        self._frames: deque[bytes] = deque(maxlen=_MOST_FRAMES)
        self._first = b""
        self._heard_at = self._clock.monotonic()
