"""What a driver is: the description of how one kind of sensor speaks.

A dialogue is a generator. It yields steps to whoever runs it over a port, is sent the frames that
arrive (or has `NoReply` thrown into it), and ends with its result: a streaming sensor and a polled
one look the same.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Container, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from devices.errors import BadSetting, NoReply

if TYPE_CHECKING:
    from devices.cutters import Cutter

Fields: TypeAlias = Mapping[str, Any]
"""What stands in a frame, by name, in the sensor's own units; it can be written as JSON."""

Settings: TypeAlias = Mapping[str, Any]
"""What a driver was told about one device, by name."""

Proof: TypeAlias = Literal["capture", "example", "documents"]
"""What a driver was checked against: bytes from a real sensor, the maker's worked examples, or
documents only."""

PATIENCE: Final = 20
"""Frames that a dialogue passes over while it waits for one of another kind."""


@dataclass(frozen=True, slots=True)
class Line:
    """The settings of a serial line; always 8 data bits."""

    baudrate: int
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1

    @property
    def byte_seconds(self) -> float:
        """How long one byte takes, start, parity and stop bits included."""
        return (9 + (self.parity != "N") + self.stopbits) / self.baudrate


@dataclass(frozen=True, slots=True)
class Detection:
    """One object seen by a traffic sensor in one frame.

    Attributes:
        channel: The lane or direction.
        speed: km/h, a magnitude.
        distance: m.
        signal: How strong its echo was, in the sensor's own unit.
    """

    channel: str
    speed: float | None = None
    distance: float | None = None
    signal: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one frame or exchange measured.

    Attributes:
        values: Quantity to value in the unit of the quantity table; None is a missing value.
        detections: Objects, for a traffic sensor; none is a measurement too: nobody is there.
        fault: What the sensor says is broken, while it goes on measuring; empty when nothing is.
    """

    values: Mapping[str, float | None] = field(default_factory=dict)
    detections: tuple[Detection, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A frame that arrived, and what stands in it."""

    raw: bytes
    fields: Fields


@dataclass(frozen=True, slots=True)
class Ask:
    """Send `data` and wait for a frame, `within` seconds.

    What had arrived before is dropped first: it can't be the answer.
    """

    data: bytes
    within: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for the next frame, `within` seconds."""

    within: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds; nothing is sent back into the dialogue (`next`)."""

    seconds: float


Step: TypeAlias = Ask | Listen | Pause
Dialogue: TypeAlias = Generator[Step, Received, Sample]
"""A dialogue that ends with a sample: `read`."""

Opening: TypeAlias = Generator[Step, Received, None]
"""A dialogue that only prepares: `start`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One of a sensor's own commands.

    Attributes:
        name: Its name in `device send`.
        data: The bytes to send.
        help: What it does.
        dangerous: It changes what outlives a power cut, or costs calibration, address or line
            settings: never sent without a person.
        reply: Fields that its answer bears, None standing for any value; empty: any frame is the
            answer; None itself: it is not answered.
    """

    name: str
    data: bytes
    help: str
    dangerous: bool = False
    reply: Fields | None = None

    def answered_by(self, fields: Fields) -> bool:
        """Say whether a frame with these fields is the answer to this command."""
        return self.reply is not None and all(
            name in fields and value in (None, fields[name]) for name, value in self.reply.items()
        )


def by_name(*commands: Command) -> dict[str, Command]:
    """Index commands by their names."""
    return {command.name: command for command in commands}


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a driver must or may be told about a device.

    Attributes:
        default: Its value where none is given; the type of a given value is this one's.
        allowed: The values it may have.
        help: What it means.
    """

    default: bool | int | float | str
    allowed: Container[object]
    help: str


@dataclass(frozen=True, kw_only=True)
class Driver(ABC):
    """How one kind of sensor speaks: it holds no port, no clock and no state.

    Attributes:
        name: `maker.model`.
        line: The line settings it leaves the factory with.
        quantities: The quantities of its samples, in their order; empty for a traffic sensor.
        channels: Its directions or lanes, for a traffic sensor.
        every: Seconds between two samples, as far as it is known.
        warmup_seconds: Seconds after power-on or wake that its values are not to be trusted.
        takes: The settings it takes.
        commands: The sensor's own commands.
        proof: What it was checked against.
        document: Where the protocol is written down: maker, document, revision.
    """

    name: str
    line: Line
    quantities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    every: float | None = None
    warmup_seconds: float = 0.0
    takes: Mapping[str, Setting] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    proof: Proof
    document: str

    @abstractmethod
    def cutter(self, settings: Settings, /) -> Cutter:
        """Return the cutter that finds this sensor's frames."""

    @abstractmethod
    def decode(self, frame: bytes, settings: Settings, /) -> dict[str, Any]:
        """Read the fields of a frame that the cutter has verified.

        Raises:
            DecodeError: The frame makes no sense.
        """

    @abstractmethod
    def encode(self, fields: Fields, /) -> bytes:
        """Write the frame that `decode` reads these fields from; a field not given is zero."""

    @abstractmethod
    def sample(self, fields: Fields, settings: Settings, /) -> Sample | None:
        """Turn fields into a sample; None for a frame that measures nothing, such as a reply.

        Raises:
            NotReady: The sensor does not measure yet.
            DeviceFault: The sensor is broken and gives no measurement.
        """

    def start(self, _settings: Settings, /) -> Opening:
        """Prepare the sensor; runs on each opening of the port. Most need nothing."""
        yield from ()

    def read(self, settings: Settings, /) -> Dialogue:
        """Take the next sample of a streaming sensor.

        A sensor that falls silent is prepared again: someone may have put it to sleep.

        Raises:
            NoReply: Nothing came, or nothing that is a sample.
        """
        try:
            return (yield from self.listen(settings))
        except NoReply:
            yield from self.start(settings)
            raise

    def listen(self, settings: Settings, /) -> Dialogue:
        """Wait for a sample; other frames are passed over.

        Raises:
            NoReply: Nothing came, or nothing that is a sample.
        """
        for _ in range(PATIENCE):
            received = yield Listen(within=5.0)
            sample = self.sample(received.fields, settings)
            if sample is not None:
                return sample
        raise NoReply(f"{PATIENCE} frames without a measurement")

    def configure(self, given: Settings, /) -> Settings:
        """Check settings and complete them with the defaults.

        Raises:
            BadSetting: With the key that is unknown, of a wrong type or out of range.
        """
        for key, value in given.items():
            setting = self.takes.get(key)
            if setting is None:
                raise self._unknown(key)
            if type(value) is not type(setting.default) or value not in setting.allowed:
                raise BadSetting(
                    key, f"{self.name} does not take {key} = {value!r}: {setting.help}"
                )
        return {key: given.get(key, setting.default) for key, setting in self.takes.items()}

    def _unknown(self, key: str) -> BadSetting:
        likely = next(iter(difflib.get_close_matches(key, self.takes, n=1)), "")
        known = ", ".join(self.takes) or "none"
        return BadSetting(key, f"{self.name} has no setting {key}; it takes: {known}", likely)


def carry_out(
    command: Command, within: float, tries: int = 3
) -> Generator[Step, Received, Received]:
    """Send a command until its answer is seen, and return that; other frames are passed over.

    Raises:
        NoReply: It was not answered, whatever else came.
    """
    for _ in range(tries):
        step: Step = Ask(command.data, within)
        for _ in range(PATIENCE):
            try:
                received = yield step
            except NoReply:
                break
            if command.answered_by(received.fields):
                return received
            step = Listen(within)
    raise NoReply(f"{command.name} was not answered")
