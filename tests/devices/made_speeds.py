"""Frames of radars that show a speed, written by hand once more."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_byte = st.integers(0, 255)
_three = st.integers(0, 999).map(lambda number: f"{number:03}")
_mph = st.integers(0, 155).map(lambda number: f"{number:03}")


def _status(ranging: bool) -> st.SearchStrategy[bytes]:  # noqa: FBT001 - one of two models
    value = st.one_of(st.just(1), st.integers(4, 255))
    speed = st.one_of(st.just(1), st.integers(4, 155))
    unused = st.just(1) if ranging else value
    return st.tuples(
        st.just(2), st.integers(128, 255), unused, speed, unused, value, st.just(3)
    ).map(bytes)


def _is_mph(data: bytes, *, ranging: bool) -> bool:
    ends = len(data) >= 7 and (data[0], data[6]) == (2, 3) and data[1] > 127 and data[3] < 156
    return ends and not (ranging and (data[2] > 3 or data[4] > 3))


def _houston(body: bytes) -> bytes:
    crc = 0
    for bit in range(8 * len(body)):
        out = crc >> 15 ^ body[bit // 8] >> 7 - bit % 8 & 1
        crc = (crc << 1 & 0xFFFF) ^ (0x1021 if out else 0)
    plain = body + bytes((crc % 256, crc // 256))
    for mark in (0xFA, 0xF3, 0xFC):  # the escape itself first
        plain = plain.replace(bytes((mark,)), bytes((0xFA, mark % 16)))
    return b"\xf3" + plain + b"\xfc"


def _is_houston(data: bytes) -> bool:
    end = data.find(0xFC)
    if end < 4 or data[0] != 0xF3 or 0xF3 in data[1:end]:
        return False
    plain = data[1:end]
    for mark in (0xF3, 0xFC, 0xFA):
        plain = plain.replace(bytes((0xFA, mark % 16)), bytes((mark,)))
    size = {0x31: 1, 0x32: 2, 0x13: 3, 0x2A: 1, 0x2C: 1}.get(plain[0], len(plain) - 2)
    known = plain[0] in {0x31, 0x32, 0x13, 0x2A, 0x2C, 0x0E, 0x19, 0x2B, 0x2D}
    return known and size == len(plain) - 2 > 0 and data[: end + 1] == _houston(plain[:-2])


def _houston_frames() -> st.SearchStrategy[bytes]:
    speed = _byte.map(lambda value: bytes((0x32, value)))
    status = st.tuples(st.just(0x13), _byte, _byte).map(bytes)
    other = st.builds(
        lambda code, text: bytes((code,)) + text,
        st.sampled_from([0x0E, 0x19, 0x2B, 0x2D]), st.binary(max_size=20),
    )  # fmt: skip
    return st.one_of(speed, status, other, st.just(b"\x31")).map(_houston)


def _rfbeam(name: str, body: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(body)) + body


def _is_rfbeam(data: bytes) -> bool:
    name, length = data[:4], int.from_bytes(data[4:8], "little")
    sizes = {
        b"RESP": {1}, b"DDAT": {6}, b"DONE": {4}, b"RFFT": {1024}, b"RADC": {3072},
        b"TDAT": {0, 8}, b"PDAT": set(range(0, 520, 8)), b"RPST": set(range(1, 129)),
    }  # fmt: skip
    known = len(data) >= 8 + length and length in sizes.get(name, set())
    if not known or name not in {b"TDAT", b"PDAT"}:
        return known
    targets = struct.iter_unpack("<Hhh2x", data[8 : 8 + length])
    return all(
        cm <= 10_000 and -25_000 <= speed <= 25_000 and -9000 <= angle <= 9000
        for cm, speed, angle in targets
    )


def _rfbeam_frames() -> st.SearchStrategy[bytes]:
    target = st.builds(
        lambda *numbers: struct.pack("<HhhH", *numbers),
        st.integers(0, 10_000), st.integers(-25_000, 25_000), st.integers(-9000, 9000),
        st.integers(0, 0xFFFF),
    )  # fmt: skip
    return st.one_of(
        st.lists(target, max_size=1).map(lambda seen: _rfbeam("TDAT", b"".join(seen))),
        st.lists(target, max_size=6).map(lambda seen: _rfbeam("PDAT", b"".join(seen))),
        st.integers(0, 9).map(lambda code: _rfbeam("RESP", bytes((code,)))),
        st.binary(min_size=4, max_size=4).map(lambda body: _rfbeam("DONE", body)),
    )


def _text(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda data: compiled.match(data) is not None


def _lines(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    return st.tuples(*parts).map(lambda texts: "".join(texts).encode())


_houston_lines = st.one_of(
    _lines(st.sampled_from(["", "?"]), _mph, st.just("\r\n")),
    _lines(st.sampled_from(["+", "-"]), _mph, st.just("\r")),
)
_setting = st.tuples(
    st.just(0xFA), st.integers(0x30, 0x3F), _byte, _byte, st.just(0xFB)
).map(bytes)  # fmt: skip

FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "mph.speed": _status(ranging=False),
    "mph.ds4": _status(ranging=True),
    "houston.ascii": _houston_lines,
    "houston.dr500": _houston_frames(),
    "icoms.tma296": _lines(
        st.sampled_from(["+", "-"]), _mph, st.sampled_from([" km/h", " mph"]), _three,
        st.just(" m\r\n"),
    ),
    "decatur.si": st.one_of(
        _lines(
            st.sampled_from(["*+", "*-", "*?"]), _mph, st.integers(0, 3).map(".{},".format),
            _three, st.just("\r\n"),
        ),
        st.sampled_from([b"OK\n\r", b"7\n\r", b"65535\n\r"]),
    ),
    "hikvision.csr": st.one_of(
        _lines(st.sampled_from("+-*"), _mph), _setting, st.just(bytes.fromhex("fefdfdfe"))
    ),
    "rfbeam.kld7": _rfbeam_frames(),
}  # fmt: skip
"""Driver to its frames."""

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    "mph.speed": lambda data: _is_mph(data, ranging=False),
    "mph.ds4": lambda data: _is_mph(data, ranging=True),
    "houston.ascii": _text(rb"[?]?[0-9]{3}\r\n|[+-][0-9]{3}\r"),
    "houston.dr500": _is_houston,
    "icoms.tma296": _text(rb"[+-] *\d{1,3} *(km/h|mph) *\d{1,3} *(m|ft) *\r\n"),
    "decatur.si": _text(rb"\*[+?-]\d{3}\.\d,\d{3}\r\n|OK\n\r|\d{1,5}\n\r"),
    "hikvision.csr": _text(rb"[+*-]\d{3}|\xfa[\x30-\x3f](?s:..)\xfb|\xfe\xfd\xfd\xfe"),
    "rfbeam.kld7": _is_rfbeam,
}
"""Driver to whether bytes begin with one of its frames, judged apart."""
