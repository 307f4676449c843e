r"""Ultrasonic rangers that stream a distance: A02YYUW (four bytes), MaxSonar (`R1234\r`).

The A02YYUW says `FF`, the distance in mm, and the low byte of the sum of these three. FF may be a
byte of the distance too: only the sum tells. A MaxSonar says `R`, digits and a carriage return; how
many digits, in what unit, and which number says that nothing is in range, its model tells.

Source: DFRobot, SEN0311 A02YYUW (product wiki: frame, 30 … 4500 mm, and the same in ESPHome,
components/a02yyuw); MaxBotix, HRXL-MaxSonar-WR Series, PD11500 (mm, 5000 or 9999 at most), and
XL-MaxSonar-WR Series data sheet (cm, 765 or 1068 at most); ESPHome, components/hrxl_maxsonar_wr.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.cutters import Bad, Whole, by_header
from devices.driver import Driver, Line, Setting, Settings
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Fields

_HEAD: Final = b"\xff"
_SIZE: Final = 4
_RANGE_MM: Final = range(30, 4501)
"""What an A02YYUW can measure; less, or 0, is an echo that came too early or never."""

_R: Final = b"R"
_END: Final = b"\r"


@dataclass(frozen=True, slots=True)
class _Model:
    """What the line of one kind of MaxSonar means.

    Attributes:
        digits: How many there are.
        unit: `mm` or `cm`.
        most: Nothing is in range; or something that is as far.
    """

    digits: int
    unit: str
    most: int


_MODELS: Final = {
    "hrxl-5m": _Model(4, "mm", 5000),
    "hrxl-10m": _Model(4, "mm", 9999),
    "xl-7m": _Model(3, "cm", 765),
    "xl-10m": _Model(4, "cm", 1068),
}
_DEFAULT: Final = "hrxl-5m"
_METRES: Final = {"mm": 0.001, "cm": 0.01}


@dataclass(frozen=True, kw_only=True)
class Binary(Driver):
    """A ranger whose frame has a checksum."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut the only frame there is."""
        return by_header((_HEAD,), lambda _: _SIZE, lambda frame: sum8(frame[:-1]) == frame[-1])

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a distance, mm."""
        return {"distance_mm": int.from_bytes(frame[1:3])}

    def encode(self, fields: Fields) -> bytes:
        """Write a distance."""
        body: bytes = _HEAD + fields.get("distance_mm", 0).to_bytes(2)
        return body + bytes((sum8(body),))

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Pass a distance on, m; outside of what it can measure there is none."""
        distance = fields["distance_mm"]
        return Sample({"distance": distance / 1000 if distance in _RANGE_MM else None})

    def fits(self, fields: Fields) -> bool:
        """Say whether this ranger can say so."""
        return bool(fields["distance_mm"] < _RANGE_MM.stop)


@dataclass(frozen=True, kw_only=True)
class MaxSonar(Driver):
    """A ranger of MaxBotix, one of several models.

    Attributes:
        model: The one that it is.
    """

    model: _Model = _MODELS[_DEFAULT]

    def tailored(self, settings: Settings) -> Driver:
        """Be the model that is set."""
        return replace(self, model=_MODELS[settings["model"]])

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut lines of as many digits as the model has."""
        digits = self.model.digits

        def cut(buffer: bytes) -> Verdict:
            if not buffer.startswith(_R):
                return Bad("header")
            shown = buffer[1 : digits + 1]
            count = len(shown) - len(shown.lstrip(b"0123456789"))
            end = buffer[count + 1 : count + 2]
            if not end:
                return None
            if count < digits:
                return Bad("length" if end == _END else "header")
            if end != _END:
                return Bad("length" if end.isdigit() else "header")
            return Whole(digits + 2)

        return cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a distance in the unit of the model."""
        return {f"distance_{self.model.unit}": int(frame[1:-1])}

    def encode(self, fields: Fields) -> bytes:
        """Write a distance, with as many digits as the model has."""
        distance = fields.get(f"distance_{self.model.unit}", 0)
        return _R + f"{distance:0{self.model.digits}}".encode() + _END

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Pass a distance on, m; the largest number says that nothing is in range."""
        distance = fields[f"distance_{self.model.unit}"]
        metres = round(distance * _METRES[self.model.unit], 3)
        return Sample({"distance": None if distance >= self.model.most else metres})

    def fits(self, fields: Fields) -> bool:
        """Say whether this model can say so."""
        return bool(fields[f"distance_{self.model.unit}"] <= self.model.most)


A02YYUW: Final = Binary(
    name="ultrasonic.a02yyuw",
    line=Line(9600),
    quantities=("distance",),
    every=0.1,
    proof="documents",
    document="DFRobot, SEN0311 A02YYUW",
)

MAXSONAR: Final = MaxSonar(
    name="ultrasonic.maxsonar",
    line=Line(9600),
    lines=(Line(57600),),
    quantities=("distance",),
    every=0.15,
    takes={"model": Setting(_DEFAULT, tuple(_MODELS), f"one of: {', '.join(_MODELS)}")},
    proof="example",
    document="MaxBotix, HRXL-MaxSonar-WR PD11500; XL-MaxSonar-WR data sheets",
)
