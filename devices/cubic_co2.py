"""Cubic's infrared CO2 sensors CM1106 and CM1106SL-NS.

Source: Cubic, CM1106 UART protocol; status and counter: airmeter-io/AirMeter.IO.Firmware,
sensorapis/cubic.md (which has CO2 little-endian, against the maker's example).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import by_name
from devices.cubic_frames import Cubic, ask
from devices.driver import Line
from devices.errors import NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Settings

_READ: Final = 0x01
_CALIBRATE: Final = 0x03
_GET_ABC: Final = 0x0F
_SET_ABC: Final = 0x10
_VERSION: Final = 0x1E
_SERIAL: Final = 0x1F
_PERIOD: Final = 0x50
_WORKING: Final = 0x51


@dataclass(frozen=True, kw_only=True)
class CarbonDioxide(Cubic):
    """Its big-endian ppm, and what can be asked of its settings."""

    def read_data(self, command: int, data: bytes) -> dict[str, Any]:
        """Read ppm with the status, or what was asked of its settings.

        `status` is `warming_up` while there is no CO2 at all: that is nowhere.
        """
        match command:
            case 0x01:
                co2 = int.from_bytes(data[:2])
                fields: dict[str, Any] = {
                    "co2_ppm": co2,
                    "status_byte": data[2],
                    "counter": data[3],
                }
                return fields if co2 else fields | {"status": "warming_up"}
            case 0x0F:
                return {
                    "abc": data[1] == 0,
                    "abc_days": data[2],
                    "abc_base_ppm": int.from_bytes(data[3:5]),
                    "rest_hex": bytes((data[0], data[1], data[5])).hex(),
                }
            case 0x1F:
                words = (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))
                return {"serial": "-".join(map(str, words))}
            case 0x1E if data.isascii() and data.decode("ascii").isprintable():
                return {"version": data.decode("ascii")}
        return {"data_hex": data.hex()} if data else {}

    def write_data(self, command: int, fields: Fields) -> bytes:
        """Write that."""
        match command:
            case 0x01:
                last = bytes(fields.get(name, 0) for name in ("status_byte", "counter"))
                return int(fields.get("co2_ppm", 0)).to_bytes(2) + last
            case 0x0F:
                off = 0 if fields.get("abc", True) else 2
                default = bytes((100, off, 100)).hex()
                rest = bytes.fromhex(fields.get("rest_hex", default))
                days = bytes((fields.get("abc_days", 7),))
                return rest[:2] + days + int(fields.get("abc_base_ppm", 400)).to_bytes(2) + rest[2:]
            case 0x1F:
                words = map(int, str(fields.get("serial", "0-0-0-0-0")).split("-"))
                return b"".join(word.to_bytes(2) for word in words)
            case 0x1E if "version" in fields:
                return str(fields["version"]).encode("ascii")
        return bytes.fromhex(fields.get("data_hex", ""))

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass CO2 on, ppm."""
        if "co2_ppm" not in fields:
            return None
        if "status" in fields:
            raise NotReady("no CO2 at all: the sensor has just been switched on")
        return Sample({"co2": float(fields["co2_ppm"])})


def _abc(*, off: bool) -> bytes:
    """Return the self-calibration: its sensitivity, on or off, days, ppm, and a reserved byte."""
    return bytes((100, 2 if off else 0, 7)) + (400).to_bytes(2) + bytes((100,))


_COMMANDS: Final = by_name(
    ask("read", _READ, b"", "send one measurement", {"co2_ppm": None}),
    *(
        ask(
            f"calibrate_{ppm}",
            _CALIBRATE,
            ppm.to_bytes(2),
            f"take the air of now for {ppm} ppm: not undone",
            lasts=True,
        )
        for ppm in range(400, 1501, 50)
    ),
    ask(
        "abc_on_7d_400",
        _SET_ABC,
        _abc(off=False),
        "take each week's lowest for 400 ppm",
        lasts=True,
    ),
    ask("abc_off", _SET_ABC, _abc(off=True), "calibrate only when told to", lasts=True),
    ask("read_abc", _GET_ABC, b"", "ask for its self-calibration", {"abc": None}),
    ask("version", _VERSION, b"", "ask for the version of its firmware", {"version": None}),
    ask("serial_number", _SERIAL, b"", "ask for its serial number", {"serial": None}),
    *(
        ask(
            f"sl_period_{seconds}s_{smoothed}",
            _PERIOD,
            seconds.to_bytes(2) + bytes((smoothed,)),
            f"a CM1106SL-NS: measure each {seconds} s, smooth over {smoothed}",
            lasts=True,
        )
        for seconds, smoothed in ((4, 15), (120, 15))
    ),
    ask("sl_single", _WORKING, b"\0", "a CM1106SL-NS: measure once", lasts=True),
    ask("sl_continuous", _WORKING, b"\1", "a CM1106SL-NS: go on measuring", lasts=True),
)

CM1106: Final = CarbonDioxide(
    name="cubic.cm1106",
    line=Line(9600),
    quantities=("co2",),
    every=1.0,
    warmup_seconds=120.0,
    commands=_COMMANDS,
    identify=("version",),
    proof="example",
    document="Cubic, CM1106 UART protocol",
    lengths={
        _READ: (5,),
        _CALIBRATE: (1,),
        _GET_ABC: (7,),
        _SET_ABC: (1,),
        _VERSION: range(2, 18),
        _SERIAL: (11,),
        _PERIOD: (1, 4),
        _WORKING: (1, 2),
    },
)
