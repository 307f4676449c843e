r"""Wavetronix' SmartSensor 105: a radar beside the road that counts by itself, lane by lane.

Asked `Z00012XD\r` (its id is 12) for the last interval that it has completed, it repeats the
question and adds, in hex: the end of the interval in seconds since 2000 (8 digits), of each lane
its number (1), vehicles (8), mean speed (4), the time that somebody was there and the shares of
three lengths, in 1024ths (4 each), the sum of these characters (4), `~`, `\r\n`. Where it has none
it says so in a word instead.

Source: Wavetronix, SmartSensor 105 protocol, as read in mnit-rtmc/iris, comm/ss105: SS105Property,
BinnedSampleProperty, TimeStamp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, by_name
from devices.cutters import Bad, Whole
from devices.dialogue import carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NotReady
from devices.lanes import lane, lanes, lanes_setting
from devices.sample import Sample, Tally
from devices.units import KMH, believable, unit_of_speed

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Dialogue, Fields

_BEGIN: Final = b"Z0"
_HEAD: Final = 8
"""Bytes up to the answer: `Z0`, its id, `XD`."""

_END: Final = b"~"
_SUM: Final = 4
_STAMP: Final = 8
_LANE: Final = 29
_PARTS: Final = (1, 8, 4, 4, 4, 4, 4)
"""Digits of each number of a lane."""

_SHARES: Final = ("small_pct", "medium_pct", "large_pct")
_WHOLE: Final = 1024
_LONGEST: Final = 300
"""Bytes of an answer: eight lanes have 252."""

_WORDS: Final = ("Failure", "Invalid", "Empty")
_LINE: Final = re.compile(rb"Z0[0-9]{4}XD([0-9A-F]*|Failure|Invalid|Empty)~\r\n")
_WITHIN: Final = 2.0
_MOST_LANES: Final = 8


@dataclass(frozen=True, kw_only=True)
class SmartSensor(Driver):
    """A radar that tells means of its own intervals."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut answers."""
        return _cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read lanes (speed in the unit that it was set to, shares in %), or a word."""
        drop, answer = int(frame[2:6]), frame[_HEAD : frame.index(_END)].decode()
        if answer in _WORDS:
            return {"drop": drop, "word": answer}
        body = answer[_STAMP:-_SUM]
        return {
            "drop": drop,
            "t2000_s": int(answer[:_STAMP], 16),
            "lanes": [_read_lane(body[at : at + _LANE]) for at in range(0, len(body), _LANE)],
        }

    def encode(self, fields: Fields) -> bytes:
        """Write an answer."""
        head = f"Z0{fields.get('drop', _ADDRESS):04}XD"
        if "word" in fields:
            return f"{head}{fields['word']}~\r\n".encode()
        body = f"{fields.get('t2000_s', 0):08X}"
        body += "".join(_write_lane(each) for each in fields.get("lanes", ()))
        return f"{head}{body}{sum(body.encode()):04X}~\r\n".encode()

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn each lane into a tally; what it counted twice is known by the interval's end.

        Raises:
            NotReady: It has completed no interval yet.
            DecodeError: It says that it did not understand.
        """
        if fields.get("word") == "Empty":
            raise NotReady("it has completed no interval yet")
        if "word" in fields:
            raise DecodeError(f"it answers {fields['word']}")
        return Sample(
            tallies=tuple(
                Tally(
                    channel=lane(each["lane"]),
                    count=float(each["count"]),
                    sums=_sums(each, settings),
                    mark=str(fields["t2000_s"]),
                )
                for each in fields["lanes"]
            )
        )

    def tailored(self, settings: Settings) -> Driver:
        """Know its lanes, and talk to its address."""
        return replace(
            self,
            channels=lanes(settings["lanes"]),
            every=settings["bin_seconds"] / _LOOKS,
            commands=_commands(settings["address"]),
        )

    def read(self, settings: Settings) -> Dialogue:
        """Ask for the last interval.

        Raises:
            NoReply: It did not answer, three times.
            NotReady: It has none.
        """
        received = yield from carry_out(self.commands["read_binned"], _WITHIN)
        return self.sample(received.fields, settings) or Sample()


def _sums(told: Fields, settings: Settings) -> dict[str, float]:
    """Return what a lane adds up; a mean that nobody drives adds nothing."""
    speed = believable(told["speed"] * KMH[settings["unit"]]) or 0.0
    return {
        "speed_sum": speed * told["count"],
        "occupied_seconds": told["occ_pct"] / 100 * settings["bin_seconds"],
    }


def _cut(buffer: bytes) -> Verdict:
    """Cut a line; within a broken one only a `Z` begins another."""
    again, end = buffer.find(_BEGIN[0], 1), buffer.find(b"\n") + 1
    if not buffer.startswith(_BEGIN) and not _BEGIN.startswith(buffer):
        return Bad("header", again if again > 0 else len(buffer))
    if again > 0 and not 0 < end <= again:
        return Bad("length", again)
    if not end:
        return None if len(buffer) < _LONGEST else Bad("length")
    return _judge(buffer[:end])


def _judge(line: bytes) -> Verdict:
    match = _LINE.fullmatch(line)
    if match is None:
        return Bad("header", len(line))
    answer = match[1]
    if answer.decode() in _WORDS:
        return Whole(len(line))
    lanes_size = len(answer) - _STAMP - _SUM
    if lanes_size < 0 or lanes_size % _LANE:
        return Bad("length")
    is_summed = sum(answer[:-_SUM]) == int(answer[-_SUM:], 16)
    return Whole(len(line)) if is_summed else Bad("checksum")


def _read_lane(text: str) -> dict[str, Any]:
    numbers: list[int] = []
    at = 0
    for digits in _PARTS:
        numbers.append(int(text[at : at + digits], 16))
        at += digits
    number, count, speed, *shares = numbers
    percent = (100 * share / _WHOLE for share in shares)
    names = ("occ_pct", *_SHARES)
    return {
        "lane": number,
        "count": count,
        "speed": speed,
        **dict(zip(names, percent, strict=True)),
    }


def _write_lane(fields: Fields) -> str:
    shares = (round(fields.get(name, 0) * _WHOLE / 100) for name in ("occ_pct", *_SHARES))
    numbers = (fields.get("lane", 1), fields.get("count", 0), fields.get("speed", 0), *shares)
    return "".join(f"{number:0{digits}X}" for number, digits in zip(numbers, _PARTS, strict=True))


def _commands(address: int) -> dict[str, Command]:
    """Return the commands as the sensor with that id hears them."""
    data = f"Z0{address:04}XD\r".encode()
    text = "tell the last interval"
    return by_name(Command("read_binned", data, text, reply={"drop": address}))


_ADDRESS: Final = 12
"""That of the documents' example: each sensor has another, made from its serial number."""

_LOOKS: Final = 3
"""How often an interval of its own is asked for: once is not enough where the clocks differ."""

_BIN: Final = 30

SS105: Final = SmartSensor(
    name="wavetronix.ss105",
    line=Line(9600),
    channels=lanes(_MOST_LANES),
    sums=("speed_sum", "occupied_seconds"),
    every=_BIN / _LOOKS,
    takes={
        "address": Setting(_ADDRESS, range(10000), "its id on the bus", required=True),
        "lanes": lanes_setting(_MOST_LANES, _MOST_LANES),
        "unit": unit_of_speed("mph"),
        "bin_seconds": Setting(_BIN, range(5, 3601), "the length of its own intervals, s"),
    },
    commands=_commands(_ADDRESS),
    proof="documents",
    document="Wavetronix, SmartSensor 105 protocol; mnit-rtmc/iris, comm/ss105",
)
