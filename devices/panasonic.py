"""Panasonic's laser dust sensor SN-GCJA5: 32 bytes each second, little-endian, with even parity.

`02`, mass, counts, a status, the exclusive or of all these, `03`; all of them may hold `02` and
`03`. Where `03 02` stands in steady values, an end and a beginning, any 32 bytes from there have
the right sum: only what can't be tells them from a frame. It takes no commands on this line.

Source: Panasonic, SN-GCJA5 product specifications JA5-SSP-E1.0; format: ESPHome, components/gcja5,
and an example by paulvha, which has the bands of the counts and their unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import xor8
from devices.cutters import Bad, Whole, by_header
from devices.driver import Driver, Line, Settings
from devices.errors import NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Fields

_HEAD: Final = b"\x02"
_TAIL: Final = b"\x03"
_SIZE: Final = 32

_WORDS: Final = Struct("<3I8H")
_MASS: Final = ("pm1_0", "pm2_5", "pm10")
_COUNTS: Final = ("n0_5", "n1_0", "n2_5", "n5_0", "n7_5", "n10")
"""By the upper bound of a band: 0.3-0.5 µm, 0.5-1, 1-2.5, 2.5-5, 5-7.5, 7.5-10."""

_RESERVED: Final = ("reserved_19", "reserved_27")
"""Words that are zero."""

_COLUMNS: Final = (*_MASS, *_COUNTS[:3], _RESERVED[0], *_COUNTS[3:], _RESERVED[1])

_LARGER: Final = {"pn0_3": 0, "pn0_5": 1, "pn1_0": 2, "pn2_5": 3, "pn5_0": 4}
"""Quantity to the first band of particles larger than that."""

_PARTS: Final = {"photodiode": 4, "laser": 2, "fan": 0}
"""What of it may be broken, and where its two bits stand."""

_MOST: Final = 2000
"""µg/m³ that it shows at most, with room."""

_BEYOND: Final = 0x1_0000
"""µg/m³ that no sensor shows: the two upper bytes of a mass are zero."""

_OVERALL: Final = 6
_STATUS: Final = {"status_overall": _OVERALL} | {
    f"status_{part}": at for part, at in _PARTS.items()
}


@dataclass(frozen=True, kw_only=True)
class Panasonic(Driver):
    """One kind of frame."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut the only frame there is."""
        return _cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read mass (whole µg/m³), counts of each band per cm³, and four parts of the status.

        `status` is `warming_up` while no particle at all is seen.
        """
        fields: dict[str, Any] = _words(frame)
        fields |= {name: frame[-3] >> at & 3 for name, at in _STATUS.items()}
        if not any(fields[name] for name in (*_MASS, *_COUNTS)):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a frame."""
        words = _WORDS.pack(*(fields.get(name, 0) for name in _COLUMNS))
        status = sum(fields.get(name, 0) << at for name, at in _STATUS.items())
        body = words + bytes((status,))
        return _HEAD + body + bytes((xor8(body),)) + _TAIL

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Pass the mass on, µg/m³, and add up the bands: particles larger than a size, per cm³."""
        broken = [
            f"{part} {fields[f'status_{part}']}" for part in _PARTS if fields[f"status_{part}"]
        ]
        if fields["status_overall"]:
            broken.insert(0, f"status {fields['status_overall']}")
        if "status" in fields and not broken:
            raise NotReady("all zero: the sensor has just started and sees nothing yet")
        larger = [*accumulate(fields[name] for name in reversed(_COUNTS))][::-1]
        mass = {name: float(fields[name]) for name in _MASS}
        counts = {quantity: float(larger[at]) for quantity, at in _LARGER.items()}
        return Sample(mass | counts, fault=", ".join(broken))

    def fits(self, fields: Fields) -> bool:
        """Say whether the mass is one that it can show."""
        return all(fields[name] <= _MOST for name in _MASS)


_cut_summed: Final = by_header(
    (_HEAD,), lambda _: _SIZE, lambda frame: xor8(frame[1:-2]) == frame[-2], tail=_TAIL
)


def _cut(buffer: bytes) -> Verdict:
    verdict = _cut_summed(buffer)
    if not isinstance(verdict, Whole):
        return verdict
    words = _words(buffer[:_SIZE])
    can_be = all(words[name] < _BEYOND for name in _MASS)
    return verdict if can_be and not any(words[name] for name in _RESERVED) else Bad("header")


def _words(frame: bytes) -> dict[str, int]:
    return dict(zip(_COLUMNS, _WORDS.unpack(frame[1:-3]), strict=True))


SNGCJA5: Final = Panasonic(
    name="panasonic.sngcja5",
    line=Line(9600, "E"),
    quantities=(*_MASS, *_LARGER),
    every=1.0,
    warmup_seconds=30.0,
    proof="documents",
    document="Panasonic, SN-GCJA5 product specifications JA5-SSP-E1.0",
)
