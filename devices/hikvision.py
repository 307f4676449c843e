"""Hikvision's radar CSR-I: it shows one speed, in one of three formats that it is set to.

Format 0 is a byte in km/h, nothing else; format 1 says by the byte before it where the vehicle
goes (`F9` comes closer, `F8` goes away, `F7` unknown); format 2 is text, `+125`, `-125` or `*125`.
When it is switched on it sends `FE FD FD FE`; settings are `FA 3x yy yy FB`, both ways.

Source: Hikvision, CSR-I radar manual, pages 12-14, with an example (manualshive.com 2133001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from devices.cutters import Bad, Whole, by_header, by_shape, either
from devices.driver import Line, Setting, Settings
from devices.one_speed import OneSpeed, directions_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Fields
    from devices.sample import Sample

Key = TypeVar("Key", int, str)

_POWER_ON: Final = bytes.fromhex("fefdfdfe")
_SETTING: Final = (0xFA, 0xFB)
_SETTING_SIZE: Final = 5
_CODE: Final = 0x30
"""The high half of the byte that says which setting it is."""

_FASTEST: Final = 246
"""km/h: a byte above it begins something else."""

_SHOWN: Final = {0xF9: "approach", 0xF8: "recede", 0xF7: "unknown"}
_WRITTEN: Final = {"+": "approach", "-": "recede", "*": "unknown"}
_BYTE, _PAIR, _TEXT = range(3)
_FORMATS: Final = ("a byte", "two bytes", "text")


@dataclass(frozen=True, kw_only=True)
class Hikvision(OneSpeed):
    """A radar that shows one speed."""

    def cutter(self, settings: Settings) -> Cutter:
        """Cut speeds in the format that is set, and the two messages that all formats share."""
        messages = by_header(
            (_POWER_ON, *(bytes((_SETTING[0], _CODE | code)) for code in range(16))),
            lambda buffer: len(_POWER_ON) if buffer[0] == _POWER_ON[0] else _SETTING_SIZE,
            lambda frame: frame[0] != _SETTING[0] or frame[-1] == _SETTING[1],
            refused="header",
        )
        speeds: tuple[Cutter, ...] = (
            _cut_byte,
            by_header([bytes((way,)) for way in _SHOWN], lambda _: 2, _is_speed, refused="header"),
            by_shape(
                *(f"{sign}999" for sign in _WRITTEN),
                verify=lambda text: int(text[1:]) <= _FASTEST,
            ),
        )
        return either(messages, speeds[settings["format"]])

    def decode(self, frame: bytes, settings: Settings) -> dict[str, Any]:
        """Read direction and speed, km/h; that it was switched on; or a setting."""
        if frame == _POWER_ON:
            return {"power_on": True}
        if frame[0] == _SETTING[0] and len(frame) == _SETTING_SIZE:
            return {"setting": frame[1] & ~_CODE, "value": int.from_bytes(frame[2:4])}
        form = settings["format"]
        fields = dict(zip(("direction", "speed_kmh"), _read(frame, form), strict=True))
        return fields if form == _TEXT else fields | {"format": form}

    def encode(self, fields: Fields) -> bytes:
        """Write a speed, as text where no `format` is given, its power-on message, or a setting."""
        if "power_on" in fields:
            return _POWER_ON
        if "setting" in fields:
            value = fields["value"].to_bytes(2)
            return bytes((_SETTING[0], _CODE | fields["setting"], *value, _SETTING[1]))
        direction, speed = fields.get("direction", "unknown"), fields.get("speed_kmh", 0)
        if fields.get("format", _TEXT) == _TEXT:
            return f"{_key(_WRITTEN, direction)}{speed:03}".encode()
        return bytes((speed,) if fields["format"] == _BYTE else (_key(_SHOWN, direction), speed))

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn a speed into a detection; zero is nobody."""
        if "speed_kmh" not in fields:
            return None
        directed = {**settings, "directions": settings["directions"] and settings["format"] > 0}
        return self.detected(float(fields["speed_kmh"]), fields["direction"], directed)

    def tailored(self, settings: Settings) -> Hikvision:
        """Watch both directions where they are told: a byte tells none."""
        told = settings["directions"] and settings["format"] != _BYTE
        return replace(self, channels=("in", "out") if told else ("all",))


def _read(frame: bytes, form: int) -> tuple[str, int]:
    """Read direction and speed out of a frame of that format."""
    if form == _TEXT:
        return _WRITTEN[chr(frame[0])], int(frame[1:])
    return ("unknown", frame[0]) if form == _BYTE else (_SHOWN[frame[0]], frame[1])


def _key(table: Mapping[Key, str], way: str) -> Key:
    """Return what stands for a direction."""
    return next(key for key, value in table.items() if value == way)


def _is_speed(frame: bytes) -> bool:
    return frame[-1] <= _FASTEST


def _cut_byte(buffer: bytes) -> Verdict:
    return Whole(1) if _is_speed(buffer[:1]) else Bad("header")


CSR: Final = Hikvision(
    name="hikvision.csr",
    line=Line(9600),
    channels=("in", "out"),
    takes={
        "format": Setting(
            _TEXT, range(3), ", ".join(f"{at}: {name}" for at, name in enumerate(_FORMATS))
        ),
        "directions": directions_setting(default=True),
    },
    proof="example",
    document="Hikvision, CSR-I radar manual, pages 12-14",
)
