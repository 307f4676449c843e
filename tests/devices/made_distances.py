"""Frames of instruments that measure a distance, written by hand once more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_word = st.binary(min_size=2, max_size=2)
_ANSWERS: Final = {1: 3, 2: 1, 3: 2, 5: 1, 6: 4, 7: 1, 17: 1}
"""What a lidar's answer is about, to the bytes of its value."""


def _added(body: bytes) -> bytes:
    return body + bytes([sum(body) % 256])


def _is_a02(data: bytes) -> bool:
    return len(data) >= 4 and data[0] == 255 and data[:4] == _added(data[:3])


def _is_lidar(data: bytes) -> bool:
    if data[:2] == b"YY":
        return len(data) >= 9 and data[:9] == _added(data[:8])
    if len(data) < 5 or data[0] != 0x5A or _ANSWERS.get(data[2]) != data[1] - 4:
        return False
    size = data[1]
    return len(data) >= size and data[:size] == _added(data[: size - 1])


def _answer(about: int) -> st.SearchStrategy[bytes]:
    size = _ANSWERS[about]
    values = st.binary(min_size=size, max_size=size)
    return values.map(lambda value: _added(bytes([0x5A, size + 4, about]) + value))


FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    "ultrasonic.a02yyuw": _word.map(lambda word: _added(b"\xff" + word)),
    "ultrasonic.maxsonar": st.integers(0, 9999).map(lambda mm: f"R{mm:04}\r".encode()),
    "benewake.tfmini": st.one_of(
        st.binary(min_size=6, max_size=6).map(lambda payload: _added(b"YY" + payload)),
        *map(_answer, _ANSWERS),
    ),
}
"""Driver to its frames."""

BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    "ultrasonic.a02yyuw": _is_a02,
    "ultrasonic.maxsonar": lambda data: re.match(rb"R[0-9]{4}\r", data) is not None,
    "benewake.tfmini": _is_lidar,
}
"""Driver to whether bytes begin with one of its frames, judged apart."""
