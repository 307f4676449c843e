"""What happens to a frame on its way, each kind apart: no checksum sees all of them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def one_bit(chance: random.Random, frame: bytes) -> bytes:
    """Flip one bit."""
    return _flipped(frame, chance.randrange(8 * len(frame)))


def two_bits(chance: random.Random, frame: bytes) -> bytes:
    """Flip two bits, wherever they are."""
    first, second = chance.sample(range(8 * len(frame)), 2)
    return _flipped(_flipped(frame, first), second)


def one_byte(chance: random.Random, frame: bytes) -> bytes:
    """Put any other byte in the place of one."""
    at = chance.randrange(len(frame))
    other = frame[at] ^ chance.randint(1, 255)
    return frame[:at] + bytes((other,)) + frame[at + 1 :]


def burst(chance: random.Random, frame: bytes) -> bytes:
    """Put noise in the place of two to eight bytes in a row."""
    size = min(chance.randint(2, 8), len(frame))
    at = chance.randrange(len(frame) - size + 1)
    return frame[:at] + chance.randbytes(size) + frame[at + size :]


def swapped(chance: random.Random, frame: bytes) -> bytes:
    """Let two neighbours change places."""
    at = chance.randrange(max(1, len(frame) - 1))
    return frame[:at] + frame[at + 1 : at + 2] + frame[at : at + 1] + frame[at + 2 :]


def cut(chance: random.Random, frame: bytes) -> bytes:
    """Lose one to eight bytes in a row."""
    at = chance.randrange(len(frame))
    return frame[:at] + frame[at + chance.randint(1, 8) :]


def doubled(chance: random.Random, frame: bytes) -> bytes:
    """Send one to eight bytes twice."""
    at = chance.randrange(len(frame))
    return frame[:at] + frame[at : at + chance.randint(1, 8)] + frame[at:]


def inserted(chance: random.Random, frame: bytes) -> bytes:
    """Let noise of one to four bytes in."""
    at = chance.randrange(len(frame) + 1)
    return frame[:at] + chance.randbytes(chance.randint(1, 4)) + frame[at:]


def mixed(chance: random.Random, frame: bytes) -> bytes:
    """Lose, double, insert and spoil bytes, two to four times."""
    for _ in range(chance.randint(2, 4)):
        frame = chance.choice((burst, cut, doubled, inserted))(chance, frame or b"\0")
    return frame


def _flipped(frame: bytes, bit: int) -> bytes:
    at, bit = divmod(bit, 8)
    return frame[:at] + bytes((frame[at] ^ 1 << bit,)) + frame[at + 1 :]


KINDS: Final[dict[str, Callable[[random.Random, bytes], bytes]]] = {
    "one bit": one_bit,
    "one byte": one_byte,
    "two bits": two_bits,
    "swapped": swapped,
    "burst": burst,
    "cut": cut,
    "doubled": doubled,
    "inserted": inserted,
    "mixed": mixed,
}
"""Kinds of damage by their names; what they make may be the frame that it was."""
