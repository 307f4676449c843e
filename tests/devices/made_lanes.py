"""Frames of sensors that count lanes, written by hand once more."""

from __future__ import annotations

import re
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_byte = st.integers(0, 255)


def _some(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def _crc(data: bytes) -> bytes:
    """Divide by x^8 + x^4 + x^3 + x^2, bit by bit."""
    rest = 0
    for bit in "".join(f"{byte:08b}" for byte in data + b"\0"):
        rest = rest << 1 | int(bit)
        if rest > 255:
            rest ^= 0x11C
    return bytes((rest,))


def _packet(body: bytes) -> bytes:
    head = b"Z1\0\0\0\0\0\x07\x01" + bytes((len(body),))
    return head + _crc(head) + body + _crc(body)


def _time() -> st.SearchStrategy[bytes]:
    date = st.builds(
        lambda year, month, day: year << 9 | month << 5 | day,
        st.integers(2000, 2099), st.integers(1, 12), st.integers(1, 28),
    )  # fmt: skip
    clock = st.builds(
        lambda hour, minute, second, ms: hour << 22 | minute << 16 | second << 10 | ms,
        st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999),
    )  # fmt: skip
    return st.builds(
        lambda date, clock: date.to_bytes(4, "big") + clock.to_bytes(4, "big"), date, clock
    )


def _speed() -> st.SearchStrategy[bytes]:
    valid = st.builds(lambda high, low: bytes((0x80 | high, *low)), st.integers(0, 127), _some(2))
    return st.one_of(st.just(bytes(3)), valid)


def _event() -> st.SearchStrategy[bytes]:
    parts = st.tuples(
        st.sampled_from([b"\x67\0\0", b"\x67\1\0"]), _time(), _some(6), _speed(), _some(3)
    )
    return parts.map(b"".join)


def _hd() -> st.SearchStrategy[bytes]:
    interval = st.tuples(
        _byte.map(lambda lane: bytes((0x71, lane, 0))), _some(3), _time(), _speed(), _some(17),
        _speed(), _some(8),
    ).map(b"".join)  # fmt: skip
    alone = st.one_of(_event(), interval).map(lambda body: body + _crc(body))
    other = st.builds(
        lambda kind, text: bytes((4, 0, kind)) + text, st.integers(0, 1), st.binary(max_size=30)
    )
    refused = _some(2).map(lambda code: b"\x67\0\2" + code)
    return st.one_of(alone, st.one_of(other, refused).map(_packet))


def _is_hd(data: bytes) -> bool:
    if data[:1] in {b"\x67", b"\x71"}:
        size = 23 if data[0] == 0x67 else 45
        sound = data[2:3] == b"\0" and (data[0] == 0x71 or data[1] < 2)
        return sound and len(data) > size and _crc(data[:size]) == data[size : size + 1]
    if data[:2] != b"Z1" or len(data) < 12 or _crc(data[:10]) != data[10:11]:
        return False
    body, crc = data[11 : 11 + data[9]], data[11 + data[9] : 12 + data[9]]
    return 3 <= data[9] <= 244 and _crc(body) == crc


def _smart(body: str) -> bytes:
    return f"Z00012XD{body}{sum(map(ord, body)):04X}~\r\n".encode()


def _smart_frames() -> st.SearchStrategy[bytes]:
    def digits(count: int) -> st.SearchStrategy[str]:
        return st.integers(0, 16**count - 1).map(lambda number: f"{number:0{count}X}")

    share = st.integers(0, 1024).map(lambda number: f"{number:04X}")
    lane = st.tuples(digits(1), digits(8), digits(4), share, share, share, share).map("".join)
    told = st.builds(
        lambda at, seen: _smart(at + "".join(seen)), digits(8), st.lists(lane, max_size=8)
    )
    words = st.sampled_from(["Empty", "Failure", "Invalid"])
    return st.one_of(told, words.map(lambda word: f"Z00012XD{word}~\r\n".encode()))


def _is_smart(data: bytes) -> bool:
    match = re.match(rb"Z0\d{4}XD(?:(Empty|Failure|Invalid)|([0-9A-F]*)([0-9A-F]{4}))~\r\n", data)
    if match is None or match[1]:
        return match is not None
    return len(match[2]) % 29 == 8 and sum(match[2]) == int(match[3], 16)


def _loops() -> st.SearchStrategy[bytes]:
    loop = st.builds(lambda seen, state: seen + bytes((state,)), _some(8), st.integers(0, 1))
    four = st.lists(loop, min_size=4, max_size=4).map(b"".join)
    return four.map(lambda body: body + bytes((reduce(xor, body),)))


def _is_loops(data: bytes) -> bool:
    states = {data[at] for at in (8, 17, 26, 35) if at < len(data)}
    return len(data) >= 37 and states <= {0, 1} and reduce(xor, data[:37]) == 0


def _ft12(body: bytes) -> bytes:
    return b"\x68%c%c\x68" % (len(body), len(body)) + body + bytes((sum(body) % 256, 0x16))


def _ft12_frames() -> st.SearchStrategy[bytes]:
    def vehicles(size: int) -> st.SearchStrategy[bytes]:
        return st.lists(_some(size), min_size=1, max_size=4).map(b"".join)

    head = st.builds(lambda status, count: b"\x08\x01" + bytes((status,)) + count, _byte, _some(4))
    seen = st.builds(
        lambda head, rest: _ft12(head + rest), head, st.sampled_from([6, 7, 11]).flatmap(vehicles)
    )
    status = st.builds(
        lambda code, bits: _ft12(bytes((code, 1, bits))), st.sampled_from([8, 11]), _byte
    )
    short = st.tuples(_byte, _byte).map(lambda two: bytes((0x10, *two, sum(two) % 256, 0x16)))
    return st.one_of(seen, status, short, st.just(b"\xe5"))


def _is_ft12(data: bytes) -> bool:
    if data[:1] == b"\x10":
        return len(data) >= 5 and data[4] == 0x16 and sum(data[1:3]) % 256 == data[3]
    if data[:1] != b"\x68":
        return data[:1] == b"\xe5"
    sizes = {3, *(7 + count * size for size in (6, 7, 11) for count in range(1, 5))}
    whole = len(data) > 1 and len(data) >= 6 + data[1] and data[1] in sizes
    return whole and data[: 6 + data[1]] == _ft12(data[4 : 4 + data[1]])


def _rtms(kind: int, body: bytes) -> bytes:
    return b"\xff\xaa" + bytes((kind, len(body))) + body + sum(body).to_bytes(2, "big")


def _rtms_frames() -> st.SearchStrategy[bytes]:
    event = st.builds(
        lambda body, unit: _rtms(0x5E, body + bytes((unit,))), _some(16), st.integers(0, 1)
    )
    other = st.builds(
        _rtms, st.sampled_from([0x1C, 0x40, 0x5F, 0x80]), st.binary(min_size=2, max_size=30)
    )
    return st.one_of(event, other)


def _is_rtms(data: bytes) -> bool:
    kinds = bytes.fromhex(
        "101112131415161718 1a1c1e1f 4041494c4e4f 5051525354575e5f68 8081c0c1 ccd0d7f9"
    )
    if data[:2] != b"\xff\xaa" or len(data) < 6 or data[2] not in kinds:
        return False
    length = data[3]
    sized = length == 17 if data[2] == 0x5E else length >= 2
    return sized and data[: 6 + length] == _rtms(data[2], data[4 : 4 + length])


FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "wavetronix.ss125": _hd(),
    "wavetronix.ss105": _smart_frames(),
    "canoga.loop": _loops(),
    "adec.tdc": _ft12_frames(),
    "eis.rtms": _rtms_frames(),
}
"""Driver to its frames."""

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    "wavetronix.ss125": _is_hd,
    "wavetronix.ss105": _is_smart,
    "canoga.loop": _is_loops,
    "adec.tdc": _is_ft12,
    "eis.rtms": _is_rtms,
}
"""Driver to whether bytes begin with one of its frames, judged apart."""
