"""Frames of sensors of dust, gas and CO2, their sums added up by hand once more."""

from __future__ import annotations

import re
from functools import partial
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable


def some(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def zeroed(body: bytes) -> bytes:
    """Put the byte behind a body that makes the sum of all of it 0."""
    return body + bytes([(256 - sum(body) % 256) % 256])


def streamed(payload: bytes) -> bytes:
    body = b"BM" + (len(payload) + 2).to_bytes(2, "big") + payload
    return body + (sum(body) % 65536).to_bytes(2, "big")


def is_streamed(size: int, data: bytes) -> bool:
    return len(data) >= size + 6 and data[: size + 6] == streamed(data[4 : size + 4])


def winsen(body: bytes) -> bytes:
    return b"\xff" + zeroed(body)


def is_winsen(heads: tuple[bytes, ...], data: bytes) -> bool:
    return len(data) >= 9 and data.startswith(heads) and data[:9] == winsen(data[1:8])


_DUST_HEADS: Final = tuple(bytes([0xFF, code]) for code in (0x86, 0x78, 0xA7))
_GAS_HEADS: Final = (
    b"\xff\x86",
    b"\xff\x78",
    *(
        bytes([0xFF, gas, unit, decimals])
        for gas in (0x02, 0x03, 0x04, 0x05, 0x17, 0x2A, 0x2B, 0x2C)
        for unit in (3, 4)
        for decimals in (0, 1, 2, 3)
    ),
)


def _winsen_frames(heads: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    return st.sampled_from(heads).flatmap(
        lambda head: some(8 - len(head)).map(lambda rest: winsen(head[1:] + rest))
    )


def _is_dust(data: bytes) -> bool:
    return is_winsen(_DUST_HEADS, data) or is_streamed(18, data) or is_streamed(26, data)


def honeywell(command: int, data: bytes) -> bytes:
    return zeroed(bytes([0x40, len(data) + 1, command]) + data)


def _is_honeywell(size: int, acks: tuple[bytes, ...], data: bytes) -> bool:
    answers = (honeywell(4, data[3 : 3 + size]), honeywell(0x10, data[3:4]))
    whole = any(len(data) > 4 and data.startswith(answer) for answer in answers)
    return whole or is_streamed(26, data) or (acks != () and data.startswith(acks))


_ACKS: Final = (b"\xa5\xa5", b"\x96\x96")


def _honeywell_frames(size: int) -> st.SearchStrategy[bytes]:
    return st.one_of(
        some(size).map(partial(honeywell, 4)),
        some(1).map(partial(honeywell, 0x10)),
        some(26).map(streamed),
    )


def panasonic(numbers: tuple[int, ...]) -> bytes:
    *words, status = numbers
    return _panasonic(pack("<3I3H2x3H2xB", *words, status))


def _panasonic(payload: bytes) -> bytes:
    check = 0
    for byte in payload:
        check ^= byte
    return b"\x02" + payload + bytes([check, 3])


def _is_panasonic(data: bytes) -> bool:
    masses = unpack_from("<3I", data, 1) if len(data) >= 32 else (0x10000,)
    can_be = max(masses) < 0x10000 and not any(data[19:21] + data[27:29])
    return can_be and data[:32] == _panasonic(data[1:30])


_STUFFED: Final = {0x7E: 0x5E, 0x7D: 0x5D, 0x11: 0x31, 0x13: 0x33}


def shdlc(command: int, state: int, data: bytes) -> bytes:
    body = bytes([0, command, state, len(data)]) + data
    wire = bytearray()
    for byte in body + bytes([255 - sum(body) % 256]):
        wire += bytes([0x7D, _STUFFED[byte]]) if byte in _STUFFED else bytes([byte])
    return b"\x7e" + wire + b"\x7e"


def _is_shdlc(data: bytes) -> bool:
    """Also of an answer whose end was cut off: the beginning of the next is the same mark."""
    wire, end, _ = data[1:].partition(b"\x7e")
    plain = {bytes([0x7D, stuffed]): bytes([byte]) for byte, stuffed in _STUFFED.items()}
    body = re.sub(rb"\x7d.", lambda pair: plain.get(pair[0], pair[0]), wire, flags=re.DOTALL)
    whole = data[:1] == b"\x7e" and end == b"\x7e" and len(body) > 4 and body[0] == 0
    return whole and len(body) == body[3] + 5 and sum(body) % 256 == 255


def _shdlc_frames() -> st.SearchStrategy[bytes]:
    number = st.floats(width=32, allow_nan=False, allow_infinity=False)
    floats = st.lists(number, min_size=10, max_size=10).map(lambda ten: pack(">10f", *ten))
    byte = st.integers(0, 255)
    text = st.text("0123456789ABCDEF", min_size=1, max_size=20)
    kinds = st.one_of(
        st.tuples(st.just(3), st.one_of(floats, some(20), st.just(b""))),
        st.tuples(st.just(0x80), st.one_of(some(4), st.just(b""))),
        st.tuples(st.just(0xD0), text.map(lambda chars: chars.encode() + b"\0")),
        st.tuples(st.just(0xD1), some(7)),
        st.tuples(st.just(0xD2), some(5)),
        st.tuples(st.sampled_from([0, 1, 0x10, 0x11, 0x56, 0xD3]), st.just(b"")),
    )
    return st.builds(lambda kind, state: shdlc(kind[0], state, kind[1]), kinds, byte)


def cubic(head: int, command: int, data: bytes) -> bytes:
    return zeroed(bytes([head, len(data) + 1, command]) + data)


_CO2_SIZES: Final = {1: [4], 3: [0], 0x0F: [6], 0x10: [0], 0x1F: [10], 0x50: [0, 3], 0x51: [0, 1]}
_DUST_SIZES: Final = {0x0B: [16], 0x02: [12], 0x0C: [1]}


def _is_cubic(sizes: dict[int, list[int]], data: bytes) -> bool:
    if len(data) < 4:
        return False
    size, command = data[1] - 1, data[2]
    fits = size == 1 if data[0] == 6 else size in sizes.get(command, [])
    frame = cubic(data[0], command, data[3 : 3 + size]) if size >= 0 else b""
    return data[0] in {6, 0x16} and fits and data.startswith(frame)


def _cubic_frames(sizes: dict[int, list[int]]) -> st.SearchStrategy[bytes]:
    answers = [
        some(size).map(partial(cubic, 0x16, command))
        for command, known in sizes.items()
        for size in known
    ]
    error = st.builds(partial(cubic, 6), st.integers(0, 255), some(1))
    return st.one_of(*answers, error)


def mcu680(payload: bytes) -> bytes:
    body = b"\x5a\x5a\x3f\x0f" + payload
    return body + bytes([sum(body) % 256])


def _is_mcu680(data: bytes) -> bool:
    return len(data) >= 20 and data[:20] == mcu680(data[4:19])


_VERSIONS: Final = {0x1E: list(range(1, 17))}

FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "winsen.zh03b": st.one_of(
        _winsen_frames(_DUST_HEADS), some(18).map(streamed), some(26).map(streamed)
    ),
    "winsen.ze": _winsen_frames(_GAS_HEADS),
    "honeywell.hpma115s0": st.one_of(_honeywell_frames(4), st.sampled_from(_ACKS)),
    "honeywell.hpma115c0": _honeywell_frames(12),
    "panasonic.sngcja5": st.tuples(*[st.integers(0, 0xFFFF)] * 9, st.integers(0, 255)).map(
        panasonic
    ),
    "sensirion.sps30": _shdlc_frames(),
    "cubic.cm1106": _cubic_frames(_CO2_SIZES | _VERSIONS),
    "cubic.pm1006": _cubic_frames(_DUST_SIZES),
    "gy.mcu680": some(15).map(mcu680),
}

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    "winsen.zh03b": _is_dust,
    "winsen.ze": partial(is_winsen, _GAS_HEADS),
    "honeywell.hpma115s0": partial(_is_honeywell, 4, _ACKS),
    "honeywell.hpma115c0": partial(_is_honeywell, 12, ()),
    "panasonic.sngcja5": _is_panasonic,
    "sensirion.sps30": _is_shdlc,
    "cubic.cm1106": partial(_is_cubic, _CO2_SIZES | _VERSIONS),
    "cubic.pm1006": partial(_is_cubic, _DUST_SIZES),
    "gy.mcu680": _is_mcu680,
}
