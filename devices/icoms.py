r"""ICOMS' TMA-296: a line of text for what it sees, with direction, speed and distance.

A line is `+087 km/h045 m\r\n`: `+` comes closer, `-` goes away. How many spaces there are is
nowhere shown byte by byte, so that any number of them is read.

Source: ICOMS Detections, TMA-296 manual, page 15 (manualshive.com 3453416).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.cutters import by_line, either
from devices.driver import Line, Settings
from devices.errors import DecodeError
from devices.one_speed import OneSpeed, directions_setting
from devices.units import FASTEST, KMH, METRES

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Fields
    from devices.sample import Sample

_LONGEST: Final = 32
"""Bytes of a line; as described it has 17."""

_LINE: Final = re.compile(rb"([+-]) *(\d{1,3}) *(km/h|mph) *(\d{1,3}) *(m|ft) *\r\n", re.IGNORECASE)
_WAYS: Final = {"+": "approach", "-": "recede"}


@dataclass(frozen=True, kw_only=True)
class Icoms(OneSpeed):
    """A radar that sends lines."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut lines that parse; within a broken one only a sign begins another."""

        def parses(line: bytes) -> bool:
            match = _LINE.fullmatch(line)
            return match is not None and int(match[2]) * KMH[match[3].decode().lower()] <= FASTEST

        return either(*(by_line(_LONGEST, parses, start=sign) for sign in (b"+", b"-")))

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read direction, speed in the unit that stands behind it, and distance, m."""
        match = _LINE.fullmatch(frame)
        if match is None:
            raise DecodeError("not a line of this radar")
        sign, speed, unit, distance, length = (part.decode().lower() for part in match.groups())
        feet = length == "ft"
        metres = round(int(distance) * METRES["mph"], 3) if feet else int(distance)
        return {"direction": _WAYS[sign], "speed": int(speed), "unit": unit, "range_m": metres}

    def encode(self, fields: Fields) -> bytes:
        """Write a line; its distance is in m."""
        sign = "-" if fields.get("direction") == "recede" else "+"
        speed, unit = fields.get("speed", 0), fields.get("unit", "km/h")
        metres = fields.get("range_m", 0)
        if isinstance(metres, float):
            return f"{sign}{speed:03} {unit}{round(metres / METRES['mph']):03} ft\r\n".encode()
        return f"{sign}{speed:03} {unit}{metres:03} m\r\n".encode()

    def sample(self, fields: Fields, settings: Settings) -> Sample:
        """Turn a line into a detection; a speed of zero is nobody."""
        speed = fields["speed"] * KMH[fields["unit"]]
        return self.detected(speed, fields["direction"], settings, float(fields["range_m"]))


TMA296: Final = Icoms(
    name="icoms.tma296",
    line=Line(9600),
    channels=("in", "out"),
    takes={"directions": directions_setting(default=True)},
    proof="documents",
    document="ICOMS Detections, TMA-296 manual, page 15",
)
