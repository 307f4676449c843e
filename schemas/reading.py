"""A reading: what one device measured at one moment, each value with its flag and cause.

Flags and their precedence are QARTOD's (US IOOS, Manual for the Use of Real-Time Oceanographic
Data Quality Control Flags, 2020), as ioos_qc implements them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal


class Flag(IntEnum):
    """How good a value is (QARTOD primary flags)."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


class Cause(IntEnum):
    """Why a value is not simply good."""

    NONE = 0
    RANGE = 1
    STEP = 2
    RATE = 3
    STUCK = 4
    WARMING_UP = 5
    CLOCK = 6
    DEVICE_FAULT = 7
    HUMIDITY = 8
    ORDER = 9


ClockState = Literal["synced", "late", "never"]
"""How a batch got its times: `synced`, stamped by a trusted clock at the serial read; `late`,
stamped in seconds since boot and dated once the clock was trusted, in the same boot; `never`,
can't be dated: the times of such a batch are addresses, not times."""

PRECEDENCE: Final = (Flag.MISSING, Flag.NOT_EVALUATED, Flag.PASS, Flag.SUSPECT, Flag.FAIL)
"""From the weakest to the strongest: of two verdicts on one value, the later one here holds."""


@dataclass(frozen=True, slots=True)
class Value:
    """One measured value with its verdict; `None` is a missing value, never a zero."""

    value: float | None
    flag: Flag = Flag.NOT_EVALUATED
    cause: Cause = Cause.NONE


@dataclass(frozen=True, slots=True)
class Reading:
    """What one device, of traffic one channel, measured at one moment; its time travels beside it.

    Attributes:
        device: The device's id.
        channel: The lane or direction, only for traffic.
        values: Quantity name to value, in the table's units; the order is the driver's.
        every: Seconds expected between two readings of this device, where that is known.
    """

    device: str
    channel: str | None
    values: dict[str, Value]
    every: float | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of what was measured, in order."""
        return tuple(self.values)


def stronger(first: Flag, second: Flag) -> Flag:
    """Return the verdict that holds when two tests judge one value."""
    return max(first, second, key=PRECEDENCE.index)
