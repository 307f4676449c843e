"""Dialogues: how a sensor is talked to.

A dialogue is a generator. It yields steps to whoever runs it over a port, is sent the frames that
arrive (or has `NoReply` thrown into it), and ends with its result: a streaming sensor and a polled
one look the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from devices.errors import NoReply, Refused
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.command import Command

Fields: TypeAlias = Mapping[str, Any]
"""What stands in a frame, by name, in the sensor's own units; it can be written as JSON."""

Refusal: TypeAlias = "Callable[[Command, Fields], str]"
"""Told a command and what stands in a frame: why the sensor refuses it; empty where it does not."""

PATIENCE: Final = 20
"""Frames that a dialogue passes over while it waits for one of another kind."""


@dataclass(frozen=True, slots=True)
class Received:
    """A frame that arrived, and what stands in it."""

    raw: bytes
    fields: Fields


@dataclass(frozen=True, slots=True)
class Ask:
    """Send `data` and wait for a frame, `within` seconds.

    What had arrived before is dropped first: it can't be the answer.

    Attributes:
        data: The bytes.
        within: Seconds.
        aside: What comes is no part of the sample that the dialogue ends with, and so not its time.
    """

    data: bytes
    within: float
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the next frame, `within` seconds."""

    within: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds; nothing is sent back into the dialogue (`next`).

    Attributes:
        seconds: How long.
        deaf: Frames that come meanwhile are dropped: those of a sensor that warms up.
    """

    seconds: float
    deaf: bool = False


Step: TypeAlias = Ask | Listen | Pause
Dialogue: TypeAlias = Generator[Step, Received, Sample]
"""A dialogue that ends with a sample: `read`."""

Opening: TypeAlias = Generator[Step, Received, None]
"""A dialogue that only prepares: `start`."""

Carried: TypeAlias = Generator[Step, Received, Received | None]
"""A dialogue that ends with the answer to a command."""


def carry_out(
    command: Command, within: float, tries: int = 3, refusal: Refusal | None = None
) -> Generator[Step, Received, Received]:
    """Send a command until its answer is seen, and return that; other frames are passed over.

    Raises:
        NoReply: It was not answered, whatever else came.
        Refused: The answer is a refusal, where it is told what that is.
    """
    for _ in range(tries):
        step: Step = Ask(command.data, within)
        for _ in range(PATIENCE):
            try:
                received = yield step
            except NoReply:
                break
            if refusal is not None and (why := refusal(command, received.fields)):
                raise Refused(why)
            if command.answered_by(received.fields):
                return received
            step = Listen(within)
    raise NoReply(f"{command.name} was not answered")
