r"""Gill's ultrasonic anemometers WindSonic and WindObserver: lines of text, several a second.

A line is STX, what stands in it, ETX, and the exclusive or of what stands between the two:
`␂Q,121,000.06,M,00,␃2D`. In front of the status, a WindObserver may be told to give the speed of
sound and the sonic temperature. In calm air the direction is empty.

Source: Gill, WindObserver 65 User Manual, page 58 (format); WindObserver 1360-PS-0001, page 50, and
WindSonic User Manual 1405-PS-0019, section 11.5 (status) and 14.6 (padding); MetPak 1575-PS-0001,
section 11.5 (status 10).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.driver import Driver, Line, Settings
from devices.errors import DecodeError, DeviceFault
from devices.sample import Sample
from devices.sentences import by_sentence, read, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devices.cutters import Cutter
    from devices.dialogue import Fields

_BEGIN: Final = b"\x02"
_MARK: Final = b"\x03"
_LONGEST: Final = 80
"""Bytes: with everything that it may be told to say, a line has 45."""

_MS: Final = {"M": 1.0, "N": 1852 / 3600, "P": 0.44704, "K": 1 / 3.6, "F": 0.3048 / 60}
"""m/s in one of each unit: m/s, knot, mile an hour, km/h, foot a minute."""

_FAULTS: Final = {
    "01": "axis U: no echo",
    "02": "axis V: no echo",
    "04": "both axes: no echo",
    "08": "its settings are damaged",
    "09": "its program is damaged",
    "0A": "its gain is at the limit: the speed may be wrong",
    "A": "its gain is at the limit: the speed may be wrong",
    "10": "its gain is at the limit: the speed may be wrong",
}
"""What a status says; some firmware writes one digit."""

_SOUND: Final = frozenset({"00", "60", "51"})
"""The status of one that is whole: with its heating too, or averaging over less than it is told."""

_NOTHING: Final = 999
"""What direction and speed are padded with where no echo comes."""

_EXTRAS: Final = ("sound_ms", "sonic_temp_c")
_NODE: Final = re.compile(r"[A-Z]?")
_DIRECTION: Final = re.compile(r"(\d{1,3}(\.\d{1,3})?)?", re.ASCII)
_SPEED: Final = re.compile(r"(\d{1,3}(\.\d{1,4})?)?", re.ASCII)
_EXTRA: Final = re.compile(r"[+-]?\d{1,4}(\.\d{1,4})?", re.ASCII)
_STATUS: Final = re.compile(r"[0-9A-F]{1,2}")
_COMPASS: Final = 360


@dataclass(frozen=True, kw_only=True)
class Gill(Driver):
    """An anemometer that gives direction and speed; east and north parts apart are refused."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut lines."""
        return by_sentence(
            _BEGIN, _MARK, _LONGEST, lambda text: _parse(text.split(",")) is not None
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a line: degrees, a speed in its unit, the status; None where a column is empty."""
        fields = _parse(read(frame, _MARK))
        if fields is None:
            raise DecodeError("not a line of an anemometer")
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a line."""
        direction, speed = fields.get("wind_dir_deg"), fields.get("wind_speed")
        columns = [
            fields.get("node", "Q"),
            "" if direction is None else f"{direction:03}",
            "" if speed is None else _padded(speed, 6),
            fields.get("unit", "M"),
            *(_signed(fields[name]) for name in _EXTRAS if name in fields),
            fields.get("status", "00"),
            "",
        ]
        return write(_BEGIN, ",".join(columns), _MARK)

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Pass the wind on, in m/s; a direction in calm air is none.

        Raises:
            DeviceFault: It says what is broken, and measures nothing.
        """
        speed, direction = _measured(fields["wind_speed"]), _measured(fields["wind_dir_deg"])
        status = fields["status"]
        fault = "" if status in _SOUND else _FAULTS.get(status, f"status {status}")
        if fault and speed is None:
            raise DeviceFault(fault)
        if speed is not None:
            speed = round(speed * _MS[fields["unit"]], 6)
        return Sample({"wind_speed": speed, "wind_direction": direction}, fault=fault)


def _parse(columns: Sequence[str]) -> dict[str, Any] | None:
    """Read the columns of a line; None where no anemometer sends these."""
    fewest = 6
    extras = columns[4:-2]
    if len(columns) < fewest or len(extras) > len(_EXTRAS) or columns[-1]:
        return None
    node, direction, speed, unit, status = *columns[:4], columns[-2]
    forms = (_NODE, _DIRECTION, _SPEED, _STATUS, *[_EXTRA] * len(extras))
    texts = (node, direction, speed, status, *extras)
    if unit not in _MS or not all(
        form.fullmatch(text) for form, text in zip(forms, texts, strict=True)
    ):
        return None
    if direction and _COMPASS < float(direction) < _NOTHING:
        return None
    return {
        "node": node,
        "wind_dir_deg": _number(direction),
        "wind_speed": float(speed) if speed else None,
        "unit": unit,
        **dict(zip(_EXTRAS, map(float, extras), strict=False)),
        "status": status,
    }


def _measured(value: float | None) -> float | None:
    return None if value is None or value >= _NOTHING else float(value)


def _number(text: str) -> float | None:
    """Read a number; a whole one stays an int."""
    if not text:
        return None
    return float(text) if "." in text else int(text)


def _padded(value: float, width: int) -> str:
    """Write a number with two decimals, or more where it has more."""
    text = f"{value:.4f}"
    while text.endswith("0") and len(text.partition(".")[2]) > 2:  # noqa: PLR2004 - decimals
        text = text[:-1]
    return text.zfill(width)


def _signed(value: float) -> str:
    return ("-" if value < 0 else "+") + _padded(abs(value), 6)


WIND: Final = Gill(
    name="gill.wind",
    line=Line(9600),
    lines=(Line(2400), Line(4800), Line(19200), Line(38400)),
    quantities=("wind_speed", "wind_direction"),
    every=1.0,
    proof="documents",
    document="Gill, WindObserver 65 User Manual; WindSonic User Manual",
)
