"""MPH Industries' speed radars: four times a second the speeds that they show, seven bytes each.

A frame is `02`, a status, patrol, target, locked and alternate speed, `03`; the DS4 puts the
distance in the place of the alternate one. Zero is sent as 1, since the end of a frame is 3:
values below 4 mean zero. There is no checksum: both ends, and the highest bit of the status, are
all that tells a frame.

Source: MPH Industries, mphindustries.com/radar_protocol.php, section 1.4, with an example; MPH
Industries, DS4 Radar Interface Protocol, example: manualshelf.com, sdrr-k01, page 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.cutters import by_header
from devices.driver import Driver, Line, Settings
from devices.sample import Detection, Sample
from devices.units import FASTEST, KMH, METRES, unit_of_speed

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Fields

_BEGIN, _END = b"\x02", b"\x03"
_SIZE: Final = 7
_ALWAYS: Final = 0x80
"""The bit of the status that is always set."""

_BITS: Final = (
    "low_volts", "interference", "front_antenna", "rear_antenna", "moving", "alternate_mode",
    "opposite",
)  # fmt: skip
"""What each bit of the status says, from the lowest."""

_SHOWN: Final = 3
"""Where in a frame of either model the speed of who is seen stands."""

_ZERO: Final = 1
"""How zero is sent."""

_LEAST: Final = 4
"""Below it, a value means zero."""

_SPEEDS: Final = ("patrol", "target", "lock", "alternate")
_RANGING: Final = ("_patrol", "approach_speed", "_lock", "range_ft")
"""What the four values are; a name that begins with _ has none."""

_FEET: Final = 10
"""Feet in one of a distance."""


@dataclass(frozen=True, kw_only=True)
class Mph(Driver):
    """A radar that shows one speed at a time.

    Attributes:
        shows: What its four values are.
    """

    shows: tuple[str, ...] = _SPEEDS

    def cutter(self, settings: Settings) -> Cutter:
        """Cut the only frame there is; a value that has no meaning is zero, a speed can be."""
        empty = [3 + at - 1 for at, name in enumerate(self.shows) if name.startswith("_")]
        unit = KMH[settings["unit"]]

        def is_sound(frame: bytes) -> bool:
            can_be = frame[_SHOWN] * unit <= FASTEST
            return bool(frame[1] & _ALWAYS) and can_be and all(frame[at] < _LEAST for at in empty)

        return by_header([_BEGIN], lambda _: _SIZE, is_sound, tail=_END, refused="header")

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read speeds, in the unit that it was set to, and the bits of the status."""
        values = (byte if byte >= _LEAST else 0 for byte in frame[2:-1])
        fields: dict[str, Any] = {
            name: value * (_FEET if name == "range_ft" else 1)
            for name, value in zip(self.shows, values, strict=True)
            if not name.startswith("_")
        }
        bits = {name: bool(frame[1] >> at & 1) for at, name in enumerate(_BITS)}
        return fields | bits

    def encode(self, fields: Fields) -> bytes:
        """Write a frame; zero is a one."""
        status = _ALWAYS | sum(1 << at for at, name in enumerate(_BITS) if fields.get(name))
        values = (
            fields.get(name, 0) // (_FEET if name == "range_ft" else 1) for name in self.shows
        )
        return _BEGIN + bytes((status, *(value or _ZERO for value in values))) + _END

    def sample(self, fields: Fields, settings: Settings) -> Sample:
        """Turn the target into a detection; a speed of zero is nobody.

        While it sees a voltage that is too low, or another transmitter, it says so and goes on.
        """
        fault = "its voltage is low" if fields["low_volts"] else ""
        if fields["interference"]:
            fault = f"{fault}, and it hears another transmitter" if fault else "it is disturbed"
        return Sample(detections=tuple(self._detect(fields, settings)), fault=fault)

    def _detect(self, fields: Fields, settings: Settings) -> list[Detection]:
        speed = fields.get("target") or fields.get("approach_speed")
        if not speed:
            return []
        distance = fields.get("range_ft", 0) * METRES["mph"]
        (channel,) = self.channels
        return [Detection(channel, speed * KMH[settings["unit"]], round(distance, 3) or None)]


SPEED: Final = Mph(
    name="mph.speed",
    line=Line(1200),
    channels=("all",),
    every=0.25,
    takes={"unit": unit_of_speed("mph")},
    proof="example",
    document="MPH Industries, Radar Protocol, section 1.4",
)
DS4: Final = Mph(
    name="mph.ds4",
    line=Line(1200),
    shows=_RANGING,
    channels=("in",),
    every=0.25,
    takes={"unit": unit_of_speed("mph")},
    proof="example",
    document="MPH Industries, DS4 Radar Interface Protocol",
)
