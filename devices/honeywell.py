"""Honeywell's particle sensors HPMA115S0 (standard) and HPMA115C0 (compact).

They stream from power-on, 32 bytes each second, and answer when asked. A question is `68`, the
number of bytes of command and data, these, and a checksum: minus the sum of all before it, modulo
256; an answer the same from `40`. A command is accepted with `A5 A5` and refused with `96 96`: bare
bytes that mean something behind a command only. Streamed frames look like Plantower's.

Source: Honeywell, HPM Series datasheet 32322550, pages 4 to 6; captured frames of an HPMA115C0:
PyPMS, tests/captured_data/data.csv.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8, sum16
from devices.command import Command, by_name
from devices.cutters import Bad, by_header, either
from devices.dialogue import Ask, Dialogue, Fields, Opening, carry_out
from devices.driver import Driver, Line, Proof, Settings
from devices.duty import Cycle, setting
from devices.errors import NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter

_STREAMED: Final = b"BM"
_STREAMED_LENGTH: Final = 28
_ANSWER: Final = b"\x40"
_ACCEPTED: Final = b"\xa5\xa5"
_REFUSED: Final = b"\x96\x96"

_READ: Final = 0x04
_COEFFICIENT: Final = 0x10

_WITHIN: Final = 1.0
"""Seconds that an answer may take: streamed frames come each second."""

_WARMUP: Final = 10.0
"""Seconds: once its fan runs, it shows a change in the air within 6 s."""

_MOST: Final = 1000
"""µg/m³ that it shows at most."""


@dataclass(frozen=True, kw_only=True)
class Honeywell(Driver):
    """A model is the words of its answer and where they stand in a streamed frame.

    Attributes:
        answered: The fields of an answer, in their order.
        reserved: Bytes behind them.
        streamed: Where the fields stand in a streamed frame.
        acknowledges: Whether `A5 A5` and `96 96` are frames.
    """

    answered: tuple[str, ...]
    reserved: int
    streamed: dict[str, int]
    acknowledges: bool

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut streamed frames, answers and, with the standard model, acknowledgements."""
        length = 1 + 2 * len(self.answered) + self.reserved
        sizes = {(length, _READ): length + 3, (2, _COEFFICIENT): 5}

        def size(buffer: bytes) -> int | Bad:
            if len(buffer) < 3:  # noqa: PLR2004 - head, length and command
                return 0
            if buffer[2] not in {_READ, _COEFFICIENT}:
                return Bad("header")
            return sizes.get((buffer[1], buffer[2]), -1)

        cutters: list[Cutter] = [
            by_header((_STREAMED,), _size_streamed, _is_streamed),
            by_header((_ANSWER,), size, lambda frame: sum8(frame) == 0),
        ]
        if self.acknowledges:
            cutters.append(by_header((_ACCEPTED, _REFUSED), lambda _: 2, lambda _: True))
        return either(*cutters)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a measurement (µg/m³), a coefficient (%), or whether a command was accepted.

        `mode` is `auto_send` where it came by itself and `read` where it was asked; `status` is
        `warming_up` while all of it is zero.
        """
        if len(frame) == len(_ACCEPTED):
            return {"ack": frame == _ACCEPTED}
        if frame.startswith(_STREAMED):
            fields: dict[str, Any] = {"mode": "auto_send"} | {
                name: int.from_bytes(frame[at : at + 2]) for name, at in self.streamed.items()
            }
            rest = b"".join(frame[at : at + 2] for at in self._unused())
        elif frame[2] == _COEFFICIENT:
            return {"cmd": _COEFFICIENT, "coefficient": frame[3]}
        else:
            fields = {"mode": "read"} | {
                name: int.from_bytes(frame[3 + 2 * at : 5 + 2 * at])
                for at, name in enumerate(self.answered)
            }
            rest = frame[3 + 2 * len(self.answered) : -1]
        if any(rest):
            fields["reserved_hex"] = rest.hex()
        elif not any(fields[name] for name in self.answered):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write an answer, a streamed frame or an acknowledgement."""
        if "ack" in fields:
            return _ACCEPTED if fields["ack"] else _REFUSED
        if "coefficient" in fields:
            return _summed(_ANSWER, bytes((_COEFFICIENT, fields["coefficient"])))
        words = {name: int(fields.get(name, 0)).to_bytes(2) for name in self.answered}
        reserved = bytes.fromhex(fields.get("reserved_hex", ""))
        if fields.get("mode") != "auto_send":
            data = b"".join(words.values()) + reserved.ljust(self.reserved, b"\0")
            return _summed(_ANSWER, bytes((_READ,)) + data)
        frame = bytearray(_STREAMED + _STREAMED_LENGTH.to_bytes(2) + bytes(_STREAMED_LENGTH - 2))
        for name, at in self.streamed.items():
            frame[at : at + 2] = words[name]
        for number, at in enumerate(self._unused() if reserved else ()):
            frame[at : at + 2] = reserved[2 * number : 2 * number + 2]
        return bytes(frame) + sum16(bytes(frame)).to_bytes(2)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass the particle mass on, µg/m³."""
        if "mode" not in fields:
            return None
        if "status" in fields:
            raise NotReady("all zero: the sensor has just started and sees nothing yet")
        return Sample({name: float(fields[f"{name}_ugm3"]) for name in self.quantities})

    def fits(self, fields: Fields) -> bool:
        """Tell its stream from Plantower's and Winsen's, which have words where it has none.

        Its PM10 is made of the smaller particles: where there are some, it is not 0.
        """
        if "mode" not in fields:
            return True
        masses = [fields[name] for name in self.answered]
        shown = max(masses) <= _MOST and not self.belies(fields)
        return shown and "reserved_hex" not in fields

    def belies(self, fields: Fields) -> bool:
        """Find another's stream: it weighs something, and that not where this one does."""
        if fields.get("mode") != "auto_send" or "status" in fields:
            return False
        masses = [fields[name] for name in self.answered]
        return not any(masses) or not masses[-1]

    def refusal(self, _command: Command, fields: Fields) -> str:
        """Read `96 96`."""
        return "" if fields.get("ack", True) else "it says no"

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the pace of its duty cycle."""
        duty = settings["duty_seconds"]
        return replace(self, every=float(duty)) if duty else self

    def start(self, _settings: Settings) -> Opening:
        """Start fan and laser, should someone have stopped them, and ask for silence in between.

        It goes on without an answer: where nothing leads to its RX, it streams.
        """
        for name in ("start_measurement", "stop_auto_send"):
            try:
                yield Ask(self.commands[name].data, _WITHIN)
            except NoReply:
                continue

    def read(self, settings: Settings) -> Dialogue:
        """Ask until a measurement comes; one that comes by itself is as good.

        Raises:
            NoReply: Nothing came, three times: it is prepared again.
        """
        if settings["duty_seconds"]:
            return (yield from self._cycle().read(self, settings))
        try:
            return (yield from self.listen(settings))
        except NoReply:
            yield from self.start(settings)
            raise

    def listen(self, settings: Settings) -> Dialogue:
        """Ask for a measurement and take it, or one that comes by itself.

        Raises:
            NoReply: Nothing came, three times.
        """
        any_measurement = replace(self.commands["read"], reply={"mode": None})
        received = yield from carry_out(any_measurement, _WITHIN)
        sample = self.sample(received.fields, settings)
        if sample is None:
            raise NoReply("no measurement came")
        return sample

    def _cycle(self) -> Cycle:
        start, stop = (self.commands[f"{verb}_measurement"] for verb in ("start", "stop"))
        return Cycle(wake=start, sleep=stop, warmup=_WARMUP, told=self.acknowledges)

    def _unused(self) -> tuple[int, ...]:
        """Return where a streamed frame has words that mean nothing."""
        words = range(4, _STREAMED_LENGTH + 2, 2)
        return tuple(at for at in words if at not in self.streamed.values())


def _size_streamed(buffer: bytes) -> int:
    if len(buffer) < 4:  # noqa: PLR2004 - head and length
        return 0
    return _STREAMED_LENGTH + 4 if int.from_bytes(buffer[2:4]) == _STREAMED_LENGTH else -1


def _is_streamed(frame: bytes) -> bool:
    return sum16(frame[:-2]) == int.from_bytes(frame[-2:])


def _summed(head: bytes, body: bytes) -> bytes:
    """Put a head and the length before a body, and the checksum behind it."""
    frame = head + bytes((len(body),)) + body
    return frame + bytes((-sum8(frame) & 0xFF,))


def _commands(*, acknowledges: bool) -> dict[str, Command]:
    accepted: Fields | None = {"ack": True} if acknowledges else None

    def ask(name: str, code: int, text: str, data: bytes = b"", *, lasts: bool = False) -> Command:
        return Command(
            name, _summed(b"\x68", bytes((code,)) + data), text, dangerous=lasts, reply=accepted
        )

    return by_name(
        replace(ask("read", _READ, "send one measurement"), reply={"mode": "read"}),
        ask("start_measurement", 0x01, "start fan and laser"),
        ask("stop_measurement", 0x02, "stop fan and laser"),
        ask("stop_auto_send", 0x20, "measure on being asked only, until power-off"),
        ask("enable_auto_send", 0x40, "measure each second"),
        replace(
            ask("read_coefficient", _COEFFICIENT, "ask for its customer adjustment coefficient, %"),
            reply={"coefficient": None},
        ),
        *(
            ask(
                f"set_coefficient_{percent}",
                0x08,
                f"multiply all it measures by {percent} %",
                bytes((percent,)),
                lasts=True,
            )
            for percent in range(30, 201)
        ),
    )


def _model(
    name: str,
    columns: dict[str, int],
    proof: Proof,
    *,
    reserved: int = 0,
    acknowledges: bool = False,
) -> Honeywell:
    return Honeywell(
        name=f"honeywell.{name}",
        line=Line(9600),
        quantities=tuple(name.removesuffix("_ugm3") for name in columns),
        every=1.0,
        warmup_seconds=_WARMUP,
        takes={"duty_seconds": setting(_WARMUP)},
        commands=_commands(acknowledges=acknowledges),
        identify=("read",),
        proof=proof,
        document="Honeywell, HPM Series datasheet 32322550",
        answered=tuple(columns),
        reserved=reserved,
        streamed=columns,
        acknowledges=acknowledges,
    )


HPMA115S0: Final = _model(
    "hpma115s0", {"pm2_5_ugm3": 6, "pm10_ugm3": 8}, "documents", acknowledges=True
)
HPMA115C0: Final = _model(
    "hpma115c0",
    {"pm1_0_ugm3": 4, "pm2_5_ugm3": 6, "pm4_0_ugm3": 8, "pm10_ugm3": 10},
    "capture",
    reserved=4,
)
