"""The clocks of this machine, read in one place, and the fake that stands in for them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment on two clocks, read together.

    Attributes:
        boot: Seconds since boot, sleep included (CLOCK_BOOTTIME): never steps.
        wall: Seconds since 1970 by the wall clock: may be wrong, may step.
    """

    boot: float
    wall: float

    @property
    def offset(self) -> float:
        """Wall minus boot: constant while nobody sets the clock."""
        return self.wall - self.boot

    def back(self, seconds: float) -> Stamp:
        """Return the moment `seconds` earlier, by both clocks."""
        return Stamp(self.boot - seconds, self.wall - seconds)


class Clock(Protocol):
    """Whatever tells the time; `monotonic` only ever measures how long something takes."""

    @property
    def boot_id(self) -> str:
        """The kernel's name for this boot."""

    def stamp(self) -> Stamp:
        """Read boot and wall clock together."""

    def monotonic(self) -> float:
        """Read seconds that never go back; their zero means nothing."""


class SystemClock:
    """This machine's own clocks."""

    def __init__(self, boot_id: Path = BOOT_ID) -> None:
        """Read the boot id once; it can't change while we live."""
        self._boot_id = boot_id.read_text(encoding="ascii").strip()

    @property
    def boot_id(self) -> str:
        """The kernel's name for this boot."""
        return self._boot_id

    def stamp(self) -> Stamp:
        """Read boot and wall clock together, a microsecond apart."""
        return Stamp(time.clock_gettime(time.CLOCK_BOOTTIME), time.time())

    def monotonic(self) -> float:
        """Read CLOCK_MONOTONIC."""
        return time.monotonic()


class FakeClock:
    """A clock that stands still until it is told otherwise: part of the product, for tests.

    Attributes:
        boot: Seconds since boot.
        wall: Seconds since 1970.
    """

    def __init__(self, wall: float = 1_764_000_000.0, boot: float = 100.0) -> None:
        """Begin at `wall`, `boot` seconds after a first boot."""
        self.wall = wall
        self.boot = boot
        self._boots = 1
        self._monotonic = 1000.0

    @property
    def boot_id(self) -> str:
        """The name of this boot: `boot-1`, after a reboot `boot-2`, …."""
        return f"boot-{self._boots}"

    def stamp(self) -> Stamp:
        """Read boot and wall clock together."""
        return Stamp(self.boot, self.wall)

    def monotonic(self) -> float:
        """Read the monotonic clock."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass on all clocks."""
        self.boot += seconds
        self.wall += seconds
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back; nothing else notices."""
        self.wall += seconds

    def reboot(self, wall: float | None = None) -> None:
        """Begin a new boot, with the wall clock at `wall` where one is given."""
        self._boots += 1
        self.boot = 0.0
        self.wall = self.wall if wall is None else wall
