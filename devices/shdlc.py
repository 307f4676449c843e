"""SHDLC, Sensirion's framing on serial lines: stuffed frames between two bytes 7E.

A question is an address, a command, the length of its data, these, and a checksum; an answer has a
state before the length. The checksum is the inverted low byte of the sum of all before it. Wherever
7E, 7D, 11 or 13 stand in that, checksum included, they travel as 7D and another byte.

Source: Sensirion, SPS30 datasheet version 1.0, chapter 5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.checksums import sum8
from devices.cutters import Bad, Whole

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict

_END: Final = 0x7E
_ESCAPE: Final = 0x7D
_ESCAPED: Final = bytes((_ESCAPE,))
_STUFFED: Final = {_END: 0x5E, _ESCAPE: 0x5D, 0x11: 0x31, 0x13: 0x33}
_PLAIN: Final = {stuffed: plain for plain, stuffed in _STUFFED.items()}

_ADDRESS: Final = 0
"""Of a sensor alone on its line."""

_LEAST: Final = 5
"""Bytes of an answer without data: address, command, state, length, checksum."""


def cutter(most: int) -> Cutter:
    """Return a cutter of answers with at most so many bytes of data.

    A lost byte puts the two ends out of step: every 7E may be the first byte of an answer.
    """

    def cut(buffer: bytes) -> Verdict:
        if buffer[0] != _END:
            at = buffer.find(_END)
            return Bad("header", at if at > 0 else len(buffer))
        taken = _take(buffer, most)
        if taken is None or isinstance(taken, Bad):
            return taken
        answer, size = taken
        if size == len(buffer):
            return None
        if buffer[size] != _END:
            return Bad("header")
        return Whole(size + 1) if _checksum(answer[:-1]) == answer[-1] else Bad("checksum")

    return cut


def content(frame: bytes) -> bytes:
    """Return what a whole frame holds, its checksum included."""
    plain, at = bytearray(), 1
    while at < len(frame) - 1:
        escaped = frame[at] == _ESCAPE
        plain.append(_PLAIN[frame[at + 1]] if escaped else frame[at])
        at += 1 + escaped
    return bytes(plain)


def frame(body: bytes) -> bytes:
    """Put a checksum behind a body, and both on the wire."""
    plain = body + bytes((_checksum(body),))
    wire = b"".join(
        bytes((_ESCAPE, _STUFFED[byte])) if byte in _STUFFED else bytes((byte,)) for byte in plain
    )
    return bytes((_END,)) + wire + bytes((_END,))


def _take(buffer: bytes, most: int) -> tuple[bytes, int] | Bad | None:
    """Return the content of the answer that begins here, and where it ends on the wire."""
    plain, at, size = bytearray(), 1, _LEAST
    while len(plain) < size:
        taken = _byte(buffer[at : at + 2])
        if taken is None or isinstance(taken, Bad):
            return taken
        plain.append(taken[0])
        at += taken[1]
        if plain[0] != _ADDRESS:
            return Bad("header")
        if len(plain) == _LEAST - 1:
            size += plain[-1]
        if size > _LEAST + most:
            return Bad("length")
    return bytes(plain), at


def _byte(wire: bytes) -> tuple[int, int] | Bad | None:
    """Return the next byte of a content, and how many it takes on the wire."""
    if not wire or wire == _ESCAPED:
        return None
    if wire[0] == _END:
        return Bad("length")
    if wire[0] != _ESCAPE:
        return wire[0], 1
    plain = _PLAIN.get(wire[1])
    return Bad("header") if plain is None else (plain, 2)


def _checksum(body: bytes) -> int:
    return ~sum8(body) & 0xFF
