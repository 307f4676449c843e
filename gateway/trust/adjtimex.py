"""adjtimex(2): what the kernel itself says of its clock."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import ClassVar, Final

_STA_NANO: Final = 0x2000


@dataclass(frozen=True, slots=True)
class KernelTime:
    """What the kernel says of its clock, all of it at one moment.

    Attributes:
        max_error: The largest possible error, s.
        wall: Seconds since 1970.
    """

    max_error: float
    wall: float


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2); a long is what the C library says it is."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("fraction", ctypes.c_long),
        ("rest", ctypes.c_long * 24),
    ]


def adjtimex() -> KernelTime:
    """Ask the kernel about its clock, and change nothing; everybody may.

    Raises:
        OSError: A sandbox forbids even asking.
    """
    timex = _Timex()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    fraction = timex.fraction * (1e-9 if timex.status & _STA_NANO else 1e-6)
    return KernelTime(timex.maxerror * 1e-6, timex.seconds + fraction)
