"""What a driver is: the description of how one kind of sensor speaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from devices.dialogue import PATIENCE, Ask, Listen, carry_out
from devices.errors import BadSetting, NoReply

if TYPE_CHECKING:
    from devices.command import Command
    from devices.cutters import Cutter
    from devices.dialogue import Carried, Dialogue, Fields, Opening
    from devices.sample import Sample

Settings: TypeAlias = Mapping[str, Any]
"""What a driver was told about one device, by name."""

Proof: TypeAlias = Literal["capture", "example", "documents"]
"""What a driver was checked against: bytes from a real sensor, the maker's worked examples, or
documents only."""


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


_ANSWERED: Final = 2.0
"""Seconds that an answer to a command may take."""

_SETTLED: Final = 0.2
"""Seconds after a command that is not answered until it counts as done."""

SUMS: Final = ("speed_sum", "speed_square_sum", "speed_inverse_sum")
"""What a traffic sensor adds up as a rule, beside counting: it measures the speed of each."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a driver must or may be told about a device.

    Attributes:
        default: Its value where none is given; the type of a given value is this one's.
        allowed: The values it may have.
        help: What it means.
        required: Whether a device in a config can't do without.
        initial: What a config says that is newly made, where that is not the default.
    """

    default: bool | int | float | str | list[str] | dict[str, Any]
    allowed: Container[object]
    help: str
    required: bool = False
    initial: str | int | None = None


@dataclass(frozen=True, kw_only=True)
class Driver(ABC):
    """How one kind of sensor speaks: it holds no port, no clock and no state.

    Attributes:
        name: `maker.model`.
        line: The line settings it leaves the factory with.
        lines: Other line settings that it may have been set to, the likeliest first.
        quantities: The quantities of its samples, in their order; empty for a traffic sensor.
        channels: Its directions or lanes, for a traffic sensor.
        sums: The sums that an interval of it bears beside the counts, for a traffic sensor;
            `speed_sum` together with `speed_square_sum` brings the speed bins, `count_light` and
            its like the classes.
        gap_seconds: Seconds without a detection after which a vehicle has passed, for a traffic
            sensor that measures no distance along the road.
        unasked: Whether it speaks whenever something happens though it has an address: on a line
            with others it would speak into their answers, while nobody listens to it.
        every: Seconds between two samples, as far as it is known; between two questions at least,
            to one that only answers.
        warmup_seconds: Seconds after power-on or wake that its values are not to be trusted.
        lapse_seconds: Seconds without a frame after which one that streams may have had no power,
            so that it is prepared again and warms up; None: five times `every`, 1 s at least.
        rest_seconds: Seconds after the port was opened, or nobody has read it, within which the
            rest of a frame may come that looks like a whole one: nothing guards its beginning.
        takes: The settings it takes.
        commands: The sensor's own commands.
        proves: Whether `start` is what makes its samples believable: it runs again after whatever
            went wrong.
        unit_told: Whether `start` tells it the unit of its values: once it has taken that, it is
            believed behind a silence only when it has taken it again.
        identify: Which of them are harmless to any sensor on the line and answered by this one
            alone, or by few: they tell it apart without waiting. Empty for one that only streams.
        proof: What it was checked against.
        document: Where the protocol is written down: maker, document, revision.
    """

    name: str
    line: Line
    lines: tuple[Line, ...] = ()
    quantities: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sums: tuple[str, ...] = SUMS
    gap_seconds: float = 1.0
    unasked: bool = False
    every: float | None = None
    warmup_seconds: float = 0.0
    lapse_seconds: float | None = None
    rest_seconds: float = 0.0
    takes: Mapping[str, Setting] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    proves: bool = False
    unit_told: bool = False
    identify: tuple[str, ...] = ()
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

    def tailored(self, _settings: Settings, /) -> Driver:
        """Return this driver as these settings make it.

        A map makes its quantities, an address its commands: whoever talks to one device, or wants
        to know what it measures, begins here.
        """
        return self

    def fits(self, _fields: Fields, /) -> bool:
        """Say whether this sensor can have sent these fields.

        Others may send frames of the same form: what this one never says, such as a temperature of
        600 °C, tells them apart where nothing else does.
        """
        return True

    def belies(self, _fields: Fields, /) -> bool:
        """Say whether these fields can't be this sensor's at all: none of them passes as good.

        Only what neither a clone nor a worn sensor would say counts; `fits` may be stricter.
        """
        return False

    def forgets(self, _frame: bytes, _settings: Settings, /) -> bool:
        """Say whether a sensor that took what `start` told it can't speak like this: it lost it."""
        return False

    def refusal(self, _command: Command, _fields: Fields, /) -> str:
        """Say why the sensor refuses a command, as these fields tell; empty where they do not."""
        return ""

    def start(self, _settings: Settings, /) -> Opening:
        """Prepare the sensor; most need nothing.

        Runs on each opening of the port, and behind a silence in which the sensor may have had no
        power: until it has ended, no value is believed.
        """
        yield from ()

    def greet(self, settings: Settings, /) -> Opening:
        """Prepare the sensor for a person who wants one reading: as `start`, but losing nothing."""
        return self.start(settings)

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

    def send(self, command: Command, _settings: Settings, /) -> Carried:
        """Carry out one of its commands, with whatever has to be said before and after it.

        Returns:
            The answer; None for a command that is not answered.

        Raises:
            NoReply: It should have been answered.
            Refused: It says no.
        """
        if command.reply is not None:
            return (yield from carry_out(command, within=_ANSWERED, refusal=self.refusal))
        with suppress(NoReply):
            yield Ask(command.data, _SETTLED)
        return None

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
        import difflib  # noqa: PLC0415 - only a mistake needs it

        likely = next(iter(difflib.get_close_matches(key, self.takes, n=1)), "")
        known = ", ".join(self.takes) or "none"
        return BadSetting(key, f"{self.name} has no setting {key}; it takes: {known}", likely)
