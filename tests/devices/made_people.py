"""Frames of a radar that follows people, written by hand once more."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD, _TAIL = bytes.fromhex("aaff0300"), bytes.fromhex("55cc")
_ASK, _DONE = bytes.fromhex("fdfcfbfa"), bytes.fromhex("04030201")


def _word(number: int) -> int:
    """The highest bit is set where a number is positive."""
    return 0x8000 | number if number > 0 else -number


def _slot(x: int, y: int, speed: int, resolution: int) -> bytes:
    return struct.pack("<4H", *map(_word, (x, y, speed)), resolution)


def _report(slots: list[bytes]) -> bytes:
    return _HEAD + b"".join(slots) + bytes(24 - 8 * len(slots)) + _TAIL


def _answer(body: bytes) -> bytes:
    return _ASK + struct.pack("<H", len(body)) + body + _DONE


def _begins(data: bytes) -> bool:
    if data[:4] == _HEAD:
        words = struct.unpack("<12H", data[4:28]) if len(data) > 29 else (0,)
        return data[28:30] == _TAIL and all(word & 0x7FFF <= 6944 for word in words[2::4])
    length = int.from_bytes(data[4:6], "little")
    body = data[6 : 6 + length]
    known = 4 <= length <= 30 and len(body) == length and body[1] == 1 and body[3] == 0
    return known and data[: 10 + length] == _answer(body)


_number = st.integers(-0x7FFF, 0x7FFF)
_slots = st.builds(
    _slot, _number.filter(bool), _number, st.integers(-6944, 6944), st.integers(0, 0xFFFF)
)  # fmt: skip

FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "hilink.ld2450": st.one_of(
        st.lists(_slots, max_size=3).map(_report),
        st.builds(
            lambda code, status, value: _answer(bytes([code, 1, status, 0]) + value),
            st.integers(0, 255), st.integers(0, 1), st.binary(max_size=26),
        ),
    ),
}  # fmt: skip
"""Driver to its frames."""

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {"hilink.ld2450": _begins}
"""Driver to whether bytes begin with one of its frames, judged apart."""
