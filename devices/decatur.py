r"""Decatur's speed radars SI-2 and SI-3: lines of text, in the form that Texas asked for.

A line is `*+055.3,120\r\n`: `+` comes closer, `-` goes away, `?` unknown; the speed with a tenth,
in the unit that it was set to, and the strength of the echo, dB. Commands are text and `\r`; they
are answered by text and `\n\r`, also in the middle of a line: such a line is lost.

Source: Decatur Electronics, SI-2 Technical Manual, page 81 (manualslib.com 2999825); SI-3 User's
Manual, pages 15 (an answer within a line), 27 and 29 (commands; manualshive.com 2461633).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, by_name
from devices.cutters import by_shape
from devices.driver import Line, Settings
from devices.one_speed import OneSpeed, directions_setting
from devices.units import FASTEST, KMH, unit_of_speed

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Fields
    from devices.sample import Sample

_WAYS: Final = {"+": "approach", "-": "recede", "?": "unknown"}
_SIGNS: Final = {way: sign for sign, way in _WAYS.items()}
_LINES: Final = tuple(f"*{sign}999.9,999\r\n" for sign in _WAYS)
_REPLIES: Final = ("OK\n\r", *("9" * digits + "\n\r" for digits in range(1, 6)))
"""An acknowledgement, and numbers: its id, its serial number."""

_BAUDRATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, kw_only=True)
class Decatur(OneSpeed):
    """A radar that sends lines."""

    def cutter(self, settings: Settings) -> Cutter:
        """Cut lines of speeds that can be, and answers to commands."""

        def can_be(line: bytes) -> bool:
            speed = float(line[2:7]) if line.startswith(b"*") else 0.0
            return speed * KMH[settings["unit"]] <= FASTEST

        return by_shape(*_LINES, *_REPLIES, verify=can_be)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read direction, speed and strength, or the answer to a command."""
        text = frame.decode("ascii").strip()
        if not text.startswith("*"):
            return {"reply": text}
        speed, strength = text[2:].split(",")
        return {
            "direction": _WAYS[text[1]],
            "speed": float(speed),
            "strength_db": int(strength),
        }

    def encode(self, fields: Fields) -> bytes:
        """Write a line, or an answer where there is a `reply`."""
        if "reply" in fields:
            return f"{fields['reply']}\n\r".encode()
        sign = _SIGNS[fields.get("direction", "unknown")]
        speed, strength = fields.get("speed", 0.0), fields.get("strength_db", 0)
        return f"*{sign}{speed:05.1f},{strength:03}\r\n".encode()

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn a line into a detection; a speed of zero is nobody."""
        if "reply" in fields:
            return None
        return self.detected(fields["speed"] * KMH[settings["unit"]], fields["direction"], settings)


def _command(name: str, text: str, help_: str, *, lasts: bool = False) -> Command:
    reply = {"reply": None if name in {"unit_id", "serial_number"} else "OK"}
    return Command(name, f"{text}\r".encode(), help_, dangerous=lasts, reply=reply)


SI: Final = Decatur(
    name="decatur.si",
    line=Line(9600),
    lines=(Line(19200), Line(1200)),
    channels=("in", "out"),
    takes={"unit": unit_of_speed("mph"), "directions": directions_setting(default=True)},
    commands=by_name(
        _command("unit_id", "i", "tell its id"),
        _command("serial_number", "s", "tell its serial number"),
        _command("protocol_none", "P00", "send no lines: stop"),
        _command("protocol_standard", "P01", "send lines"),
        _command("unit_mph", "C0", "speeds in mph, until the power is cut"),
        _command("unit_kmh", "C1", "speeds in km/h, until the power is cut"),
        *(
            _command(
                f"set_baudrate_{baud}",
                f"B{index}",
                f"{baud} baud, once saved and started again: the port must follow",
                lasts=True,
            )
            for index, baud in enumerate(_BAUDRATES)
        ),
        Command("save", b"F\r", "keep all settings in its flash", dangerous=True),
        Command("factory_reset", b"X\r", "forget all settings", dangerous=True),
    ),
    proof="documents",
    document="Decatur Electronics, SI-2 Technical Manual, page 81; SI-3 User's Manual",
)
