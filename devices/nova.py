"""Nova Fitness's laser dust sensors: 10 bytes a second, little-endian words, an 8-bit sum.

`AA`, the kind of frame, six bytes, the sum of those six, `AB`. The six may hold `AA` and `AB`
themselves. Settings outlive a power cut: a sensor may come up passive, or measuring only half a
minute in thirty.

Source: Nova Fitness, Laser Dust Sensor Control Protocol V1.3 (SDS011 and its kin, with examples);
captured frames of SDS01x and SDS198: PyPMS, tests/captured_data/data.csv.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Fields, Listen, Opening, Step, carry_out
from devices.driver import Driver, Line, Proof, Setting, Settings
from devices.duty import Cycle, setting
from devices.errors import DecodeError, NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter

_WARMUP: Final = 30.0
"""Seconds that fan and laser need."""

_WITHIN: Final = 2.0
"""Seconds that an answer may take."""

_BEYOND: Final = 20_001
"""Steps that it never shows: 2000 µg/m³ in tenths, 20000 in whole ones."""

_REPLY: Final = 0xC5
_SIZE: Final = 10
_TAIL: Final = b"\xab"
_ANYBODY: Final = 0xFFFF
_ANY: Final = _ANYBODY.to_bytes(2)
"""The device id that every sensor answers to."""

_SET_DEVICE_ID: Final = "set_device_id"
_SET_ID: Final = 5
_FIRMWARE: Final = 7
_VALUES: Final = {2: "query_mode", 6: "working", 8: "period_min"}
"""The command of a reply to what its value means; these can be asked for (0) and set (1)."""

_OPS: Final = ("get", "set")
_REPLY_HEADS: Final = (
    *(bytes((0xAA, _REPLY, command, op)) for command in _VALUES for op in range(len(_OPS))),
    bytes((0xAA, _REPLY, _SET_ID)),
    bytes((0xAA, _REPLY, _FIRMWARE)),
)


@dataclass(frozen=True, kw_only=True)
class Nova(Driver):
    """A model is the kind byte of its reports and what their two words mean.

    Attributes:
        kind: The second byte of a report.
        words: The field of each of the two words, and its steps in one µg/m³.
    """

    kind: int
    words: tuple[tuple[str, int], tuple[str, int]]

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut reports of this model, and replies to commands that it knows."""
        heads = (bytes((0xAA, self.kind)), *_REPLY_HEADS)
        return by_header(heads, lambda _: _SIZE, _is_summed, tail=_TAIL)

    def decode(self, frame: bytes, settings: Settings) -> dict[str, Any]:
        """Read a report (µg/m³), or the reply to a command.

        `status` is `warming_up` while both words are zero, as they are just after wake.

        Raises:
            DecodeError: It is another sensor's than the one that is expected.
        """
        device = {"device_id": int.from_bytes(frame[6:8])}
        if settings.get("device_id", _ANYBODY) not in {_ANYBODY, device["device_id"]}:
            raise DecodeError(f"this is the sensor {device['device_id']}")
        if frame[1] == _REPLY:
            return _decode_reply(frame) | device
        fields: dict[str, Any] = {}
        for at, (name, steps) in zip((2, 4), self.words, strict=True):
            word = int.from_bytes(frame[at : at + 2], "little")
            fields[name] = word if steps == 1 else word / steps
        if not any(fields.values()):
            fields["status"] = "warming_up"
        return fields | device

    def encode(self, fields: Fields) -> bytes:
        """Write a report, or a reply where there is a `reply_to`."""
        if "reply_to" in fields:
            kind, payload = _REPLY, _encode_reply(fields)
        else:
            kind = self.kind
            payload = b"".join(
                round(fields.get(name, 0) * steps).to_bytes(2, "little")
                for name, steps in self.words
            )
        payload += int(fields.get("device_id", 0)).to_bytes(2)
        return bytes((0xAA, kind)) + payload + bytes((sum8(payload),)) + _TAIL

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass the particle mass on, µg/m³."""
        if "reply_to" in fields:
            return None
        if "status" in fields:
            raise NotReady("all zero: the sensor has just woken and sees nothing yet")
        return Sample({name: fields[f"{name}_ugm3"] for name in self.quantities})

    def fits(self, fields: Fields) -> bool:
        """Say whether the mass is one that it can show."""
        masses = [(name, steps) for name, steps in self.words if name.endswith("_ugm3")]
        return all(fields.get(name, 0) * steps < _BEYOND for name, steps in masses)

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the pace of its duty cycle, and the command that gives it its id."""
        duty, device = settings.get("duty_seconds"), settings.get("device_id", _ANYBODY)
        made = replace(self, every=float(duty)) if duty else self
        if device == _ANYBODY:
            return made
        return replace(made, commands={**self.commands, _SET_DEVICE_ID: _name(device)})

    def start(self, _settings: Settings) -> Opening:
        """Have the sensor work, should it be asleep: it hears nothing else then.

        Whether it reports by itself or waits to be asked is left as somebody set it: that outlives
        a power cut.
        """
        steps: tuple[Step, ...] = (
            Listen(3.0),
            Ask(_WORK.data, _WITHIN),
            Listen(3.0),
            Ask(_QUERY.data, _WITHIN),
        )
        for step in steps:
            try:
                received = yield step
            except NoReply:
                continue
            if "reply_to" not in received.fields:
                return

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample of its reports, or of a duty cycle."""
        if settings.get("duty_seconds"):
            return (yield from _CYCLE.read(self, settings))
        return (yield from super().read(settings))

    def listen(self, settings: Settings) -> Dialogue:
        """Wait for a report, and ask for one where none comes.

        Raises:
            NoReply: None came.
        """
        try:
            return (yield from super().listen(settings))
        except NoReply:
            report = replace(_QUERY, reply={self.words[-1][0]: None})
            received = yield from carry_out(report, _WITHIN, tries=1)
        sample = self.sample(received.fields, settings)
        if sample is None:
            raise NoReply("no report came")
        return sample


def _decode_reply(frame: bytes) -> dict[str, Any]:
    command = frame[2]
    if command == _FIRMWARE:
        year, month, day = frame[3:6]
        return {"reply_to": command, "fw_date": f"{2000 + year}-{month:02}-{day:02}"}
    if command == _SET_ID:
        return {"reply_to": command}
    return {"reply_to": command, "op": _OPS[frame[3]], _VALUES[command]: frame[4]}


def _encode_reply(fields: Fields) -> bytes:
    command = fields["reply_to"]
    if command == _FIRMWARE:
        year, month, day = map(int, fields["fw_date"].split("-"))
        return bytes((command, year - 2000, month, day))
    if command == _SET_ID:
        return bytes((command, 0, 0, 0))
    return bytes((command, _OPS.index(fields["op"]), fields[_VALUES[command]], 0))


def _is_summed(frame: bytes) -> bool:
    return sum8(frame[2:8]) == frame[8]


def _command(
    name: str, code: int, op: int, argument: int, text: str, *, lasts: bool = False
) -> Command:
    body = bytes((code, op, argument)) + bytes(10) + _ANY
    reply: Fields = {"reply_to": code}
    if code in _VALUES:
        reply = {"reply_to": code, "op": _OPS[op]} | ({_VALUES[code]: argument} if op else {})
    return Command(
        name=name,
        data=b"\xaa\xb4" + body + bytes((sum8(body),)) + _TAIL,
        help=text,
        dangerous=lasts,
        reply={} if name == "query_data" else reply,
    )


def _name(device: int) -> Command:
    """Return the command that gives a sensor, whichever is there, an id."""
    body = bytes((_SET_ID,)) + bytes(10) + device.to_bytes(2) + _ANY
    return Command(
        name=_SET_DEVICE_ID,
        data=b"\xaa\xb4" + body + bytes((sum8(body),)) + _TAIL,
        help=f"be called {device} from now on",
        dangerous=True,
        reply={"reply_to": _SET_ID},
    )


_WORK: Final = _command("work", 6, 1, 1, "start fan and laser; good values after 30 s")
_SLEEP: Final = _command("sleep", 6, 1, 0, "stop fan and laser")
_QUERY: Final = _command("query_data", 4, 0, 0, "send one report")
_COMMANDS: Final = by_name(
    _command("set_query_mode", 2, 1, 1, "report only when asked", lasts=True),
    _command("set_active_mode", 2, 1, 0, "report each second", lasts=True),
    _command("query_mode", 2, 0, 0, "ask whether it reports by itself"),
    _QUERY,
    _SLEEP,
    _WORK,
    _command("query_working", 6, 0, 0, "ask whether it sleeps"),
    _command("query_firmware", 7, 0, 0, "ask for the date of its firmware"),
    _command("query_period", 8, 0, 0, "ask for its working period"),
    _command("period_0", 8, 1, 0, "measure all the time", lasts=True),
    *(
        _command(f"period_{n}", 8, 1, n, f"measure 30 s in each {n} min", lasts=True)
        for n in range(1, 31)
    ),
)
_CYCLE: Final = Cycle(wake=_WORK, sleep=_SLEEP, warmup=_WARMUP)


def _model(
    name: str, kind: int, words: tuple[tuple[str, int], tuple[str, int]], proof: Proof
) -> Nova:
    return Nova(
        name=f"nova.{name}",
        line=Line(9600),
        quantities=tuple(
            field.removesuffix("_ugm3") for field, _ in words if field.endswith("_ugm3")
        ),
        every=1.0,
        warmup_seconds=_WARMUP,
        takes={
            "duty_seconds": setting(_WARMUP),
            "device_id": Setting(
                _ANYBODY, range(_ANYBODY + 1), "the id of this sensor; 65535: whoever is there"
            ),
        },
        commands=_COMMANDS,
        identify=("query_firmware",),
        proof=proof,
        document="Nova Fitness, Laser Dust Sensor Control Protocol V1.3",
        kind=kind,
        words=words,
    )


SDS011: Final = _model("sds011", 0xC0, (("pm2_5_ugm3", 10), ("pm10_ugm3", 10)), "capture")
SDS198: Final = _model("sds198", 0xCF, (("reserved", 1), ("pm100_ugm3", 1)), "capture")
