"""Winsen's laser dust sensors ZH03B, ZH06 and ZH07: they stream, or answer when asked.

Streaming they speak as Plantower does: `42 4D`, the number of bytes that follow, big-endian words,
and the sum of every byte before it; 24 bytes (ZH03B) or 32 (ZH06, ZH07). Asked, they answer in
Winsen's own 9 bytes, and there PM2.5 comes first, PM10 second, PM1 last.

Source: Winsen, ZH03B and ZH06 manuals; a worked example: PyPMS, tests/sensors/test_sensor.py;
frames of a ZH07: padiazg/go-zh07, tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum16
from devices.command import by_name
from devices.cutters import by_header, either
from devices.dialogue import Ask, Dialogue, Fields, Listen, Opening, Step
from devices.driver import Driver, Line, Settings
from devices.duty import Cycle, setting
from devices.errors import NoReply, NotReady
from devices.sample import Sample
from devices.winsen_frames import MODE, READ, SIZE, ask, is_summed, refusal, summed

if TYPE_CHECKING:
    from devices.command import Command
    from devices.cutters import Cutter

_SLEEP: Final = 0xA7
_HEADS: Final = tuple(bytes((0xFF, code)) for code in (READ, MODE, _SLEEP))

_STREAMED: Final = b"BM"
_LENGTHS: Final = {24 - 4: 24, 32 - 4: 32}
"""The length in a streamed frame, and its size."""

_COLUMNS: Final = {"pm1_0_ugm3": 10, "pm2_5_ugm3": 12, "pm10_ugm3": 14}
"""Where the words stand in a streamed frame."""

_ANSWERED: Final = ("pm2_5_ugm3", "pm10_ugm3", "pm1_0_ugm3")
"""The words of an answer, in their order."""

_MOST: Final = 1000
"""µg/m³ that it shows at most."""

_WARMUP: Final = 45.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Dust(Driver):
    """One sensor, two ways to speak."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut streamed frames and answers."""
        streamed = by_header((_STREAMED,), _size, _is_streamed)
        return either(streamed, by_header(_HEADS, lambda _: SIZE, is_summed))

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a measurement (µg/m³), or the answer to a command.

        `mode` is `active` where it came by itself and `qa` where it was asked; `status` is
        `warming_up` while all is zero.
        """
        if frame.startswith(_STREAMED):
            fields: dict[str, Any] = {"mode": "active"} | {
                name: int.from_bytes(frame[at : at + 2]) for name, at in _COLUMNS.items()
            }
            rest = frame[4:10] + frame[16:-2]
            fields["rest_hex"] = rest.hex()
        elif frame[1] == READ:
            fields = {"mode": "qa"} | {
                name: int.from_bytes(frame[2 + 2 * at : 4 + 2 * at])
                for at, name in enumerate(_ANSWERED)
            }
            rest = b""
        else:
            return {"reply_to": frame[1], "value_hex": frame[2:-1].hex()}
        if not any(fields[name] for name in _ANSWERED) and not any(rest):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a streamed frame, of 32 bytes where its rest says nothing else, or an answer."""
        if "reply_to" in fields:
            return summed(bytes((fields["reply_to"],)) + bytes.fromhex(fields["value_hex"]))
        if fields.get("mode") == "qa":
            words = b"".join(int(fields.get(name, 0)).to_bytes(2) for name in _ANSWERED)
            return summed(bytes((READ,)) + words)
        rest = bytes.fromhex(fields.get("rest_hex", "00" * 20))
        words = b"".join(int(fields.get(name, 0)).to_bytes(2) for name in _COLUMNS)
        payload = rest[:6] + words + rest[6:]
        body = _STREAMED + (len(payload) + 2).to_bytes(2) + payload
        return body + sum16(body).to_bytes(2)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass the particle mass on, µg/m³."""
        if "reply_to" in fields:
            return None
        if "status" in fields:
            raise NotReady("all zero: the sensor has just woken and sees nothing yet")
        return Sample({name: float(fields[f"{name}_ugm3"]) for name in self.quantities})

    def fits(self, fields: Fields) -> bool:
        """Tell it from the other sensors that stream or answer in the same form.

        Plantower counts particles where this one has nothing, Honeywell weighs where it has another
        column; a CO2 sensor has a temperature in its PM10, a gas sensor nothing.
        """
        if "reply_to" in fields or "status" in fields:
            return True
        if any(fields[name] > _MOST for name in _ANSWERED):
            return False
        if fields["mode"] == "active":
            rest = bytes.fromhex(fields["rest_hex"])
            behind = rest[6:]
            return not any(behind) and not self.belies(fields)
        return bool(fields["pm10_ugm3"]) or not fields["pm2_5_ugm3"]

    def belies(self, fields: Fields) -> bool:
        """Find another's stream: it weighs something, and that not where this one does.

        What is below 10 µm contains what is below 1 µm.
        """
        if fields.get("mode") != "active" or "status" in fields:
            return False
        before = bytes.fromhex(fields["rest_hex"])[:6]
        masses = [fields[name] for name in _COLUMNS]
        return (any(before) and not any(masses)) or (any(masses) and not masses[-1])

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read the answer that it did not do this."""
        return refusal(command, fields)

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the pace of its duty cycle."""
        duty = settings["duty_seconds"]
        return replace(self, every=float(duty)) if duty else self

    def start(self, _settings: Settings) -> Opening:
        """Have the sensor stream, should it be asleep or wait to be asked."""
        remedies = (self.commands["wake"], self.commands["active_mode"])
        steps: tuple[Step, ...] = (Listen(3.0), *(Ask(command.data, 3.0) for command in remedies))
        for step in steps:
            try:
                received = yield step
            except NoReply:
                continue
            if received.fields.get("mode") == "active":
                return

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample of a stream, or of a duty cycle."""
        if settings["duty_seconds"]:
            return (yield from _CYCLE.read(self, settings))
        return (yield from super().read(settings))


def _size(buffer: bytes) -> int:
    if len(buffer) < 4:  # noqa: PLR2004 - head and length
        return 0
    return _LENGTHS.get(int.from_bytes(buffer[2:4]), -1)


def _is_streamed(frame: bytes) -> bool:
    return sum16(frame[:-2]) == int.from_bytes(frame[-2:])


_COMMANDS: Final = by_name(
    ask("read", READ, b"", "send one measurement", {"mode": "qa"}),
    ask("qa_mode", MODE, b"\x41", "measure on being asked only"),
    ask("active_mode", MODE, b"\x40", "measure each second"),
    ask("sleep", _SLEEP, b"\x01", "stop fan and laser", {"reply_to": _SLEEP}),
    ask("wake", _SLEEP, b"\x00", "start fan and laser", {"reply_to": _SLEEP}),
)

_CYCLE: Final = Cycle(wake=_COMMANDS["wake"], sleep=_COMMANDS["sleep"], warmup=_WARMUP)

ZH03B: Final = Dust(
    name="winsen.zh03b",
    line=Line(9600),
    quantities=("pm1_0", "pm2_5", "pm10"),
    every=1.0,
    warmup_seconds=_WARMUP,
    takes={"duty_seconds": setting(_WARMUP)},
    commands=_COMMANDS,
    identify=("read",),
    proof="example",
    document="Winsen, ZH03B and ZH06 laser dust sensor manuals",
)
