r"""Houston Radar's speed radars: lines of text with one speed, or a binary answer when asked.

A line is three digits, `\r\n`; while nobody is there `000`, or `?000`; some modes say where a
vehicle goes: `+` or `-` before the digits and `\r` alone behind them. The DR500's frames are `F3`,
a body, its CRC-16 (XMODEM, low byte first), `FC`; what would look like a mark within them (F3, FA,
FC) is sent as `FA` and its low half.

Source: Houston Radar, DR500 User Manual, page 6 (manualshive.com 2170689); the binary frames:
mnit-rtmc/iris, comm/dr500: marks, message codes, average speed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import crc16_xmodem
from devices.command import Command, by_name
from devices.cutters import Bad, Whole, by_shape
from devices.dialogue import carry_out
from devices.driver import Driver, Line, Settings
from devices.errors import DecodeError
from devices.one_speed import OneSpeed, directions_setting
from devices.sample import Detection, Sample
from devices.units import FASTEST, KMH, unit_of_speed

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Dialogue, Fields

_LINES: Final = tuple(Line(baud) for baud in (9600, 19200, 38400, 57600, 115200))
_WAYS: Final = {"+": "approach", "-": "recede"}
"""Where a vehicle goes, by the sign of its speed."""

_FORMS: Final = ("999\r\n", "?999\r\n", "+999\r", "-999\r")
_PREFIX: Final = re.compile(rb"[?+-]")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE: Final = 32
"""Bytes of a broken line that are looked at together; a whole one has six at most."""


@dataclass(frozen=True, kw_only=True)
class Text(OneSpeed):
    """Any of its radars that sends lines."""

    def cutter(self, settings: Settings) -> Cutter:
        """Cut lines of the three forms; in a broken one, only what stands before digits begins one.

        Three digits behind anything else may be those of two lines, or a speed that is over.
        """
        unit = KMH[settings["unit"]]
        whole = by_shape(*_FORMS, verify=lambda line: _shown(line) * unit <= FASTEST)

        def cut(buffer: bytes) -> Verdict:
            verdict = whole(buffer)
            return _skip(buffer) if isinstance(verdict, Bad) else verdict

        return cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read the speed, in the unit that it was set to, and what stands before it."""
        text = frame.decode("ascii").strip()
        return {"speed": _shown(frame), "prefix": text[:-3]}

    def encode(self, fields: Fields) -> bytes:
        """Write a line."""
        prefix = fields.get("prefix", "")
        end = "\r" if prefix in _WAYS else "\r\n"
        return f"{prefix}{fields.get('speed', 0):03}{end}".encode()

    def sample(self, fields: Fields, settings: Settings) -> Sample:
        """Turn a speed into a detection; zero is nobody, and so is `?`: its last one is over."""
        over = fields["prefix"] == "?"
        speed = 0 if over else fields["speed"] * KMH[settings["unit"]]
        return self.detected(speed, _WAYS.get(fields["prefix"], ""), settings)


def _shown(line: bytes) -> int:
    return int(line.strip()[-3:])


def _skip(buffer: bytes) -> Verdict:
    """Say how much of a broken line is passed over: to a prefix within it, or behind its end."""
    end = _LINE_END.search(buffer)
    size = end.end() if end else len(buffer)
    prefix = _PREFIX.search(buffer, 1, size)
    if prefix:
        return Bad("header", prefix.start())
    if size > _LONGEST_LINE:
        return Bad("length", size - _LONGEST_LINE)
    return Bad("header", size) if end else None


_BEGIN, _ESCAPE, _END = 0xF3, 0xFA, 0xFC
_MARKS: Final = (_BEGIN, _ESCAPE, _END)
_LOW: Final = 0x0F
_ESCAPED: Final = {mark & _LOW: mark for mark in _MARKS}
_LONGEST: Final = 160
"""Bytes between two marks: the longest answers are texts of its settings."""

_CRC: Final = 2
_STATUS, _SPEED_QUERY, _SPEED, _VOLTS_QUERY, _CELSIUS_QUERY = 0x13, 0x31, 0x32, 0x2A, 0x2C
_SIZES: Final = {_SPEED_QUERY: 1, _SPEED: 2, _STATUS: 3, _VOLTS_QUERY: 1, _CELSIUS_QUERY: 1}
"""Bytes of a body by its message, where that is known."""

_OTHERS: Final = frozenset({0x0E, 0x19, 0x2B, 0x2D})
"""Messages of which only the frame is known: system, setting, voltage, temperature."""

_WITHIN: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Binary(Driver):
    """A DR500 that is asked for the average speed of what it sees."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut frames between two marks."""
        return _cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read the average speed, in the unit that it was set to, a status, or a body in hex."""
        message, *value = _unescaped(frame)[:-_CRC]
        if message == _SPEED:
            return {"msg": message, "avg_speed": int.from_bytes(bytes(value), signed=True)}
        if message == _STATUS:
            return {"msg": message, "status": int.from_bytes(bytes(value), "little")}
        return {"msg": message, "value_hex": bytes(value).hex()}

    def encode(self, fields: Fields) -> bytes:
        """Write a frame: a speed where there is one, a status, or a body in hex."""
        if "avg_speed" in fields:
            value = fields["avg_speed"].to_bytes(1, signed=True)
        elif "status" in fields:
            value = fields["status"].to_bytes(2, "little")
        else:
            value = bytes.fromhex(fields.get("value_hex", ""))
        message = {"avg_speed": _SPEED, "status": _STATUS}
        code = next((message[name] for name in message if name in fields), _SPEED)
        return _framed(bytes((fields.get("msg", code),)) + value)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn the average into a detection; zero is nobody, and so is what is below it."""
        if "avg_speed" not in fields:
            return None
        speed = fields["avg_speed"]
        if speed <= 0:
            return Sample()
        return Sample(detections=(Detection("all", speed * KMH[settings["unit"]]),))

    def read(self, settings: Settings) -> Dialogue:
        """Ask for the average speed.

        Raises:
            NoReply: It did not answer, three times.
            DecodeError: It answered with something else.
        """
        received = yield from carry_out(self.commands["avg_speed_query"], _WITHIN)
        sample = self.sample(received.fields, settings)
        if sample is None:
            raise DecodeError("its answer bears no speed")
        return sample


def _cut(buffer: bytes) -> Verdict:
    if buffer[0] != _BEGIN:
        begin = buffer.find(_BEGIN)
        return Bad("header", begin if begin > 0 else len(buffer))
    marks = [at for mark in (_BEGIN, _END) if (at := buffer.find(mark, 1, _LONGEST)) > 0]
    end = min(marks, default=len(buffer))
    if len(_unescaped(buffer[:end] + bytes((_END,)))) > _whole(buffer):
        return Bad("header")
    if not marks:
        return None if len(buffer) < _LONGEST else Bad("length")
    if buffer[end] == _BEGIN:
        return Bad("length", end)
    return _judge(buffer[: end + 1])


def _whole(buffer: bytes) -> int:
    """Return how many bytes stand between the marks, as far as its message tells."""
    size = _SIZES.get(buffer[1]) if len(buffer) > 1 else None
    return _LONGEST if size is None else size + _CRC


def _judge(frame: bytes) -> Verdict:
    """Say what is between two marks: its message tells how long it is."""
    plain = _unescaped(frame)
    if len(plain) <= _CRC:
        return Bad("length")
    if plain[0] not in _SIZES and plain[0] not in _OTHERS:
        return Bad("header")
    if plain[0] in _SIZES and len(plain) - _CRC != _SIZES[plain[0]]:
        return Bad("length")
    is_right = _framed(plain[:-_CRC]) == frame
    return Whole(len(frame)) if is_right else Bad("checksum")


def _unescaped(frame: bytes) -> bytes:
    """Undo the escapes between the marks; one that is none is left, and its checksum is wrong."""
    plain = bytearray()
    bytes_left = iter(frame[1:-1])
    for byte in bytes_left:
        plain.append(_ESCAPED.get(next(bytes_left, 0), byte) if byte == _ESCAPE else byte)
    return bytes(plain)


def _framed(body: bytes) -> bytes:
    """Put the checksum behind a body, escape both, and put the marks around them."""
    plain = body + crc16_xmodem(body).to_bytes(2, "little")
    escaped = (
        bytes((_ESCAPE, byte & _LOW)) if byte in _MARKS else bytes((byte,)) for byte in plain
    )
    return bytes((_BEGIN,)) + b"".join(escaped) + bytes((_END,))


def _ask(name: str, message: int, text: str, reply: Fields) -> Command:
    return Command(name, _framed(bytes((message,))), text, reply=reply)


ASCII: Final = Text(
    name="houston.ascii",
    line=_LINES[0],
    lines=_LINES[1:],
    channels=("all",),
    takes={
        "unit": unit_of_speed("mph"),
        "directions": directions_setting(default=False),
    },
    proof="example",
    document="Houston Radar, DR500 User Manual, page 6",
)
DR500: Final = Binary(
    name="houston.dr500",
    line=_LINES[0],
    lines=_LINES[1:],
    channels=("all",),
    every=0.25,
    takes={"unit": unit_of_speed("mph")},
    commands=by_name(
        _ask("avg_speed_query", _SPEED_QUERY, "tell the average speed", {"avg_speed": None}),
        _ask("voltage_query", _VOLTS_QUERY, "tell its voltage", {"msg": 0x2B}),
        _ask("temperature_query", _CELSIUS_QUERY, "tell its temperature", {"msg": 0x2D}),
    ),
    identify=("avg_speed_query",),
    proof="documents",
    document="Houston Radar, DR500; mnit-rtmc/iris, comm/dr500",
)
