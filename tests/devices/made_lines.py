"""Frames of instruments that speak lines of text, written by hand once more."""

from __future__ import annotations

import json
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable


def sentence(begin: str, text: str, mark: str) -> bytes:
    total = reduce(xor, text.encode(), 0)
    return f"{begin}{text}{mark}{total:02X}\r\n".encode()


def _is_sentence(begin: str, mark: str, data: bytes) -> bool:
    line, end, _ = data.partition(b"\n")
    text = line.decode("latin-1").removesuffix("\r")
    covered = text[1:-3]
    whole = end and text[:1] == begin and text[-3:-2] == mark and covered.isascii()
    return bool(whole) and sentence(begin, covered, mark).decode()[:-2].lower() == text.lower()


def _padded(least: int, most: int, digits: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda number: f"{number:0{digits}}")


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


_decimal = st.decimals(0, 999, places=2).map(str)
_time = st.one_of(st.just(""), _joined(_padded(0, 235959, 6), st.just(".00")))
_talker = st.sampled_from(["GP", "GN", "GL", "GA", "BD", "QZ"])
_latitude = st.one_of(
    st.just(","),
    _joined(
        _padded(0, 89, 2), _padded(0, 59, 2), st.just("."), _padded(0, 99999, 5),
        st.sampled_from([",N", ",S"]),
    ),
)  # fmt: skip
_longitude = st.one_of(
    st.just(","),
    _joined(
        _padded(0, 179, 3), _padded(0, 59, 2), st.just("."), _padded(0, 99999, 5),
        st.sampled_from([",E", ",W"]),
    ),
)  # fmt: skip
_gga = st.tuples(
    _talker.map(lambda talker: talker + "GGA"), _time, _latitude, _longitude,
    st.integers(0, 9).map(str), _padded(0, 40, 2), _decimal, st.sampled_from(["61.7", "-3.4", ""]),
    st.just("M,4.2,M,,"),
).map(",".join)  # fmt: skip
_rmc = st.tuples(
    _talker.map(lambda talker: talker + "RMC"), _time, st.sampled_from("AV"), _latitude,
    _longitude, _decimal, _decimal, _padded(10100, 311299, 6),
    st.sampled_from([",", "0.7,W", "1.2,E", ",,A", ",,N,V"]),
).map(",".join)  # fmt: skip
_other = st.sampled_from(
    ["GPGSV,1,1,01,05,40,083,46", "GNGSA,A,3,05,,,,,,,,,,,,1.9,1.0,1.6", "PUBX,00"]
)


def _wind(direction: str, speed: str, unit: str, status: str) -> str:
    return f"Q,{direction},{speed},{unit},{status},"


_gill = st.builds(
    _wind,
    st.one_of(st.just(""), _padded(0, 360, 3)),
    st.integers(0, 6000).map(lambda hundredths: f"{hundredths / 100:06.2f}"),
    st.sampled_from("MNPKF"),
    st.sampled_from(["00", "60", "01", "04", "08", "0A"]),
)

_shown = st.one_of(
    st.none(), st.integers(-999, 999), st.integers(-999, 999).map(lambda tenths: str(tenths / 10))
)
_object = st.dictionaries(st.sampled_from(["t", "rh", "other"]), _shown).filter(
    lambda known: known.get("t") is not None or known.get("rh") is not None
)

FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "nmea.gnss": st.one_of(_gga, _rmc, _other).map(lambda text: sentence("$", text, "*")),
    "text.line": _object.map(lambda known: json.dumps(known).encode() + b"\r\n"),
    "gill.wind": _gill.map(lambda text: sentence("\x02", text, "\x03")),
}
"""Driver to its frames."""

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    "gill.wind": lambda data: _is_sentence("\x02", "\x03", data),
}
"""Driver, whose frames have one spelling only, to whether bytes begin with one of them."""
