"""Frames of Modbus RTU, their CRC reckoned bit by bit once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from gateway.config import maps

if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESSES: Final = [*range(1, 248), 254, 255]


def summed(body: bytes) -> bytes:
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return body + bytes([crc & 0xFF, crc >> 8])


def _answer() -> st.SearchStrategy[bytes]:
    words = st.integers(1, 125).flatmap(lambda n: st.binary(min_size=2 * n, max_size=2 * n))
    return st.builds(
        lambda address, function, data: summed(bytes([address, function, len(data)]) + data),
        st.sampled_from(_ADDRESSES), st.sampled_from([3, 4]), words,
    )  # fmt: skip


def _is_question(frame: bytes) -> bool:
    return 1 <= int.from_bytes(frame[4:6], "big") <= 125 and frame[:8] == summed(frame[:6])


def frames() -> st.SearchStrategy[bytes]:
    address = st.sampled_from(_ADDRESSES)
    written = st.builds(
        lambda address, function, data: summed(bytes([address, function]) + data),
        address, st.sampled_from([5, 6, 16]), st.binary(min_size=4, max_size=4),
    )  # fmt: skip
    refused = st.builds(
        lambda address, function, code: summed(bytes([address, function | 0x80, code])),
        address, st.sampled_from([3, 4, 5, 6, 16]), st.integers(0, 255),
    )  # fmt: skip
    return st.one_of(_answer().filter(lambda frame: not _is_question(frame)), written, refused)


def begins(data: bytes) -> bool:
    if len(data) < 5 or data[0] not in _ADDRESSES:
        return False
    size = {3: data[2] + 5, 4: data[2] + 5, 5: 8, 6: 8, 16: 8}.get(data[1], 5)
    whole = len(data) >= size and data[:size] == summed(data[: size - 2])
    if data[1] in {3, 4}:
        return (whole and data[2] % 2 == 0 and 0 < data[2] <= 250) or _is_question(data)
    return whole and data[1] & 0x7F in {3, 4, 5, 6, 16}


_DRIVERS: Final = (
    "modbus",
    *(f"modbus.map:{name}" for name in maps.names()),
    "senseair.s8",
    "senseair.k30",
)

FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = dict.fromkeys(_DRIVERS, frames())
BEGINS: Final[dict[str, Callable[[bytes], bool]]] = dict.fromkeys(_DRIVERS, begins)
