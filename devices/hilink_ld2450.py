"""Hi-Link's radar HLK-LD2450 and Ai-Thinker's Rd-03D: ten reports a second, up to three people.

A report is `AA FF 03 00`, three times x, y, speed and resolution (words, low byte first), `55 CC`.
In a word of a place or a speed, the highest bit is set where the number is *positive*; a place of
zero is an empty slot. There is no checksum: both ends are all there is. Commands and answers are
those of `hilink_config`.

Source: Hi-Link, HLK-LD2450 Serial Communication Protocol V1.03, section 2.3, with an example, and
HLK-LD2450 Instruction Manual, section 6; which sign comes closer: ESPHome, components/ld2450.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import by_name
from devices.cutters import by_header, either
from devices.driver import Line, Settings
from devices.hilink_config import (
    COMMON,
    Configurable,
    ask,
    by_answer,
    command,
    is_answer,
    read_answer,
    write_answer,
)
from devices.sample import Detection, Sample
from devices.units import FASTEST

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Fields, Opening

_HEAD: Final = b"\xaa\xff\x03\x00"
_TAIL: Final = b"\x55\xcc"
_SLOTS: Final = 3
_WORDS: Final = ("x_mm", "y_mm", "speed_cms", "res_mm")
_SLOT: Final = 2 * len(_WORDS)
_SIZE: Final = len(_HEAD) + _SLOTS * _SLOT + len(_TAIL)
_SLOT_STARTS: Final = range(len(_HEAD), _SIZE - len(_TAIL), _SLOT)
_LONGEST_ANSWER: Final = 30
"""What its length says at most: that of three zones."""

_POSITIVE: Final = 0x8000
_KMH: Final = 0.036
"""km/h in one cm/s."""


@dataclass(frozen=True, kw_only=True)
class PeopleRadar(Configurable):
    """A radar for rooms and footpaths that says where up to three people are."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut reports, and answers to commands."""
        return either(
            by_header((_HEAD,), lambda _: _SIZE, _can_be, tail=_TAIL, refused="header"),
            by_answer(_LONGEST_ANSWER),
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a report (mm, cm/s; empty slots left out), or the answer to a command."""
        if is_answer(frame):
            return read_answer(frame)
        slots = (_read_slot(frame[at : at + _SLOT]) for at in _SLOT_STARTS)
        return {"targets": [slot for slot in slots if slot["x_mm"] or slot["y_mm"]]}

    def encode(self, fields: Fields) -> bytes:
        """Write a report; or an answer to an `ack_cmd`."""
        if "ack_cmd" in fields:
            return write_answer(fields)
        body = b"".join(map(_write_slot, fields.get("targets", [])))
        return _HEAD + body.ljust(_SLOTS * _SLOT, b"\0") + _TAIL

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Turn whoever walks into a detection; nobody, or who stands still, is a measurement too.

        A negative speed comes closer.
        """
        if "ack_cmd" in fields:
            return None
        return Sample(
            detections=tuple(
                Detection(
                    channel="in" if target["speed_cms"] < 0 else "out",
                    speed=round(abs(target["speed_cms"]) * _KMH, 3),
                    distance=round(math.hypot(target["x_mm"], target["y_mm"]) / 1000, 3),
                )
                for target in fields["targets"]
                if target["speed_cms"]
            )
        )

    def start(self, _settings: Settings) -> Opening:
        """Have it leave config mode: whoever was here before may have left it open.

        It hears nothing but `enable_config` outside of it, so that comes first.
        """
        yield from ask(self.commands["enable_config"])
        yield from ask(self.commands["end_config"])


def _can_be(report: bytes) -> bool:
    """Say whether nobody is faster than anything that moves."""
    speeds = (abs(_read_slot(report[at : at + _SLOT])["speed_cms"]) for at in _SLOT_STARTS)
    return all(speed * _KMH <= FASTEST for speed in speeds)


def _read_slot(slot: bytes) -> dict[str, int]:
    words = [int.from_bytes(slot[at : at + 2], "little") for at in range(0, _SLOT, 2)]
    signed = [word - _POSITIVE if word & _POSITIVE else -word for word in words[:-1]]
    return dict(zip(_WORDS, (*signed, words[-1]), strict=True))


def _write_slot(target: Fields) -> bytes:
    numbers = [target.get(name, 0) for name in _WORDS]
    words = [number + _POSITIVE if number > 0 else -number for number in numbers[:-1]]
    return b"".join(word.to_bytes(2, "little") for word in (*words, numbers[-1]))


LD2450: Final = PeopleRadar(
    name="hilink.ld2450",
    line=Line(256000),
    lines=(Line(115200),),
    channels=("in", "out"),
    every=0.1,
    commands=by_name(
        *COMMON,
        command("set_single_target", 0x80, b"", "follow one person", lasts=True),
        command("set_multi_target", 0x90, b"", "follow up to three people", lasts=True),
        command("read_target_mode", 0x91, b"", "ask how many it follows: 1 one, 2 three"),
        command("bluetooth_off", 0xA4, b"\0\0", "no Bluetooth, after a restart", lasts=True),
        command("bluetooth_on", 0xA4, b"\x01\0", "Bluetooth, after a restart", lasts=True),
        command("read_mac", 0xA5, b"\x01\0", "ask for its Bluetooth address"),
        command("read_zones", 0xC1, b"", "ask which zones it leaves out, or looks at alone"),
    ),
    proof="example",
    document="Hi-Link, HLK-LD2450 Serial Communication Protocol V1.03",
)
