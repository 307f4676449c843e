"""What a simulated sensor is: an object that is told the time and what it hears, and speaks.

It holds no port, no thread and no clock: the player lends it all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.command import Command
    from devices.driver import Line


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a sensor sends in one go.

    Attributes:
        data: The bytes of one frame, line or reply.
        number: The number that this frame carries; None for what carries none.
    """

    data: bytes
    number: int | None = None


class Sensor(Protocol):
    """One sensor; `at` is always the time in seconds, by a clock that never steps."""

    @property
    def line(self) -> Line:
        """The settings of its line."""

    def power_on(self, at: float) -> None:
        """Begin as it leaves the factory: what it was told before the power cut is forgotten."""

    def due(self) -> float:
        """Tell when it speaks next by itself; infinity while it only answers."""

    def speak(self, at: float) -> Spoken:
        """Say what is due."""

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Take bytes from the other end and answer the commands that they complete."""


class Ear:
    """Finds a sensor's commands in what it hears; whatever is none is passed over."""

    def __init__(self, commands: Mapping[str, Command]) -> None:
        """Listen for these commands."""
        self._commands = sorted(commands.values(), key=lambda command: -len(command.data))
        self._heard = b""

    def feed(self, data: bytes) -> list[Command]:
        """Take bytes and return the commands that they complete, in order."""
        found: list[Command] = []
        heard = self._heard + data
        while heard:
            command = next((c for c in self._commands if heard.startswith(c.data)), None)
            if command is not None:
                found.append(command)
                heard = heard[len(command.data) :]
            elif any(command.data.startswith(heard) for command in self._commands):
                break
            else:
                heard = heard[1:]
        self._heard = heard
        return found
