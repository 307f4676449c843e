"""Benewake's lidars TFmini, TFmini Plus, TFmini-S, TF-Luna, TF02-Pro and TF03: one beam, one spot.

A frame is `59 59`, distance, strength of the echo, temperature of the chip (words, low byte first),
and the low byte of the sum. 59 may stand in it too: only the sum tells. A question is `5A`, its
length, what it is about, a value, the sum; so is the answer, which repeats it, or says 0 for done.
What is told is forgotten without power, unless `save` is told too; this driver never does.

Told how far away the empty lane is, a lidar that looks across it counts whoever is nearer.

Source: Benewake, TFmini Plus Product Manual, page 17; TFmini-S, page 17 (65535, 65534 and 65532);
TF03, page 13; TF-Luna Product Manual A01; TFmini Product Manual (bytes 6 and 7 are no temperature).
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command, Numbered
from devices.cutters import Bad, by_header, either
from devices.dialogue import Fields, Listen, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DeviceFault, NoReply
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Opening

_DATA: Final = b"\x59\x59"
_TALK: Final = b"\x5a"
_SIZE: Final = 9
_ABOUT: Final = 3
"""Bytes of an answer in front of its value."""

_FIRMWARE: Final = 0x01
_RATE: Final = 0x03
_FORMAT: Final = 0x05
_BAUD: Final = 0x06
_SIZES: Final = {0x01: 7, 0x02: 5, 0x03: 6, 0x05: 5, 0x06: 8, 0x07: 5, 0x11: 5}
"""Bytes of an answer, by what it is about."""

_UNITS: Final = {"cm": 0x01, "mm": 0x06}
_METRES: Final = {"cm": 0.01, "mm": 0.001}
_LEAST_STRENGTH: Final = 100
_BLINDED: Final = 65535
"""The strength of an echo that is too strong to be measured."""

_NO_DISTANCE: Final = frozenset({65532, 65534, 65535})
"""Distances that say: ambient light, echo too strong, too weak."""

_ZERO_C: Final = 256
_CHIP: Final = (-40, 100)
"""°C that a chip can have."""

_MODELS: Final = ("tfmini-plus", "tfmini-s", "tf-luna", "tf02-pro", "tf03", "tfmini")
_NO_CHIP: Final = frozenset({"tf03", "tfmini"})
"""Models whose bytes 6 and 7 say something else."""

_DEAF: Final = frozenset({"tfmini"})
"""Models that are told things in another way; its rate is 100 Hz."""

_RATES: Final = (1, 2, 5, 10, 20, 25, 50, 100, 125, 200, 250)
_MOST_HZ: Final = 1000
_BAUDRATES: Final = range(9600, 921_601)
_WITHIN: Final = 0.5
_BLIND_SECONDS: Final = 2.0
"""Without an echo from the lane for so long, a lidar sees nothing, and not that nobody is there."""

_LAPSE: Final = 1.0
"""Seconds: one that watches a lane streams too, though it does not always see."""

_GAP_SECONDS: Final = 0.4
"""Whoever hides a lane again within it is still the same: between lorry and trailer there is a gap,
and glass returns no echo."""


class _Between:
    """Numbers from one to another."""

    def __init__(self, low: float, high: float) -> None:
        self._bounds = low, high

    def __contains__(self, value: object) -> bool:
        low, high = self._bounds
        return isinstance(value, float) and math.isfinite(value) and low <= value <= high


@dataclass(frozen=True, kw_only=True)
class Benewake(Driver):
    """A lidar of one beam."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut measurements, and answers of a known length."""
        return either(
            by_header((_DATA,), lambda _: _SIZE, _is_summed),
            by_header((_TALK,), _answer_size, _is_summed),
        )

    def decode(self, frame: bytes, settings: Settings) -> dict[str, Any]:
        """Read a measurement (the unit is in the name, °C of the chip), or an answer."""
        if frame.startswith(_TALK):
            value = frame[_ABOUT:-1]
            fields: dict[str, Any] = {"ack_cmd": frame[2], "value_hex": value.hex()}
            if frame[2] == _FIRMWARE:
                fields["version"] = ".".join(str(part) for part in reversed(value))
            return fields
        distance, strength, last = (
            int.from_bytes(frame[at : at + 2], "little") for at in (2, 4, 6)
        )
        known = (
            {"reserved_hex": frame[6:8].hex()}
            if settings["model"] in _NO_CHIP
            else {"temp_c": last / 8 - _ZERO_C}
        )
        is_echo = _LEAST_STRENGTH <= strength < _BLINDED and distance not in _NO_DISTANCE
        unit = f"distance_{settings['unit']}"
        return {unit: distance, "strength": strength, **known, "reliable": is_echo}

    def encode(self, fields: Fields) -> bytes:
        """Write a measurement, or an answer to an `ack_cmd`."""
        if "ack_cmd" in fields:
            return _talk(fields["ack_cmd"], bytes.fromhex(fields.get("value_hex", "")))
        distance = fields.get("distance_cm", fields.get("distance_mm", 0))
        body: bytes = (
            _DATA + distance.to_bytes(2, "little") + fields.get("strength", 0).to_bytes(2, "little")
        )
        if "reserved_hex" in fields:
            body += bytes.fromhex(fields["reserved_hex"])
        else:
            body += int((fields.get("temp_c", 0) + _ZERO_C) * 8).to_bytes(2, "little")
        return body + bytes((sum8(body),))

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Pass distance and strength on; or say who is in the lane, where one is watched.

        A beam that does not come back measures nothing. In a lane it is passed over: dark paint and
        glass swallow it too.
        """
        if "ack_cmd" in fields:
            return None
        unit = settings["unit"]
        raw, strength = fields[f"distance_{unit}"], fields["strength"]
        is_echo = fields["reliable"] and raw > 0
        distance = round(raw * _METRES[unit], 3)
        signal = None if strength == _BLINDED else float(strength)
        lane = settings["lane_metres"]
        if not lane:
            return Sample({"distance": distance if is_echo else None, "signal": signal})
        if not is_echo:
            return None
        if distance >= lane - settings["margin_metres"]:
            return Sample()
        return Sample(detections=(Detection("all", distance=distance, signal=signal),))

    def fits(self, fields: Fields) -> bool:
        """Say whether its chip can be that warm."""
        low, high = _CHIP
        return bool(low <= fields.get("temp_c", low) <= high)

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read an answer that says something else than was told, or than that it is done."""
        told, said = command.reply or {}, fields.get("value_hex")
        if fields.get("ack_cmd") != told.get("ack_cmd", -1) or said == told["value_hex"]:
            return ""
        return f"it answers {said or 'nothing'}, not {told['value_hex'] or 'nothing'}"

    def tailored(self, settings: Settings) -> Driver:
        """Count a lane where one is named; else measure, as often as it is told to."""
        if settings["lane_metres"]:
            return replace(
                self, quantities=(), channels=("all",), sums=(), every=None, lapse_seconds=_LAPSE
            )
        return replace(self, every=1 / _hertz(settings))

    def start(self, settings: Settings) -> Opening:
        """Have it measure in the unit and as often as it is set; one that is deaf is read as it is.

        Raises:
            NoReply: It hears, but does not say that it took the unit.
        """
        if settings["model"] in _DEAF:
            return
        try:
            yield from carry_out(self.commands["output_on"], _WITHIN)
        except NoReply:
            return
        yield from carry_out(self.commands[f"format_{settings['unit']}"], _WITHIN)
        with suppress(NoReply):
            yield from carry_out(self.commands[f"rate_{_hertz(settings)}hz"], _WITHIN)

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample.

        Raises:
            NoReply: It is silent.
            DeviceFault: It sees no lane: its window is dirty, or it looks past it.
        """
        if not settings["lane_metres"]:
            return (yield from super().read(settings))
        try:
            for _ in range(math.ceil(_BLIND_SECONDS * _hertz(settings))):
                received = yield Listen(within=5.0)
                sample = self.sample(received.fields, settings)
                if sample is not None:
                    return sample
        except NoReply:
            yield from self.start(settings)
            raise
        raise DeviceFault(f"no echo from the lane for {_BLIND_SECONDS:g} s")


def _hertz(settings: Settings) -> int:
    return 100 if settings["model"] in _DEAF else int(settings["rate_hz"])


def _is_summed(frame: bytes) -> bool:
    return sum8(frame[:-1]) == frame[-1]


def _answer_size(buffer: bytes) -> int | Bad:
    """Tell the size of an answer, which its length and what it is about must agree on."""
    if len(buffer) < _ABOUT:
        return 0
    size = _SIZES.get(buffer[2])
    if size is None:
        return Bad("header")
    return size if buffer[1] == size else -1


def _talk(about: int, value: bytes = b"") -> bytes:
    body = bytes((*_TALK, len(value) + _ABOUT + 1, about)) + value
    return body + bytes((sum8(body),))


def _command(
    name: str, about: int, value: bytes, text: str, *, done: bool = False, lasts: bool = False
) -> Command:
    """Make a command; its answer repeats the value, or says that it is done."""
    answer = {"ack_cmd": about, "value_hex": "00" if done else value.hex()}
    return Command(name, _talk(about, value), text, dangerous=lasts, reply=answer)


def _rate(hertz: int) -> Command:
    text = f"{hertz} measurements a second" if hertz else "measure only when `trigger` is told"
    return _command(f"rate_{hertz}hz", _RATE, hertz.to_bytes(2, "little"), text)


def _baud(baudrate: int) -> Command:
    text = f"{baudrate} baud: the port must follow"
    value = baudrate.to_bytes(4, "little")
    return _command(f"baud_{baudrate}", _BAUD, value, text, lasts=True)


_NUMBERED: Final = re.compile(r"(rate|baud)_(\d{1,6})(hz)?", re.ASCII)


def _make(name: str) -> Command | None:
    """Make the command of that name; None where a lidar takes none like it."""
    found = _NUMBERED.fullmatch(name)
    if found is None:
        return None
    number = int(found[2])
    made = None
    if found[1] == "rate" and number <= _MOST_HZ:
        made = _rate(number)
    elif found[1] == "baud" and number in _BAUDRATES:
        made = _baud(number)
    return made if made is not None and made.name == name else None


_COMMANDS: Final = Numbered(
    _make,
    Command("firmware", _talk(_FIRMWARE), "tell the firmware", reply={"version": None}),
    _command("reset", 0x02, b"", "begin anew: what is not saved is forgotten", done=True),
    Command("trigger", _talk(0x04), "measure once", reply={"strength": None}),
    *(_rate(hertz) for hertz in (0, *_RATES, _MOST_HZ)),
    *(
        _command(f"format_{unit}", _FORMAT, bytes((code,)), f"distances in {unit}")
        for unit, code in _UNITS.items()
    ),
    _command("format_pixhawk", _FORMAT, b"\x02", "lines of text, which this driver can't read"),
    _command("output_off", 0x07, b"\0", "say nothing"),
    _command("output_on", 0x07, b"\x01", "speak again"),
    _baud(115200),
    _command("save", 0x11, b"", "keep all settings without power", done=True, lasts=True),
)

TFMINI: Final = Benewake(
    name="benewake.tfmini",
    line=Line(115200),
    quantities=("distance", "signal"),
    gap_seconds=_GAP_SECONDS,
    unit_told=True,
    takes={
        "model": Setting("tfmini-plus", _MODELS, f"one of: {', '.join(_MODELS)}"),
        "unit": Setting("cm", tuple(_UNITS), "of its distances: cm or mm"),
        "rate_hz": Setting(50, _RATES, f"measurements a second: {', '.join(map(str, _RATES))}"),
        "lane_metres": Setting(
            0.0,
            _Between(0.0, 100.0),
            "how far the empty lane is, such as 6.5; 0.0: no lane, measure",
        ),
        "margin_metres": Setting(
            0.5, _Between(0.05, 20.0), "how much nearer somebody is at least, such as 0.5"
        ),
    },
    commands=_COMMANDS,
    identify=("firmware",),
    proof="documents",
    document="Benewake, TFmini Plus, TFmini-S, TF-Luna and TF03 Product Manuals",
)
