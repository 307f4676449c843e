"""Small drivers, made to show one habit of sensors each; and chunks as a port reads them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Listen, Opening, Pause
from devices.driver import Driver, Line
from devices.errors import DecodeError, DeviceFault, NoReply, NotReady
from devices.sample import Sample
from gateway.clock import FakeClock
from gateway.edge.port import Chunk

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Fields, Step
    from devices.driver import Settings

LINE = Line(9600)
QUESTION = b"?"


def frame(value: int) -> bytes:
    """Write a frame: `A5`, a value and its complement."""
    return bytes((0xA5, value, value ^ 0xFF))


@dataclass(frozen=True, kw_only=True)
class Streamer(Driver):
    """Sends a temperature when it likes; 255 is nonsense, 254 not ready, 253 a fault."""

    name: str = "test.streamer"
    line: Line = LINE
    quantities: tuple[str, ...] = ("temperature",)
    every: float | None = 1.0
    proof: Any = "documents"
    document: str = "this file"

    def cutter(self, _settings: Settings) -> Cutter:
        return by_header((b"\xa5",), lambda _: 3, lambda raw: raw[1] ^ raw[2] == 0xFF)

    def decode(self, raw: bytes, _settings: Settings) -> dict[str, Any]:
        if raw[1] == 255:
            raise DecodeError("nonsense")
        return {"value": raw[1]}

    def encode(self, fields: Fields) -> bytes:
        return frame(fields["value"])

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        if fields["value"] == 254:
            raise NotReady("warming up")
        if fields["value"] == 253:
            raise DeviceFault("the lamp is dark")
        return Sample({"temperature": fields["value"]})

    def read(self, settings: Settings) -> Dialogue:
        received = yield Listen(within=5.0)
        return self.sample(received.fields, settings)


@dataclass(frozen=True, kw_only=True)
class Answerer(Streamer):
    """Answers when it is asked."""

    def read(self, settings: Settings) -> Dialogue:
        received = yield Ask(QUESTION, within=1.0)
        return self.sample(received.fields, settings)


@dataclass(frozen=True, kw_only=True)
class Sleeper(Streamer):
    """Pauses before it listens."""

    def read(self, settings: Settings) -> Dialogue:
        yield Pause(2.0)
        received = yield Listen(within=1.0)
        return self.sample(received.fields, settings)


@dataclass(frozen=True, kw_only=True)
class Stubborn(Streamer):
    """Must be told twice before it streams."""

    def start(self, _settings: Settings) -> Opening:
        received = yield Ask(QUESTION, within=1.0)
        if received.fields["value"] != 7:
            raise DecodeError("not what it was told")


@dataclass(frozen=True, kw_only=True)
class Mute(Streamer):
    """Its read neither asks nor listens."""

    def read(self, _settings: Settings) -> Dialogue:
        yield from ()
        return Sample({})


@dataclass(frozen=True, kw_only=True)
class Restless(Streamer):
    """Never waits for anything: it pauses for no time, and again, or gives up at once."""

    step: Step

    def read(self, _settings: Settings) -> Dialogue:
        while True:
            with suppress(NoReply):
                yield self.step


@dataclass
class Wire:
    """Chunks as a port reads them, on a clock that the test moves."""

    clock: FakeClock = field(default_factory=FakeClock)

    def read(self, data: bytes = b"", after: float = 0.1, stalled: float = 0.0) -> Chunk:
        """Read what arrived within the last `after` seconds."""
        self.clock.advance(after)
        return Chunk(data, self.clock.stamp(), self.clock.monotonic(), after, stalled)
