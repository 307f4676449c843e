"""OmniPreSense's Doppler radars OPS241, OPS242 and OPS243: lines of text, JSON or plain numbers.

Without settings a line is a bare speed (`3.6`) in m/s. JSON lines name what they carry, but which
keys there are, and whether numbers are JSON numbers or strings, varies with the firmware: all keys
are kept, only lines that can't be a radar's are refused. Positive is inbound, negative outbound.

Source: OmniPreSense, AN-010 API Interface, and UM-003 OPS243-A User Manual, pages 7 and 12-14;
captured lines of an OPS241: ops241-radar (README); object reports: glossyio/traffic-monitor.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, Numbered
from devices.cutters import by_line
from devices.dialogue import Ask, Dialogue, Fields, Opening, Pause, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.sample import Detection, Sample
from devices.units import believable

if TYPE_CHECKING:
    from devices.cutters import Cutter

_LONGEST_LINE: Final = 1024
"""Bytes; nine objects with every option on stay below 600."""

_FASTEST: Final = 1200.0
"""km/h: at its highest sampling rate the radar resolves 311 m/s, so a line with more is noise."""

_MOST_OBJECTS: Final = 9
"""Objects of one line: it can be told to report so many (`O9`), and no more."""

_RESTED: Final = 0.25
"""Seconds after which a line is over that was under way: at 9600 baud it takes a tenth of one."""

_LARGEST: Final = 1e15
"""Beyond it lies no number that a radar sends, its clock in ms included."""

_UNITS: Final = {"m/s": 3.6, "km/h": 1.0, "mph": 1.609344, "ft/s": 1.09728, "cm/s": 0.036}
"""km/h in one of each."""

_UNIT_COMMANDS: Final = {"m/s": "UM", "km/h": "UK", "mph": "US", "ft/s": "UF", "cm/s": "UC"}

_SPELLINGS: Final = {
    **{name: name for name in _UNITS},
    "mps": "m/s",
    "meters-per-sec": "m/s",
    "meters-per-second": "m/s",
    "kmph": "km/h",
    "kph": "km/h",
    "km-per-hr": "km/h",
    "km-per-hour": "km/h",
    "mi/h": "mph",
    "miles-per-hour": "mph",
    "fps": "ft/s",
    "feet-per-sec": "ft/s",
    "feet-per-second": "ft/s",
    "cmps": "cm/s",
    "cm-per-sec": "cm/s",
    "cm-per-second": "cm/s",
}
"""How units are written by one firmware or another."""

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_LABEL: Final = re.compile("|".join(f'"{re.escape(spelling)}"' for spelling in _SPELLINGS))
_NAMES: Final = frozenset({"Product", "Version", "SerialNumber", "PartNumber", "BoardID"})
"""Keys whose values are names, even where they look like numbers."""

_PRODUCT: Final = "OPS"
"""How the names of all products begin."""

_SPEEDS: Final = ("speed", "DetectedObjectVelocity")


@dataclass(frozen=True, kw_only=True)
class OmniPreSense(Driver):
    """A radar that reports what moves, several times a second."""

    def cutter(self, settings: Settings) -> Cutter:
        """Cut lines that parse; a blank one carries nothing and is junk.

        Behind a broken line only `{` begins another: the tail of a broken number is a number.
        """
        return by_line(_LONGEST_LINE, lambda line: _parse(line, settings) is not None, start=b"{")

    def decode(self, frame: bytes, settings: Settings) -> dict[str, Any]:
        """Read a line: JSON as it stands, with its numbers as numbers; else speed, unit, …."""
        fields = _parse(frame, settings)
        if fields is None:
            raise DecodeError("not a line of this radar")
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a JSON line."""
        return json.dumps(fields, separators=(",", ":")).encode() + b"\r\n"

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn each speed of a line into a detection, the channel from direction or sign.

        A line without a speed is a reply or a count. A speed of zero is nobody. A radar without
        ranging reports a distance of 0.00: that is none. It sees a speed along its beam.

        Raises:
            DecodeError: The line names a unit of speed that is not known, or a speed that nobody
                drives: its unit may be another one.
        """
        speeds = next((_each(fields[key]) for key in _SPEEDS if key in fields), None)
        if speeds is None:
            return None
        unit = _unit(fields.get("unit", settings["unit"]))
        if unit is None:
            raise DecodeError(f"{fields['unit']!r} is no known unit of speed")
        kmh = [_along(speed * _UNITS[unit], settings["angle"]) for speed in speeds]
        if any(believable(speed) is None for speed in kmh if speed):
            raise DecodeError(f"{max(kmh):g} km/h is nothing that drives: is its unit {unit}?")
        direction = str(fields.get("direction", ""))
        signals = _each(fields.get("magnitude"))
        distances = _each(fields.get("distance", fields.get("range")))
        return Sample(
            detections=tuple(
                Detection(
                    channel=_channel(direction, speed),
                    speed=kmh[number],
                    distance=_at(distances, number) or None,
                    signal=_at(signals, number),
                )
                for number, speed in enumerate(speeds)
                if speed
            )
        )

    def fits(self, fields: Fields) -> bool:
        """Tell it from others that name themselves."""
        return str(fields.get("Product", _PRODUCT)).startswith(_PRODUCT)

    def forgets(self, frame: bytes, _settings: Settings) -> bool:
        """Find a plain line, where it was told to write JSON: it had no power, and its unit too."""
        return not frame.startswith(b"{")

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample; a radar that was silent, but answers, sees nobody.

        Raises:
            NoReply: It does not answer either.
        """
        try:
            return (yield from self.listen(settings))
        except NoReply:
            received = yield Ask(self.commands["?P"].data, within=1.0)
            return self.sample(received.fields, settings) or Sample()

    def start(self, settings: Settings) -> Opening:
        """Set JSON, the unit, and the unit on every line; a radar that is deaf is read as it is.

        Raises:
            DecodeError: The radar says that it uses another unit.
        """
        yield Pause(_RESTED)
        names = ["OJ", _UNIT_COMMANDS[settings["unit"]], "OU"]
        names += [name for name in ("OT", "OM") if settings[name]]
        for name in names:
            try:
                received = yield from carry_out(self.commands[name], within=1.0)
            except NoReply:
                return
            said = _unit(received.fields.get("Units"))
            if said not in {None, settings["unit"]}:
                raise DecodeError(f"told to use {settings['unit']}, the radar uses {said}")


def _parse(line: bytes, settings: Settings) -> dict[str, Any] | None:
    """Read a line; None for what no radar with these settings sends."""
    try:
        text = line.decode("ascii").strip()
        fields = _parse_json(text) if text.startswith("{") else _parse_plain(text, settings)
    except (ValueError, RecursionError):  # RecursionError: a line of [[[[[…
        return None
    fastest = _FASTEST / _UNITS[_unit(fields.get("unit")) or settings["unit"]]
    speeds = [speed for key in _SPEEDS for speed in _each(fields.get(key))]
    sound = len(speeds) <= _MOST_OBJECTS and all(
        _is_number(speed) and abs(speed) <= fastest for speed in speeds
    )
    return fields if fields and sound else None


def _parse_json(text: str) -> dict[str, Any]:
    document = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_number)
    return {key: value if key in _NAMES else _numeric(value) for key, value in document.items()}


def _parse_plain(text: str, settings: Settings) -> dict[str, Any]:
    cells = [cell.strip() for cell in text.split(",")]
    numbers = [_number(cell) for cell in cells if _NUMBER.fullmatch(cell)]
    labels = [cell[1:-1] for cell in cells if _LABEL.fullmatch(cell)]
    if len(labels) > 1 or len(numbers) + len(labels) < len(cells):
        raise ValueError("neither numbers nor a unit")
    columns = [name for name, on in (("time", "OT"), ("magnitude", "OM")) if settings[on]]
    fields: dict[str, Any] = dict(zip((*columns, "speed"), numbers, strict=True))
    return fields | dict(zip(("unit",), labels, strict=False))


def _number(text: str) -> float:
    """Read a number of a believable size; a whole one stays an int."""
    value = float(text)
    if not abs(value) <= _LARGEST:
        raise ValueError(f"{text} is absurd")
    return int(text) if text.lstrip("-").isdigit() else value


def _numeric(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Make numbers of strings that are numbers, in lists too."""
    if isinstance(value, list):
        return [_numeric(element) for element in value]
    return _number(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _along(speed: float, angle: int) -> float:
    """Return how fast somebody goes along the road, of whom the beam shows a part."""
    return round(abs(speed) / math.cos(math.radians(angle)), 6)


def _unit(label: object) -> str | None:
    """Name a unit of speed however it is spelt; None for what is none."""
    return _SPELLINGS.get(label.lower()) if isinstance(label, str) else None


def _each(value: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_number(value: object) -> bool:
    return type(value) in {int, float}


def _at(values: list[Any], number: int) -> float | None:
    """Return the number at that place; None where there is none."""
    if number < len(values) and _is_number(values[number]):
        return float(values[number])
    return None


def _channel(direction: str, speed: float) -> str:
    for channel in ("in", "out"):
        if direction.lower().startswith(channel):
            return channel
    return "in" if speed > 0 else "out"


def _feature(name: str, text: str) -> Command:
    return _command(name, text, {"OutputFeature": _numeric(name[1])})


def _command(name: str, text: str, reply: Fields, *, lasts: bool = False) -> Command:
    return Command(name, name.encode(), text, dangerous=lasts, reply=reply)


_NUMBERED: Final = re.compile(r"(R>|R<|@O)((?<=>)0|[1-9][0-9]{0,2})")
_MEANT: Final = {
    "R>": "report nobody slower than {} of its unit",
    "R<": "report nobody faster than {} of its unit",
    "@O": "count, and tell each {} s",
}
"""What commands mean that bear a number, and so end in a carriage return."""


def _make(name: str) -> Command | None:
    """Make the command of that name; None where the radar takes none like it."""
    found = _NUMBERED.fullmatch(name)
    if found is None:
        return None
    return Command(name, f"{name}\r".encode(), _MEANT[found[1]].format(found[2]), reply={})


_COMMANDS: Final = Numbered(
    _make,
    _command("??", "tell all settings", {"Product": None}),
    _command("?P", "tell the product", {"Product": None}),
    _command("?V", "tell the firmware", {"Version": None}),
    _command("?N", "tell the serial number", {"SerialNumber": None}),
    _feature("OJ", "lines in JSON"),
    _feature("Oj", "lines as plain numbers"),
    _feature("OM", "with the magnitude"),
    _feature("Om", "without the magnitude"),
    _feature("OT", "with the time"),
    _feature("Ot", "without the time"),
    _feature("OU", "with the unit"),
    _feature("Ou", "without the unit"),
    _feature("OC", "report objects (OPS243-C: vehicles)"),
    _feature("ON", "report each object once, with its direction"),
    *(_feature(f"O{n}", f"report up to {n} objects a line") for n in range(1, 10)),
    *(
        _command(code, f"speeds in {unit}", {"Units": None})
        for unit, code in _UNIT_COMMANDS.items()
    ),
    _command("U?", "tell the unit of speed", {"Units": None}),
    _command("R+", "report inbound only", {}),
    _command("R-", "report outbound only", {}),
    _command("R|", "report both directions", {}),
    _command("N?", "tell the count of objects", {"DetectedObjectCount": None}),
    _command("N!", "count objects from zero", {}),
    _command("BZ", "while nothing moves, lines of zero", {}),
    _command("BL", "while nothing moves, blank lines", {}),
    _command("BV", "while nothing moves, silence", {}),
    _command("PA", "full power", {"PowerMode": None}),
    _command("PI", "idle: no reports", {"PowerMode": None}),
    _command("SX", "10,000 samples a second: to 112 km/h", {"SamplingRate": None}),
    _command("S2", "20,000 samples a second: to 224 km/h", {"SamplingRate": None}),
    _command("SL", "50,000 samples a second: to 559 km/h", {"SamplingRate": None}),
    *(
        _command(f"I{n}", f"UART at {baud} baud: the port must follow", {}, lasts=True)
        for n, baud in enumerate((9600, 19200, 57600, 115200, 230400), start=1)
    ),
    _command("A!", "keep all settings in flash, which wears", {}, lasts=True),
)

OPS243: Final = OmniPreSense(
    name="omnipresense.ops243",
    line=Line(19200),
    lines=(Line(57600), Line(115200), Line(9600), Line(230400)),
    channels=("in", "out"),
    unit_told=True,
    rest_seconds=_RESTED,
    takes={
        "unit": Setting("m/s", tuple(_UNITS), f"of lines that name none: {', '.join(_UNITS)}"),
        "angle": Setting(0, range(76), "degrees between its beam and the road"),
        "OT": Setting(default=False, allowed=(False, True), help="lines bear the radar's time"),
        "OM": Setting(default=False, allowed=(False, True), help="lines bear the magnitude"),
    },
    commands=_COMMANDS,
    identify=("?P",),
    proof="capture",
    document="OmniPreSense, AN-010 API Interface; UM-003 OPS243-A User Manual",
)
