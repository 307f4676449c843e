"""EIS' radar RTMS G4: beside the road, it says at once who has passed in which zone.

A frame is `FF AA`, what it is, the length of what follows but the sum, its id (16 bits), data, and
the sum of id and data (16 bits); all is big-endian. In event mode it sends one of 15 bytes of data
for each vehicle; in normal mode, ten times a second, that it lives.

Source: EIS, RTMS G4, as read in mnit-rtmc/iris, comm/g4: G4Property, VehicleEventProperty,
QualCode, G4VehClass, SensorInfoProperty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum16
from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import carry_out
from devices.driver import SUMS, Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.lanes import classes_setting, classes_told, kind_of, lane, lanes, lanes_setting
from devices.sample import Sample, Vehicle
from devices.units import KMH, believable

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Fields

_BEGIN: Final = b"\xff\xaa"
_HEAD: Final = 4
_ID: Final = 2
_SUM: Final = 2
_EVENT, _INFORMATION, _ASK_INFORMATION, _ALIVE = 0x5E, 0x40, 0xC0, 0x5F
_KINDS: Final = bytes.fromhex(
    "10 11 12 13 14 15 16 17 18 1a 1c 1e 1f 40 41 49 4c 4e 4f 50 51 52 53 54 57 5e 5f 68 80 81 c0"
    "c1 cc d0 d7 f9"
)
"""All that a frame can be, questions too: an adapter may echo them."""

_EVENT_SIZE: Final = 15
_UNITS: Final = ("kph", "mph")
_KMH: Final = {"kph": KMH["km/h"], "mph": KMH["mph"]}
_FASTEST: Final = 200
"""The most that it shows in either unit: a number above it says that it knows no speed."""

_STAMP: Final = slice(6, 14)
_MARKS: Final = ("stamp_hex", "vclass", "length_m", "speed", "duration_ms")
"""What tells one vehicle from another: its clock alone does not where nobody has set it."""

_FIRST_ZONE: Final = 0
_MOST_ZONES: Final = 12
_WITHIN: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Rtms(Driver):
    """A radar that follows vehicles itself and speaks without being asked."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut frames."""
        return by_header([_BEGIN + bytes((kind,)) for kind in _KINDS], _size, _is_summed)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a vehicle (speed in the unit that it names, ms, m), or data in hex.

        Raises:
            DecodeError: It names no unit.
        """
        data = frame[_HEAD + _ID : -_SUM]
        fields: dict[str, Any] = {"qual": frame[2], "sensor_id": int.from_bytes(frame[4:6])}
        if fields["qual"] != _EVENT:
            return fields | {"value_hex": data.hex()}
        if data[-1] >= len(_UNITS):
            raise DecodeError(f"it names no unit: {data[-1]}")
        return fields | {
            "zone": data[0],
            "vclass": data[1],
            "length_m": data[2] / 10,
            "speed": data[3],
            "duration_ms": int.from_bytes(data[4:6]),
            "stamp_hex": data[_STAMP].hex(),
            "unit": _UNITS[data[-1]],
        }

    def encode(self, fields: Fields) -> bytes:
        """Write a vehicle, or data in hex."""
        if "value_hex" in fields:
            data = bytes.fromhex(fields["value_hex"])
        else:
            data = bytes((fields.get("zone", 0), fields.get("vclass", 0)))
            data += bytes((round(fields.get("length_m", 0) * 10), fields.get("speed", 0)))
            data += fields.get("duration_ms", 0).to_bytes(2)
            data += bytes.fromhex(fields.get("stamp_hex", "00" * 8))
            data += bytes((_UNITS.index(fields.get("unit", "kph")),))
        return _frame(fields.get("qual", _EVENT), fields.get("sensor_id", 0), data)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn a vehicle into one; that it lives is a sample too, in which nobody passed.

        Another id is another radar's.
        """
        if fields["sensor_id"] != settings["address"]:
            return None
        if fields["qual"] in {_ALIVE, _INFORMATION}:
            return Sample()
        if "zone" not in fields:
            return None
        return Sample(vehicles=(_vehicle(fields, settings),))

    def tailored(self, settings: Settings) -> Driver:
        """Know its zones and classes, and talk to its id."""
        return replace(
            self,
            channels=lanes(settings["lanes"], _FIRST_ZONE),
            sums=(*classes_told(settings), *_SUMS),
            commands=_commands(settings["address"]),
        )

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample; one that was silent, but answers, sees nobody.

        Raises:
            NoReply: It does not answer either.
        """
        try:
            return (yield from self.listen(settings))
        except NoReply:
            received = yield from carry_out(self.commands["read_information"], _WITHIN)
            return self.sample(received.fields, settings) or Sample()


def _vehicle(fields: Fields, settings: Settings) -> Vehicle:
    return Vehicle(
        channel=lane(fields["zone"]),
        speed=_speed(fields["speed"], fields["unit"]),
        kind=kind_of(fields["vclass"], settings),
        length=fields["length_m"] or None,
        occupied=fields["duration_ms"] / 1000 or None,
        mark=" ".join(str(fields[name]) for name in _MARKS),
    )


def _speed(shown: int, unit: str) -> float | None:
    """Return a speed in km/h; None where it shows none."""
    return believable(shown * _KMH[unit]) if shown <= _FASTEST else None


def _size(buffer: bytes) -> int:
    if len(buffer) < _HEAD:
        return 0
    length = buffer[3]
    believable = length == _ID + _EVENT_SIZE if buffer[2] == _EVENT else length >= _ID
    return _HEAD + length + _SUM if believable else -1


def _is_summed(frame: bytes) -> bool:
    return sum16(frame[_HEAD:-_SUM]) == int.from_bytes(frame[-_SUM:])


def _frame(kind: int, sensor: int, data: bytes) -> bytes:
    body = sensor.to_bytes(_ID) + data
    return _BEGIN + bytes((kind, len(body))) + body + sum16(body).to_bytes(_SUM)


def _commands(address: int) -> dict[str, Command]:
    """Return the commands as the radar with that id hears them."""
    ask = _frame(_ASK_INFORMATION, address, b"")
    text = "tell its firmware and serial number"
    return by_name(
        Command("read_information", ask, text, reply={"qual": _INFORMATION, "sensor_id": address})
    )


_SUMS: Final = (*SUMS, "occupied_seconds", "length_sum")
_ADDRESS: Final = 1

G4: Final = Rtms(
    name="eis.rtms",
    line=Line(9600),
    lines=tuple(Line(baud) for baud in (115200, 57600, 38400, 19200)),
    channels=lanes(_MOST_ZONES, _FIRST_ZONE),
    sums=_SUMS,
    unasked=True,
    takes={
        "address": Setting(_ADDRESS, range(65536), "its id"),
        "lanes": lanes_setting(_MOST_ZONES, _MOST_ZONES),
        "classes": classes_setting(),
    },
    commands=_commands(_ADDRESS),
    proof="documents",
    document="EIS, RTMS G4; mnit-rtmc/iris, comm/g4",
)
