"""Sensirion's particle sensor SPS30 on its UART: SHDLC, questions and answers in stuffed frames.

Frames are those of `shdlc`. It is idle after power-on and has to be started; then it measures each
second, and is asked.

Source: Sensirion, SPS30 datasheet version 1.0, chapter 5; Sensirion/embedded-uart-sps; captured
frames: PyPMS, tests/captured_data/data.csv.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from devices import shdlc
from devices.command import Command, by_name
from devices.dialogue import Ask, Carried, Dialogue, Fields, Opening, Pause, carry_out
from devices.driver import Driver, Line, Settings
from devices.errors import NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from devices.cutters import Cutter
    from devices.dialogue import Received, Step

_ADDRESS: Final = 0

_MOST_DATA: Final = 40
"""Bytes of data in an answer at most: ten numbers."""

_WAKE_PULSE: Final = b"\xff"
"""Wakes its UART; the command to wake must follow within 100 ms."""

_READ: Final = 0x03
_AUTO_CLEAN: Final = 0x80
_INFORMATION: Final = 0xD0
_VERSION: Final = 0xD1
_STATUS: Final = 0xD2

_ERROR: Final = 0x80
"""The bit of the state that says that something is broken."""

_NOT_ALLOWED: Final = 0x43
"""Not in this state: to a start that it measures already, to a question that it does not."""

_BROKEN: Final = {21: "fan speed", 5: "laser current", 4: "fan stopped"}
"""Bits of the status register."""

_FLOATS: Final = Struct(">10f")
_INTEGERS: Final = Struct(">10H")
_COLUMNS: Final = (
    "pm1_0",
    "pm2_5",
    "pm4_0",
    "pm10",
    "n0_5",
    "n1_0",
    "n2_5",
    "n4_0",
    "n10",
    "tps_um",
)
_MASS: Final = _COLUMNS[:4]
_LARGER: Final = {"pn0_3": None, "pn0_5": "n0_5", "pn1_0": "n1_0", "pn2_5": "n2_5", "pn4_0": "n4_0"}
"""Quantity to the number of smaller particles: it counts those from 0.3 µm up to a size."""

_STATES: Final = {
    0x01: "the length of the data is wrong",
    0x02: "it knows no such command",
    0x04: "it does not take this value",
    0x28: "a value is out of range",
    _NOT_ALLOWED: "not in the state that it is in: it measures already, or has to be stopped first",
}
"""What a state says, its highest bit left aside."""

_NM: Final = 1000
"""nm in a µm."""

_WITHIN: Final = 0.5
_AGAIN_SECONDS: Final = 0.25
_TRIES: Final = 6
"""Questions until a new measurement is there: it makes one each second."""


@dataclass(frozen=True, kw_only=True)
class Sensirion(Driver):
    """The SPS30; it may have been started with floats or with integers, and either is read."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut answers; every 7E may be the first byte of one."""
        return shdlc.cutter(_MOST_DATA)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read an answer: `cmd`, `state`, and what its data mean.

        A measurement has µg/m³, particles from 0.3 µm up to a size per cm³, and the typical size in
        µm; a number that is none is None. `status` is `no_data` where nothing new was measured, and
        `warming_up` where all is zero.
        """
        content = shdlc.content(frame)
        command, data = content[1], content[4:-1]
        return {"cmd": command, "state": content[2]} | _decode_data(command, data)

    def encode(self, fields: Fields) -> bytes:
        """Write an answer."""
        data = _encode_data(fields)
        body = bytes((_ADDRESS, fields.get("cmd", _READ), fields.get("state", 0), len(data))) + data
        return shdlc.frame(body)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass mass on, µg/m³, and particles larger than a size, per cm³."""
        return _sample(fields) if "format" in fields else None

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read the state of an answer that belongs to the command."""
        state = fields.get("state", 0) & ~_ERROR
        if not state or fields["cmd"] != (command.reply or fields).get("cmd"):
            return ""
        return _STATES.get(state, f"state {state:#x}")

    def start(self, _settings: Settings) -> Opening:
        """Start to measure, after waking it where it does not answer.

        Raises:
            NoReply: It did not answer.
        """
        try:
            yield from self._begin()
        except NoReply:
            yield Ask(_WAKE_PULSE + self.commands["wake_up"].data, _WITHIN)
            yield from self._begin()

    def read(self, settings: Settings) -> Dialogue:
        """Ask until there is a new measurement.

        Where it says that something is broken, or sees nothing at all, it is asked what is broken.

        Raises:
            NoReply: It did not answer, or measured nothing new.
            NotReady: It was idle, as after a power cut, and has been started again.
        """
        for _ in range(_TRIES):
            try:
                received = yield from carry_out(self.commands["read"], _WITHIN)
            except NoReply:
                yield from self.start(settings)
                raise
            if received.fields["state"] & ~_ERROR == _NOT_ALLOWED:
                yield from self._begin()
                raise NotReady("it was idle and has been started")
            if "format" not in received.fields:
                yield Pause(_AGAIN_SECONDS)
                continue
            return _sample(received.fields, (yield from self._broken(received.fields)))
        raise NoReply("nothing new was measured")

    def send(self, command: Command, settings: Settings) -> Carried:
        """Carry out one of its commands; a pulse goes before the one that wakes it."""
        if command.name == "wake_up":
            command = replace(command, data=_WAKE_PULSE + command.data)
        return (yield from super().send(command, settings))

    def _begin(self) -> Generator[Step, Received, None]:
        yield from carry_out(self.commands["start_float"], _WITHIN)

    def _broken(self, fields: Fields) -> Generator[Step, Received, str]:
        """Ask what is broken, where something may be; empty where it does not say."""
        if "status" not in fields and not fields["state"] & _ERROR:
            return ""
        try:
            answer = yield Ask(self.commands["status_register"].data, _WITHIN, aside=True)
        except NoReply:
            return ""
        register = answer.fields.get("status_register", 0)
        return ", ".join(text for bit, text in _BROKEN.items() if register >> bit & 1)


def _decode_data(command: int, data: bytes) -> dict[str, Any]:
    known = _DATA.get((command, len(data)))
    if known is not None:
        return known(data)
    text = data[:-1].decode("ascii", "replace")
    if command == _INFORMATION and data.endswith(b"\0") and text.isalnum() and text.isascii():
        return {"text": text}
    return {"data_hex": data.hex()} if data else {}


def _measured(form: str, numbers: list[Any]) -> dict[str, Any]:
    fields = {"format": form} | dict(zip(_COLUMNS, numbers, strict=True))
    return fields if any(numbers) else fields | {"status": "warming_up"}


_DATA: Final[dict[tuple[int, int], Callable[[bytes], dict[str, Any]]]] = {
    (_READ, 0): lambda _: {"status": "no_data"},
    (_READ, _FLOATS.size): lambda data: _measured(
        "float", [one if math.isfinite(one) else None for one in _FLOATS.unpack(data)]
    ),
    (_READ, _INTEGERS.size): lambda data: _measured(
        "uint16", [*_INTEGERS.unpack(data)[:-1], _INTEGERS.unpack(data)[-1] / _NM]
    ),
    (_AUTO_CLEAN, 4): lambda data: {"auto_clean_s": int.from_bytes(data)},
    (_VERSION, 7): lambda data: {"version": f"{data[0]}.{data[1]}", "rest_hex": data[2:].hex()},
    (_STATUS, 5): lambda data: {
        "status_register": int.from_bytes(data[:4]),
        "rest_hex": data[4:].hex(),
    },
}
"""Command and length of data to what these say."""


def _encode_data(fields: Fields) -> bytes:
    data = bytes.fromhex(fields.get("data_hex", ""))
    rest = bytes.fromhex(fields.get("rest_hex", ""))
    if "format" in fields or "pm2_5" in fields:
        data = _encode_numbers(fields)
    elif "auto_clean_s" in fields:
        data = int(fields["auto_clean_s"]).to_bytes(4)
    elif "version" in fields:
        data = bytes(map(int, fields["version"].split("."))) + rest.ljust(5, b"\0")
    elif "status_register" in fields:
        data = int(fields["status_register"]).to_bytes(4) + rest.ljust(1, b"\0")
    elif "text" in fields:
        data = str(fields["text"]).encode("ascii") + b"\0"
    return data


def _encode_numbers(fields: Fields) -> bytes:
    numbers = [fields.get(name, 0.0) for name in _COLUMNS]
    if fields.get("format") == "uint16":
        return _INTEGERS.pack(*numbers[:-1], round(numbers[-1] * _NM))
    return _FLOATS.pack(*(math.nan if one is None else one for one in numbers))


def _sample(fields: Fields, broken: str = "") -> Sample:
    """Make a sample of a measurement, and of what is `broken` as far as it was asked."""
    fault = broken or ("device error" if fields["state"] & _ERROR else "")
    if "status" in fields and not fault:
        raise NotReady("all zero: the sensor has just started and sees nothing yet")
    values: dict[str, float | None] = {name: fields[name] for name in _MASS}
    values |= {quantity: _larger(fields, smaller) for quantity, smaller in _LARGER.items()}
    return Sample(values, fault=fault)


def _larger(fields: Fields, smaller: str | None) -> float | None:
    """Return the number of particles larger than a size, from those smaller than it."""
    all_of_them, fewer = fields["n10"], 0.0 if smaller is None else fields[smaller]
    return None if all_of_them is None or fewer is None else round(all_of_them - fewer, 6)


def _command(
    name: str,
    code: int,
    data: bytes,
    text: str,
    reply: Fields | None = None,
    *,
    lasts: bool = False,
) -> Command:
    return Command(
        name,
        shdlc.frame(bytes((_ADDRESS, code, len(data))) + data),
        text,
        dangerous=lasts,
        reply={"cmd": code, **(reply or {})},
    )


_COMMANDS: Final = by_name(
    _command("start_float", 0x00, b"\x01\x03", "start to measure, in floats"),
    _command("start_uint16", 0x00, b"\x01\x05", "start to measure, in integers"),
    _command("stop", 0x01, b"", "stop laser and fan"),
    _command("read", 0x03, b"", "send the last measurement"),
    _command("sleep", 0x10, b"", "sleep until it is woken; only after stop"),
    _command("wake_up", 0x11, b"", "wake up; good values 30 s after a start"),
    _command("fan_cleaning", 0x56, b"", "blow dust out of its fan for 10 s"),
    _command(
        "read_auto_clean", _AUTO_CLEAN, b"\0", "ask how often it does that", {"auto_clean_s": None}
    ),
    *(
        _command(
            f"set_auto_clean_{seconds}",
            _AUTO_CLEAN,
            b"\0" + seconds.to_bytes(4),
            f"do it each {seconds} s" if seconds else "never do it by itself",
            lasts=True,
        )
        for seconds in (0, 86400, 604800)
    ),
    _command("product_type", _INFORMATION, b"\0", "ask for its product type", {"text": None}),
    _command("serial_number", _INFORMATION, b"\3", "ask for its serial number", {"text": None}),
    _command("version", _VERSION, b"", "ask for the version of its firmware", {"version": None}),
    _command("status_register", _STATUS, b"\0", "ask what is broken", {"status_register": None}),
    _command("reset", 0xD3, b"", "begin again, as after power-on"),
)

SPS30: Final = Sensirion(
    name="sensirion.sps30",
    line=Line(115200),
    quantities=(*_MASS, *_LARGER),
    every=1.0,
    warmup_seconds=30.0,
    commands=_COMMANDS,
    identify=("product_type",),
    proof="capture",
    document="Sensirion, SPS30 datasheet version 1.0",
)
