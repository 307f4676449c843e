"""Satellite receivers that speak NMEA 0183: every second some sentences, `$GNGGA,…*73`.

A sentence is a talker of two letters, a type of three, columns, and the exclusive or of what stands
between `$` and `*`. GGA and RMC bear the position; all others are kept as they stand. Empty columns
are what a receiver without a fix knows. It may also repeat a position that it no longer has, and
say so in `status`, `fix_quality` or `mode`: that is decoded, and no measurement.

Source: NMEA 0183, versions 2.3 to 4.1, as described in u-blox, M8 Receiver Description including
Protocol Specification (UBX-13003221), and SiRF, NMEA Reference Manual, revision 2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.dialogue import PATIENCE, Listen
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.sample import Sample
from devices.sentences import by_sentence, read, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Fields

_BEGIN: Final = b"$"
_MARK: Final = b"*"
_LONGEST: Final = 120
"""Bytes: the standard has 82, receivers of several systems exceed it."""

_TALKERS: Final = frozenset({"GP", "GN", "GL", "GA", "GB", "BD", "GI", "QZ", "GQ", "P"})
"""Satellite systems, several at once, and what a maker says in words of its own."""

_ADDRESS: Final = re.compile(r"P[A-Z0-9]{2,12}|[A-Z]{2}[A-Z]{3}")
_NUMBER: Final = re.compile(r"-?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_LATITUDE: Final = re.compile(r"(\d{2})([0-5]\d(?:\.\d{0,9})?)", re.ASCII)
_LONGITUDE: Final = re.compile(r"(\d{3})([0-5]\d(?:\.\d{0,9})?)", re.ASCII)
_DATE: Final = re.compile(r"\d{6}", re.ASCII)

_GGA_COLUMNS: Final = range(10, 16)
_RMC_COLUMNS: Final = range(10, 15)
"""Columns of a sentence, its address included; old receivers leave the last ones out."""

_ASSUMED: Final = frozenset({6, 7, 8})
"""Qualities that are no fix: reckoned on from the last one, typed in, made up."""

_ASSUMED_MODES: Final = frozenset({"E", "M", "S", "N"})
"""The same in RMC; and none."""

_NO_HDOP: Final = 99.0
"""What a receiver without a fix gives for its dilution of precision, or more."""

_KMH: Final = 1.852
"""km/h in a knot."""

_BETWEEN: Final = 0.3
"""Seconds of silence after which a receiver has said all that it says of one moment."""


@dataclass(frozen=True, kw_only=True)
class Gnss(Driver):
    """A receiver of satellites."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut sentences; one that was joined in the middle begins at the last `$`."""
        return by_sentence(
            _BEGIN, _MARK, _LONGEST, lambda text: _parse(text.split(",")) is not None
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a sentence: degrees north and east, knots, metres; None where a column is empty."""
        fields = _parse(read(frame, _MARK))
        if fields is None:
            raise DecodeError("not a sentence of a receiver")
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a sentence."""
        kind = fields.get("type", "GGA")
        address = fields.get("talker", "GP") + kind
        columns: Sequence[str] = fields.get("columns", ())
        if kind == "GGA":
            columns = _write_gga(fields)
        elif kind == "RMC":
            columns = _write_rmc(fields)
        return write(_BEGIN, ",".join((address, *columns)), _MARK)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Pass on what a sentence measures; without a fix there is no position, and no 0°, 0°."""
        if fields["type"] == "GGA":
            quality, hdop = fields["fix_quality"], fields["hdop"]
            is_fixed = bool(quality) and quality not in _ASSUMED
            is_known = is_fixed and hdop is not None and 0 < hdop < _NO_HDOP
            return Sample(
                {
                    **_place(fields, settings, is_fixed=is_fixed),
                    "altitude": fields["altitude_m"] if is_fixed else None,
                    "satellites": _float(fields["num_sats"]),
                    "hdop": hdop if is_known else None,
                }
            )
        if fields["type"] == "RMC":
            is_fixed = fields["status"] == "A" and fields["mode"] not in _ASSUMED_MODES
            speed = fields["speed_kn"] if is_fixed else None
            return Sample(
                {
                    **_place(fields, settings, is_fixed=is_fixed),
                    "ground_speed": None if speed is None else round(speed * _KMH, 6),
                }
            )
        return None

    def read(self, settings: Settings) -> Dialogue:
        """Take what GGA and RMC say of one moment; of a receiver that sends one of them, that.

        Raises:
            NoReply: Nothing came, or neither of them.
        """
        held: dict[str, Fields] = {}
        within = 5.0
        for _ in range(2 * PATIENCE):
            try:
                fields = (yield Listen(within)).fields
            except NoReply:
                if not held:
                    raise
                break
            kind = fields["type"]
            if kind not in {"GGA", "RMC"}:
                continue
            is_alone = kind in held
            if any(other["utc"] != fields["utc"] for other in held.values()):
                held = {}
            held[kind] = fields
            within = _BETWEEN
            if is_alone or len(held) > 1:
                break
        return self._together(held, settings)

    def fits(self, fields: Fields) -> bool:
        """Tell a receiver of satellites from other instruments aboard a ship."""
        return fields["talker"] in _TALKERS

    def _together(self, held: Mapping[str, Fields], settings: Settings) -> Sample:
        """Make one sample of sentences: where one of them has no position, there is none."""
        if not held:
            raise NoReply(f"{2 * PATIENCE} sentences without a position")
        samples = [self.sample(held[kind], settings) for kind in sorted(held)]
        values: dict[str, float | None] = dict.fromkeys(self.quantities)
        for sample in filter(None, samples):
            values |= sample.values
        if any(sample and sample.values["latitude"] is None for sample in samples):
            values |= dict.fromkeys(("latitude", "longitude", "altitude", "ground_speed"))
        return Sample(values)


def _place(fields: Fields, settings: Settings, *, is_fixed: bool) -> dict[str, float | None]:
    """Return the position, rounded as it is set; (0, 0) lies in the sea, and is no fix."""
    latitude, longitude = fields["lat"], fields["lon"]
    if not is_fixed or None in (latitude, longitude) or latitude == longitude == 0:
        return {"latitude": None, "longitude": None}
    digits = settings["decimals"]
    return {"latitude": round(latitude, digits), "longitude": round(longitude, digits)}


def _parse(columns: Sequence[str]) -> dict[str, Any] | None:
    """Read the columns of a sentence, its address first; None where they can't be any."""
    address, *rest = columns
    if not _ADDRESS.fullmatch(address):
        return None
    talker, kind = (address[:1], address[1:]) if address[0] == "P" else (address[:2], address[2:])
    fields: dict[str, Any] = {"talker": talker, "type": kind}
    known = {"GGA": (_GGA_COLUMNS, _read_gga), "RMC": (_RMC_COLUMNS, _read_rmc)}.get(kind)
    if talker == "P" or known is None:
        return fields | {"columns": rest}
    counts, read_columns = known
    if len(columns) not in counts:
        return None
    try:
        return fields | read_columns([*rest, *[""] * (counts[-1] - len(columns))])
    except ValueError:
        return None


def _read_gga(columns: Sequence[str]) -> dict[str, Any]:
    return {
        "utc": columns[0] or None,
        **_read_place(columns[1:5]),
        "fix_quality": _whole(columns[5]),
        "num_sats": _whole(columns[6]),
        "hdop": _number(columns[7]),
        "altitude_m": _number(columns[8]),
        "geoid_m": _number(columns[10]),
        "correction_age_s": _number(columns[12]),
        "correction_station": columns[13] or None,
    }


def _write_gga(fields: Fields) -> list[str]:
    return [
        *(_text(fields.get("utc")), *_write_place(fields)),
        *(_text(fields.get(name)) for name in ("fix_quality", "num_sats", "hdop")),
        *(_text(fields.get("altitude_m")), "M", _text(fields.get("geoid_m")), "M"),
        *(_text(fields.get(name)) for name in ("correction_age_s", "correction_station")),
    ]


def _read_rmc(columns: Sequence[str]) -> dict[str, Any]:
    if columns[1] not in {"A", "V"}:
        raise ValueError(columns[1])
    variation = _number(columns[9])
    if variation is not None and columns[10] == "W":
        variation = -variation
    return {
        "utc": columns[0] or None,
        "status": columns[1],
        **_read_place(columns[2:6]),
        "speed_kn": _number(columns[6]),
        "course_deg": _number(columns[7]),
        "date_ddmmyy": _date(columns[8]),
        "variation_deg": variation,
        "mode": columns[11] or None,
        "nav_status": columns[12] or None,
    }


def _write_rmc(fields: Fields) -> list[str]:
    variation = fields.get("variation_deg")
    side = "" if variation is None else "W" if variation < 0 else "E"
    last = [_text(fields.get(name)) for name in ("mode", "nav_status")]
    while last and not last[-1]:
        last.pop()
    return [
        *(_text(fields.get("utc")), fields.get("status", "V"), *_write_place(fields)),
        *(_text(fields.get(name)) for name in ("speed_kn", "course_deg", "date_ddmmyy")),
        *(_text(None if variation is None else abs(variation)), side, *last),
    ]


def _read_place(columns: Sequence[str]) -> dict[str, float | None]:
    latitude = _degrees(_LATITUDE, columns[0], columns[1], "NS", 90)
    return {"lat": latitude, "lon": _degrees(_LONGITUDE, columns[2], columns[3], "EW", 180)}


def _write_place(fields: Fields) -> list[str]:
    return [*_angle(fields.get("lat"), "NS", 2), *_angle(fields.get("lon"), "EW", 3)]


def _degrees(form: re.Pattern[str], text: str, side: str, sides: str, most: int) -> float | None:
    """Read degrees and minutes; None where nothing stands there."""
    if not text or not side:
        return None
    found = form.fullmatch(text)
    if found is None or side not in sides:
        raise ValueError(text)
    degrees = round(int(found[1]) + float(found[2]) / 60, 9)
    if degrees > most:
        raise ValueError(text)
    return -degrees if side == sides[1] else degrees


def _angle(degrees: float | None, sides: str, digits: int) -> tuple[str, str]:
    """Write degrees and minutes, with as many decimals as give the same degrees again."""
    if degrees is None:
        return "", ""
    whole, minutes = divmod(round(abs(degrees) * 60 * 10**8), 60 * 10**8)
    text = f"{whole:0{digits}}{minutes // 10**8:02}.{minutes % 10**8:08}"
    return text, sides[degrees < 0]


def _number(text: str) -> float | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return round(float(text), 6)


def _whole(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004 - 999
        raise ValueError(text)
    return int(text) if text else None


def _date(text: str) -> str | None:
    if text and not _DATE.fullmatch(text):
        raise ValueError(text)
    return text or None


def _text(value: float | str | None) -> str:
    """Write a column; a number without an exponent."""
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)


GNSS: Final = Gnss(
    name="nmea.gnss",
    line=Line(9600),
    lines=(Line(4800), Line(38400), Line(115200)),
    quantities=("latitude", "longitude", "altitude", "ground_speed", "satellites", "hdop"),
    every=1.0,
    takes={
        "decimals": Setting(6, range(8), "of the position: 3 hides a house, 2 a street; 0 to 7"),
    },
    proof="example",
    document="NMEA 0183, versions 2.3 to 4.1",
)
