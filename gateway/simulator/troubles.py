"""What can happen to a frame on a bad line: noise before it, its end cut off, one bit turned."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

_MOST_NOISE: Final = 24
"""Bytes of one burst of noise."""


@dataclass(frozen=True, slots=True)
class Troubles:
    """How bad a line is, as the share of the frames that each thing happens to.

    Attributes:
        noise: Bytes before the frame that are none of it: random ones, or the beginning of a frame
            (a false header costs a careless reader the true frame behind it).
        cut: Only the beginning of the frame arrives.
        turned: One bit arrives wrong.
    """

    noise: float = 0.0
    cut: float = 0.0
    turned: float = 0.0


CLEAN: Final = Troubles()
NOISY: Final = Troubles(noise=0.3, cut=0.05, turned=0.05)


class BadLine:
    """A line with troubles, drawn from a seed."""

    def __init__(self, seed: int, troubles: Troubles = CLEAN) -> None:
        """Begin with some troubles; they may be changed at any time."""
        self.troubles = troubles
        self._random = random.Random(seed)  # noqa: S311 - noise, not a secret

    def carry(self, frame: bytes) -> tuple[bytes, bool]:
        """Return what arrives of a frame, and whether the frame is whole in it."""
        troubles, draw = self.troubles, self._random.random
        before = self._noise(frame) if draw() < troubles.noise else b""
        if len(frame) > 1 and draw() < troubles.cut:
            return before + frame[: self._random.randrange(1, len(frame))], False
        if draw() < troubles.turned:
            return before + self._turn(frame), False
        return before + frame, True

    def _noise(self, frame: bytes) -> bytes:
        if self._random.random() < 0.5 and len(frame) > 1:  # noqa: PLR2004 - every other time
            return frame[: self._random.randrange(1, len(frame))]
        return bytes(
            self._random.randrange(0x80, 0x100) for _ in range(self._random.randint(1, _MOST_NOISE))
        )

    def _turn(self, frame: bytes) -> bytes:
        at = self._random.randrange(len(frame))
        turned = frame[at] ^ (1 << self._random.randrange(8))
        return frame[:at] + bytes((turned,)) + frame[at + 1 :]
