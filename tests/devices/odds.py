"""What guards each driver's frames, and how often damage of each kind passes it.

The one table of promises: `test_laws` holds every driver to it, and `tests.hostile.drivers` writes
what was measured beside it into `docs/drivers/false-accepts.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SURELY: Final = 1e-6
"""How likely it may be that a driver that keeps its promise is found guilty by chance."""


@dataclass(frozen=True)
class Check:
    """What guards a frame.

    Attributes:
        name: What it is called on the page.
        odds: How often damage passes, at most.
        weak: Kinds of damage that pass more often, and how often.
        why: Why a driver's frames are guarded worse than its check could; empty where they are not.
    """

    name: str
    odds: float
    weak: Mapping[str, float] = field(default_factory=dict)
    why: str = ""

    def of(self, damage: str) -> float:
        """Return how often damage of this kind passes, at most."""
        return self.weak.get(damage, self.odds)

    def but(self, why: str, **weak: float) -> Check:
        """Return this check where some damage (`one_bit`) passes more often, and why."""
        added = {kind.replace("_", " "): odds for kind, odds in weak.items()}
        return replace(self, weak={**self.weak, **added}, why=why)


def most(trials: int, odds: float) -> int:
    """Return how many of these trials may pass before the odds were surely more.

    By Chernoff's bound more than that come by chance once in a million runs, at most.
    """
    allowed = math.ceil(trials * odds)
    while allowed < trials and trials * _apart(allowed / trials, odds) < -math.log(_SURELY):
        allowed += 1
    return allowed


def _apart(share: float, odds: float) -> float:
    """Return the divergence of two coins, in nats."""
    rest = (1 - share) * math.log((1 - share) / (1 - odds)) if share < 1 else 0.0
    return (share * math.log(share / odds) if share else 0.0) + rest


NONE: Final = Check("none: form and plausibility", 1.0)

SUM8: Final = Check("8-bit sum", 1 / 256, {"two bits": 1 / 16, "swapped": 1.0})
"""Two flips of the same bit, one up and one down, leave a sum as it was; so does any exchange."""

SUM16: Final = replace(SUM8, name="16-bit sum")
"""Some changed bytes move a sum by some hundreds at most: its second byte adds next to nothing."""

XOR8: Final = Check("exclusive or", 1 / 256, {"two bits": 1 / 8, "swapped": 1.0})
"""Two flips of the same bit leave it as it was; so does any exchange."""

CRC16: Final = Check("CRC-16", 1 / 65536)

CHECKS: Final[Mapping[str, Check]] = {
    "plantower": SUM16,
    "nova": SUM8,
    "winsen": SUM8,
    "modbus": CRC16,
    "modbus.map": CRC16,
    "senseair": CRC16,
    "nmea": XOR8.but(
        "the same character lost or sent twice leaves it as it was", cut=1 / 64, doubled=1 / 64
    ),
    "gill": XOR8,
    "omnipresense": NONE,
    "hilink": NONE,
    "decatur": NONE,
    "hikvision": NONE,
    "houston.ascii": NONE,
    "houston.dr500": CRC16,
    "icoms": NONE,
    "mph": NONE,
    "rfbeam": NONE,
    "adec": SUM8.but(
        "`E5` alone is a frame, *nobody passed*: noise can say so",
        burst=1 / 32,
        inserted=1 / 64,
        mixed=1 / 32,
    ),
    "canoga": XOR8.but(
        "a frame has no beginning: each place is tried",
        one_bit=1 / 128,
        one_byte=1 / 128,
        burst=1 / 128,
        cut=1 / 128,
        doubled=1 / 128,
        inserted=1 / 128,
        mixed=1 / 128,
    ),
    "eis": SUM16.but("what a frame is stands outside the sum", one_bit=1 / 32, one_byte=1 / 64),
    "wavetronix.ss105": SUM16.but("the sensor's number stands outside the sum", one_bit=1 / 32),
    "wavetronix.ss125": Check("CRC-8", 1 / 64).but(
        "its polynomial is a multiple of x²: six of its bits tell something",
        two_bits=1 / 32,
        swapped=1 / 32,
    ),
    "sensirion": SUM8,
    "honeywell": SUM8,
    "panasonic": XOR8,
    "cubic": SUM8,
    "gy": SUM8,
    "benewake": SUM8,
    "ultrasonic.a02yyuw": SUM8,
    "ultrasonic.maxsonar": NONE,
    "text": NONE,
}
"""Driver, or maker, to what guards its frames."""


def check_of(driver: str) -> Check:
    """Return what guards a driver's frames; one that nobody has named is held to an 8-bit sum."""
    name = driver.partition(":")[0]
    return CHECKS.get(name) or CHECKS.get(name.partition(".")[0]) or SUM8
