"""Plantower's particle counters: one frame about every second, big-endian words, a 16-bit sum.

A frame is `42 4D`, the number of bytes that follow, words, and the sum of every byte before it.
The models differ in their words alone, so a model is a table of columns. `42 4D` does not tell
which model (or even which maker) is speaking: the model is configured, never guessed.

Source: Plantower, PMS5003 series data manual V2.3 (2016) and PMS3003, PMS5003T, PMS5003S and
PMS5003ST data manuals; captured frames: PyPMS, tests/captured_data/data.csv.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum16
from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Fields, Listen, Opening, Step
from devices.driver import Driver, Line, Proof, Settings
from devices.duty import Cycle, setting
from devices.errors import NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter

_ACK_SIZE: Final = 8
_LONGEST_GAP: Final = 3.0
"""Seconds: a frame comes each 0.2 … 2.3 s, the slower the steadier the air."""

_MASS: Final = (
    "pm1_0_cf1",
    "pm2_5_cf1",
    "pm10_cf1",
    "pm1_0_atm",
    "pm2_5_atm",
    "pm10_atm",
)
_COUNTS: Final = ("n0_3", "n0_5", "n1_0", "n2_5", "n5_0", "n10_0")
_RESERVED: Final = ("reserved_16", "reserved_18", "reserved_20")
_TENTHS: Final = frozenset({"temp_c", "rh_pct"})

_PPB: Final = 24.45 / 30.03
"""HCHO, ppb per µg/m³ at 25 °C and 1 atm: litres a mole over grams a mole."""

_WARMUP: Final = 30.0
"""Seconds that fan and laser need."""

_COLDEST, _HOTTEST = -10, 60
_MOST_HCHO: Final = 2000
"""°C and µg/m³ that they measure."""

_DRIEST: Final = 5
"""% of humidity that there is anywhere: less is a count of large particles."""

_QUANTITIES: Final = {
    # field: quantity, factor
    "pm1_0_atm": ("pm1_0", 1),
    "pm2_5_atm": ("pm2_5", 1),
    "pm10_atm": ("pm10", 1),
    "pm1_0_cf1": ("pm1_0_cf1", 1),
    "pm2_5_cf1": ("pm2_5_cf1", 1),
    "pm10_cf1": ("pm10_cf1", 1),
    "n0_3": ("pn0_3", 0.01),  # per 0.1 L → per cm³
    "n0_5": ("pn0_5", 0.01),
    "n1_0": ("pn1_0", 0.01),
    "n2_5": ("pn2_5", 0.01),
    "n5_0": ("pn5_0", 0.01),
    "n10_0": ("pn10", 0.01),
    "hcho_ugm3": ("hcho", _PPB),
    "temp_c": ("temperature", 1),
    "rh_pct": ("humidity", 1),
}


@dataclass(frozen=True, kw_only=True)
class Plantower(Driver):
    """A model is its columns.

    Attributes:
        words: The payload as a `struct` format.
        columns: The fields of the payload, in the order of `words`.
    """

    words: Struct
    columns: tuple[str, ...]

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut this model's data frames and, where it has commands, their 8-byte answers."""
        data = self.words.size + 6
        sizes = {data - 4: data}
        if self.commands:
            sizes[_ACK_SIZE - 4] = _ACK_SIZE

        def size(buffer: bytes) -> int:
            if len(buffer) < 4:  # noqa: PLR2004 - head and length
                return 0
            return sizes.get(int.from_bytes(buffer[2:4]), -1)

        return by_header((b"BM",), size, _is_summed)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a data frame (µg/m³, counts above a size per 0.1 L, °C, %), or an answer.

        `status` is `warming_up` while nothing at all is seen: for a time after wake the sensor
        sends zeros, and a room without one particle above 0.3 µm in 0.1 L there is not. (The
        PMS3003 sends no counts; its reserved words stand in for them.)
        """
        if len(frame) == _ACK_SIZE:
            return {"ack_cmd": frame[4], "ack_data": frame[5]}
        words = zip(self.columns, self.words.unpack(frame[4:-2]), strict=True)
        fields = {name: word / 10 if name in _TENTHS else word for name, word in words}
        if not any(fields.get(name) for name in (*_MASS, *_COUNTS, *_RESERVED)):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a data frame, or an answer where there is an `ack_cmd`."""
        if "ack_cmd" in fields:
            payload = bytes((fields["ack_cmd"], fields["ack_data"]))
        else:
            values = ((name, fields.get(name, 0)) for name in self.columns)
            payload = self.words.pack(
                *(round(value * 10) if name in _TENTHS else value for name, value in values)
            )
        return _summed(b"BM" + (len(payload) + 2).to_bytes(2) + payload)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Convert to µg/m³, particles per cm³, ppb, °C and %; zeros of a broken one are a fault."""
        if "ack_cmd" in fields:
            return None
        error = fields.get("error_code", 0)
        if "status" in fields and not error:
            raise NotReady("all zero: the sensor has just woken and sees nothing yet")
        values = {
            quantity: round(fields[name] * factor, 6)
            for name, (quantity, factor) in _QUANTITIES.items()
            if name in fields
        }
        return Sample(values, fault=f"error code {error}" if error else "")

    def fits(self, fields: Fields) -> bool:
        """Tell the models apart, and from other makers' sensors with such frames.

        A PMS3003 that weighs something has something in its reserved words, where others count; a
        version is never 0, as the upper byte of formaldehyde is.
        """
        if "ack_cmd" in fields or "status" in fields:
            return True
        seen = any(fields.get(name) for name in (*_COUNTS, *_RESERVED))
        return (
            not self.belies(fields)
            and (seen or not fields["pm10_atm"])
            and fields.get("version", 1) > 0
        )

    def belies(self, fields: Fields) -> bool:
        """Find what no clone can say either.

        Each count contains the next; who counts nothing weighs nothing; and the two ways to weigh
        are made of one another.
        """
        if "ack_cmd" in fields:
            return False
        counts = [fields[name] for name in _COUNTS if name in fields]
        weighs = [bool(fields[f"pm10_{kind}"]) for kind in ("cf1", "atm")]
        return (
            any(more < fewer for more, fewer in pairwise(counts))
            or weighs[0] != weighs[1]
            or (any(weighs) and counts[:1] == [0])
            or not _COLDEST <= fields.get("temp_c", 0) <= _HOTTEST
            or not _DRIEST <= fields.get("rh_pct", 50) <= 100  # noqa: PLR2004 - per cent
            or fields.get("hcho_ugm3", 0) > _MOST_HCHO
        )

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the pace of its duty cycle."""
        duty = settings.get("duty_seconds")
        return replace(self, every=float(duty)) if duty else self

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample of the stream, or of a duty cycle."""
        if settings.get("duty_seconds"):
            return (yield from _CYCLE.read(self, settings))
        return (yield from super().read(settings))

    def start(self, _settings: Settings) -> Opening:
        """Have the sensor stream, should someone have left it asleep or passive."""
        steps: list[Step] = [Listen(_LONGEST_GAP)]
        if self.commands:
            steps += (Ask(command.data, _LONGEST_GAP) for command in (_WAKE, _ACTIVE))
        for step in steps:
            try:
                yield step
            except NoReply:
                continue
            return


def _summed(body: bytes) -> bytes:
    return body + sum16(body).to_bytes(2)


def _is_summed(frame: bytes) -> bool:
    return _summed(frame[:-2]) == frame


def _command(name: str, code: int, data: int, text: str, reply: Fields | None = None) -> Command:
    return Command(name, _summed(bytes((0x42, 0x4D, code, 0, data))), text, reply=reply)


_ACTIVE: Final = _command(
    "active_mode", 0xE1, 1, "send frames by itself", {"ack_cmd": 0xE1, "ack_data": 1}
)
_WAKE: Final = _command("wake", 0xE4, 1, "start fan and laser; good values after 30 s")
_SLEEP: Final = _command("sleep", 0xE4, 0, "stop fan and laser", {"ack_cmd": 0xE4, "ack_data": 0})
_COMMANDS: Final = by_name(
    _command(
        "passive_mode", 0xE1, 0, "send frames only when asked", {"ack_cmd": 0xE1, "ack_data": 0}
    ),
    _ACTIVE,
    _command("passive_read", 0xE2, 0, "send one frame", {}),
    _SLEEP,
    _WAKE,
)
_CYCLE: Final = Cycle(wake=_WAKE, sleep=_SLEEP, warmup=_WARMUP)


def _model(name: str, words: str, columns: tuple[str, ...], proof: Proof) -> Plantower:
    deaf = name == "pms3003"
    return Plantower(
        name=f"plantower.{name}",
        line=Line(9600),
        quantities=tuple(
            quantity for field, (quantity, _) in _QUANTITIES.items() if field in columns
        ),
        every=1.0,
        warmup_seconds=_WARMUP,
        takes={} if deaf else {"duty_seconds": setting(_WARMUP)},
        commands={} if deaf else _COMMANDS,
        identify=() if deaf else ("active_mode",),
        proof=proof,
        document=f"Plantower, {name.upper()} data manual",
        words=Struct(words),
        columns=columns,
    )


_VERSION: Final = ("version", "error_code")

PMS3003: Final = _model("pms3003", ">9H", _MASS + _RESERVED, "capture")
PMS5003: Final = _model("pms5003", ">12H2B", _MASS + _COUNTS + _VERSION, "capture")
PMS5003T: Final = _model(
    "pms5003t", ">10HhH2B", (*_MASS, *_COUNTS[:4], "temp_c", "rh_pct", *_VERSION), "capture"
)
PMS5003S: Final = _model("pms5003s", ">13H", (*_MASS, *_COUNTS, "hcho_ugm3"), "documents")
PMS5003ST: Final = _model(
    "pms5003st",
    ">13HhHH2B",
    (*_MASS, *_COUNTS, "hcho_ugm3", "temp_c", "rh_pct", "reserved_34", *_VERSION),
    "documents",
)
