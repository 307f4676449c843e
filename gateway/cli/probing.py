"""Finding out what is on a port: at each line setting known sensors are listened for, then asked.

Only what is harmless to any sensor is ever sent: the commands that a driver names in `identify`.
What several sensors would say in the same words stays a short list: nothing is guessed.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from string import printable
from typing import TYPE_CHECKING, Final

from devices.cutters import Whole
from devices.dialogue import Listen, carry_out
from devices.errors import DecodeError, DriverError
from devices.framing import Frame, Framer
from gateway.cli.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Line
    from gateway.config.sensor import Sensor

LISTEN_SECONDS: Final = 2.6
"""How long to listen for a sensor that streams: the slowest known says something each 2.3 s."""

ENOUGH: Final = 2
"""Frames in a row after which a stream is known."""

_WITHIN: Final = 0.2
"""Seconds that an answer may take, beside its bytes; those of known sensors take some ms."""

_ANSWER_BYTES: Final = 25

_LEAST_FRAME: Final = 3
"""Bytes of a frame that says anything about who sent it."""

_HEAD: Final = 256
"""Bytes that are kept of what came, to show how it begins."""

_COVERED: Final = 0.8
"""The share of the bytes from the first frame on that must lie in frames."""

_NEARLY: Final = 0.9
"""Whoever covers nearly as much as the best is as likely."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sensor that may be there.

    Attributes:
        name: The driver's name.
        sensor: How it speaks.
        settings: What the config has to say beside the driver, such as a map and an address.
    """

    name: str
    sensor: Sensor
    settings: dict[str, str | int] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All line settings that it may have, the factory's first."""
        return (self.sensor.driver.line, *self.sensor.driver.lines)

    @property
    def streams(self) -> bool:
        """Whether it speaks by itself: to be read it is listened to, not asked."""
        with closing(self.sensor.driver.read(self.sensor.settings)) as dialogue:
            return isinstance(next(dialogue), Listen)

    @property
    def questions(self) -> list[Command]:
        """What tells it apart, if it is asked."""
        driver = self.sensor.driver
        return [driver.commands[name] for name in driver.identify]


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody on a port.

    Attributes:
        url: The port.
        line: How it is set.
        who: Whoever speaks like this; more than one where nothing tells them apart.
        answered: Whether it was asked and answered; else it was only heard.
        fields: What it said.
    """

    url: str
    line: Line
    who: tuple[Candidate, ...]
    answered: bool
    fields: Fields


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who speaks unasked, as nobody does that is known.

    Attributes:
        line: How the port was set; at any other setting it may be noise.
        size: How many bytes came.
        head: The first of them.
    """

    line: Line
    size: int
    head: bytes

    @property
    def text(self) -> float:
        """The share of what it says that is text."""
        printed = [each for each in self.head if chr(each) in printable]
        return len(printed) / len(self.head)


class _Ear:
    """Listens with the ears of one candidate."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.fields: Fields = {}
        self.frames = 0
        self.covered = 0
        self._before = 0
        self._odd = False
        sensor = candidate.sensor
        self._framer = Framer(sensor.driver.cutter(sensor.settings))

    def hear(self, data: bytes) -> None:
        sensor = self.candidate.sensor
        for piece in self._framer.feed(data):
            if not isinstance(piece, Frame):
                self._before += 0 if self.frames else len(piece.raw)
                continue
            try:
                fields = sensor.driver.decode(piece.raw, sensor.settings)
            except DecodeError:
                continue
            self._odd = self._odd or not sensor.driver.fits(fields)
            self.fields = fields
            self.frames += 1
            self.covered += len(piece.raw)

    def is_sure(self, heard: int) -> bool:
        """Say whether nothing more has to be heard."""
        return self.frames >= ENOUGH and self.share(heard) >= _COVERED

    def share(self, heard: int) -> float:
        """Return the share of the bytes from its first frame on that lie in its frames."""
        since = heard - self._before - self._framer.held
        short = self.covered < _LEAST_FRAME * self.frames
        return 0.0 if self._odd or short or since <= 0 else min(1.0, self.covered / since)


class Probe:
    """Looks for sensors on one port, one line setting after the other.

    Attributes:
        strangers: What came unasked, at each line setting at which something came.
    """

    def __init__(
        self,
        url: str,
        candidates: Iterable[Candidate],
        tell: Callable[[str], None] = lambda _: None,
        seconds: float = LISTEN_SECONDS,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            url: The port.
            candidates: All that may be there.
            tell: Told what is tried now.
            seconds: How long to listen at each line setting.
        """
        self._url = url
        self._candidates = tuple(candidates)
        self._tell = tell
        self._seconds = seconds
        self._silent = False
        """Nothing came while it was listened for: at another baud rate it would be noise."""
        self.strangers: list[Stranger] = []

    def run(self) -> list[Found]:
        """Return who is there; mostly one, on a bus several, or nobody.

        Whoever has a port alone is looked for first: to ask each address of a bus takes its time.

        Raises:
            PortBusy: Another process holds the port.
            PortDenied: This user may not open it.
            PortGone: It is not there, or vanished.
        """
        alone = [each for each in self._candidates if "address" not in each.settings]
        on_bus = [each for each in self._candidates if "address" in each.settings]
        for group in (alone, on_bus):
            for line in lines_of(group):
                self._tell(f"{line.baudrate} 8{line.parity}{line.stopbits}")
                if found := self._at(line, [each for each in group if line in each.lines]):
                    return [self._at_home(each) for each in found]
        return []

    # -- within -----------------------------------------------------------------------------

    def _at(self, line: Line, there: Sequence[Candidate]) -> list[Found]:
        """Listen and ask at one line setting."""
        ears = [_Ear(candidate) for candidate in there]
        streams = any(candidate.streams for candidate in there) and not self._silent
        size, head = 0, b""

        def hear(data: bytes) -> None:
            nonlocal size, head
            size += len(data)
            head = (head + data)[:_HEAD]
            for ear in ears if data else ():
                ear.hear(data)

        with Exchange(self._url, line, there[0].sensor, hear) as exchange:
            until = exchange.now + (self._seconds if streams else 0.0)
            while exchange.now < until and not any(ear.is_sure(size) for ear in ears):
                exchange.listen()
            self._silent = self._silent or (streams and not size)
            self.strangers += [Stranger(line, size, head)] if size else []
            shares = {ear: ear.share(size) for ear in ears}
            least = max(_COVERED, _NEARLY * max(shares.values(), default=0.0))
            heard = sorted(
                filter(lambda ear: shares[ear] >= least, ears), key=lambda ear: -shares[ear]
            )
            ears = []
            answered = self._ask(exchange, line, [ear.candidate for ear in heard] or there)
        if answered or not heard:
            return answered
        who = tuple(ear.candidate for ear in heard)
        return [Found(self._url, line, who, answered=False, fields=heard[0].fields)]

    def _ask(self, exchange: Exchange, line: Line, there: Sequence[Candidate]) -> list[Found]:
        """Ask all who can be asked; whoever answers at one address in the same words is one."""
        found: dict[str | int | None, list[tuple[Candidate, Fields]]] = {}
        asked: dict[bytes, bytes | None] = {}
        for candidate in there:
            answer = self._answer(exchange, line, candidate, asked)
            if answer is not None:
                address = candidate.settings.get("address")
                found.setdefault(address, []).append((candidate, answer))
        return [
            Found(self._url, line, tuple(each for each, _ in who), answered=True, fields=who[0][1])
            for who in found.values()
        ]

    def _answer(
        self,
        exchange: Exchange,
        line: Line,
        candidate: Candidate,
        asked: dict[bytes, bytes | None],
    ) -> Fields | None:
        """Return what a sensor answers to one of its questions; none is asked twice."""
        driver, settings = candidate.sensor.driver, candidate.sensor.settings
        exchange.turn_to(candidate.sensor)
        for command in candidate.questions:
            if command.data not in asked:
                within = _WITHIN + line.byte_seconds * (len(command.data) + _ANSWER_BYTES)
                try:
                    asked[command.data] = exchange.run(carry_out(command, within, tries=1)).raw
                except DriverError:
                    asked[command.data] = None
            raw = asked[command.data]
            if raw is None or not _cuts(candidate, raw):
                continue
            try:
                fields = driver.decode(raw, settings)
            except DecodeError:
                continue
            if command.answered_by(fields) and driver.fits(fields):
                return fields
        return None

    def _at_home(self, found: Found) -> Found:
        """Return it with the line settings of its factory, where it speaks at those as well.

        A port that is no real line (USB all the way) takes any.
        """
        home = found.who[0].sensor.driver.line
        if found.line == home:
            return found
        again = self._at(home, found.who)
        return again[0] if again else found


def _cuts(candidate: Candidate, raw: bytes) -> bool:
    """Say whether these bytes are one frame in a candidate's words."""
    verdict = candidate.sensor.driver.cutter(candidate.sensor.settings)(raw)
    return isinstance(verdict, Whole) and verdict.size == len(raw)


def lines_of(candidates: Iterable[Candidate]) -> list[Line]:
    """Return all line settings, those of most drivers first, the factories' before the others."""
    factory: dict[Line, set[str]] = {}
    other: dict[Line, set[str]] = {}
    for candidate in candidates:
        home, *rest = candidate.lines
        factory.setdefault(home, set()).add(candidate.name)
        for line in rest:
            other.setdefault(line, set()).add(candidate.name)
    first = sorted(factory, key=lambda line: -len(factory[line]))
    return first + sorted(other.keys() - factory.keys(), key=lambda line: -len(other[line]))
