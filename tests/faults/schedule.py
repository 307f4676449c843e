"""The schedule: which fault happens when, to whom and for how long, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS: Final = ("pm-1", "pm-2")
RADAR: Final = "radar-1"
SENSORS: Final = (*READERS, RADAR)


class Kind(StrEnum):
    """What can happen."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    STALL = "stall"
    HOLE = "hole"
    UNPLUG = "unplug"
    NOISE = "noise"
    CLOCK = "clock"
    DISK = "disk"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        at: Seconds after the start.
        kind: What happens.
        target: To whom: a process, a network (named after the process at its end), a sensor, or
            the gateway's wall clock, the disk of its spool, the collector's store.
        seconds: How long, until it is healed.
        step: Of a clock: how many seconds it is set by.
    """

    at: float
    kind: Kind
    target: str
    seconds: float
    step: float = 0.0

    @property
    def until(self) -> float:
        """When it is healed, seconds after the start."""
        return self.at + self.seconds

    def __str__(self) -> str:
        """Say it in one line."""
        by = f" by {self.step:+.0f} s" if self.step else ""
        return f"{self.at:7.2f} s  {self.kind} {self.target}{by} for {self.seconds:.2f} s"


@dataclass(frozen=True, slots=True)
class _Sort:
    """A kind of fault: how often it comes, to whom, and how long it lasts."""

    weight: int
    kind: Kind
    targets: tuple[str, ...]
    shortest: float
    longest: float


_NETWORK: Final = (Kind.CUT, Kind.STALL, Kind.HOLE)
_KILL_GATEWAY: Final = _Sort(6, Kind.KILL, ("gateway",), 0.1, 2.0)
_SORTS: Final = (
    _KILL_GATEWAY,
    _Sort(5, Kind.KILL, ("broker", "collector"), 0.1, 3.0),
    _Sort(3, Kind.FREEZE, ("gateway",), 0.3, 4.0),
    _Sort(4, Kind.FREEZE, ("broker", "collector"), 0.3, 6.0),
    *(_Sort(3, kind, ("gateway",), 0.2, 9.0) for kind in _NETWORK),
    *(_Sort(2, kind, ("collector",), 0.2, 6.0) for kind in _NETWORK),
    _Sort(4, Kind.UNPLUG, SENSORS, 0.3, 3.0),
    _Sort(4, Kind.NOISE, SENSORS, 1.0, 5.0),
    _Sort(4, Kind.CLOCK, ("wall",), 0.5, 4.0),
    _Sort(1, Kind.DISK, ("spool",), 1.5, 5.0),
    _Sort(3, Kind.LOCK, ("store",), 0.5, 4.0),
)
_STEPS: Final = (-31_536_000.0, -3600.0, -600.0, -5.0, 5.0, 600.0, 3600.0, 31_536_000.0)
_SHORTEST_PAUSE: Final = 1.5
_LONGEST_PAUSE: Final = 4.0
_REST: Final = 2.0
"""Seconds that whatever was healed is left in peace."""

_MUTE_SECONDS: Final = 2.0
_MALICE: Final = 0.6
"""How likely a gateway is killed that could send nothing for so long: only then does it show what
a kill costs; with a network, all that is lost is on its way already."""


def draw(seed: int, count: int) -> list[Fault]:
    """Draw a schedule: the same seed gives the same faults, a longer one begins as a shorter one.

    Faults overlap, but two never befall one thing at once.
    """
    chance = random.Random(seed)
    return [fault for fault, _ in zip(_endless(chance), range(count), strict=False)]


def _endless(chance: random.Random) -> Iterator[Fault]:
    at = 0.0
    busy: dict[tuple[bool, str], float] = {}
    mute = Fault(0.0, Kind.CUT, "gateway", 0.0)
    weights = [sort.weight for sort in _SORTS]
    while True:
        at += chance.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)
        malice = mute.at + _MUTE_SECONDS < at < mute.until and chance.random() < _MALICE
        while True:
            sort = _KILL_GATEWAY if malice else chance.choices(_SORTS, weights)[0]
            malice = False
            target = chance.choice(sort.targets)
            thing = (sort.kind in _NETWORK, target)
            if busy.get(thing, 0.0) <= at:
                break
        seconds = chance.uniform(sort.shortest, sort.longest)
        step = chance.choice(_STEPS) if sort.kind is Kind.CLOCK else 0.0
        fault = Fault(round(at, 3), sort.kind, target, round(seconds, 3), step)
        busy[thing] = fault.until + _REST
        if thing == (True, "gateway"):
            mute = fault
        yield fault
