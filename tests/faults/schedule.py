"""The schedule: which fault happens when, to whom and for how long, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS: Final = ("pm-1", "pm-2")
RADAR: Final = "radar-1"
SENSORS: Final = (*READERS, RADAR)
STORES: Final = ("sqlite", "influxdb")


class Kind(StrEnum):
    """What can happen; what a database answers is told by `front.Trouble`."""

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
    LEAVE = "leave"
    UNAVAILABLE = "503"
    BUSY = "429"
    DENIED = "401"
    ABSENT = "404"
    HANG = "hang"
    DROP = "drop"
    DEAF = "deaf"
    REFUSE = "400"
    LARGE = "413"


NETWORK: Final = (Kind.CUT, Kind.STALL, Kind.HOLE)
"""What befalls the network at a process, and not the process."""

ANSWERS: Final = (
    Kind.UNAVAILABLE,
    Kind.BUSY,
    Kind.DENIED,
    Kind.ABSENT,
    Kind.HANG,
    Kind.DROP,
    Kind.DEAF,
    Kind.REFUSE,
    Kind.LARGE,
)
"""What befalls the answers of the database, and not the database."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is for faults to befall.

    Attributes:
        store: `sqlite`, or `influxdb`: a database of its own, behind a front that can lie.
        collectors: How many; several are on one share, and come and go.
    """

    store: str = "sqlite"
    collectors: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the collectors."""
        return tuple(f"collector-{number + 1}" for number in range(self.collectors))

    @property
    def outside(self) -> bool:
        """Whether the store is a server."""
        return self.store == "influxdb"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        at: Seconds after the start.
        kind: What happens.
        target: To whom: a process, a network (named after the process at its end), a sensor, or
            the gateway's wall clock, the disk of its spool, the store.
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

    @property
    def thing(self) -> tuple[str, str]:
        """What it befalls: of one name there may be a process, its network and its answers."""
        layers = {**dict.fromkeys(NETWORK, "network"), **dict.fromkeys(ANSWERS, "answers")}
        return layers.get(self.kind, "itself"), self.target

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


_KILL_GATEWAY: Final = _Sort(6, Kind.KILL, ("gateway",), 0.1, 2.0)


def _sorts(scene: Scene) -> Iterator[_Sort]:
    """List what may happen in a scene."""
    others = ("broker", *scene.names)
    yield _KILL_GATEWAY
    yield _Sort(3 + 2 * scene.collectors, Kind.KILL, others, 0.1, 3.0)
    yield _Sort(3, Kind.FREEZE, ("gateway",), 0.3, 4.0)
    yield _Sort(3 + scene.collectors, Kind.FREEZE, others, 0.3, 6.0)
    for kind in NETWORK:
        yield _Sort(3, kind, ("gateway",), 0.2, 9.0)
    for kind in NETWORK:
        yield _Sort(2, kind, scene.names, 0.2, 6.0)
    yield _Sort(4, Kind.UNPLUG, SENSORS, 0.3, 3.0)
    yield _Sort(4, Kind.NOISE, SENSORS, 1.0, 5.0)
    yield _Sort(4, Kind.CLOCK, ("wall",), 0.5, 4.0)
    yield _Sort(1, Kind.DISK, ("spool",), 1.5, 5.0)
    if scene.outside:
        yield _Sort(3, Kind.KILL, ("database",), 0.1, 4.0)
        yield _Sort(2, Kind.FREEZE, ("database",), 0.5, 5.0)
        for kind in ANSWERS:
            yield _Sort(2, kind, ("database",), 1.0, 5.0)
    else:
        yield _Sort(3, Kind.LOCK, ("store",), 0.5, 4.0)
    if scene.collectors > 1:
        yield _Sort(4, Kind.LEAVE, scene.names, 0.5, 6.0)


_STEPS: Final = (-31_536_000.0, -3600.0, -600.0, -5.0, 5.0, 600.0, 3600.0, 31_536_000.0)
_SHORTEST_PAUSE: Final = 1.5
_LONGEST_PAUSE: Final = 4.0
_REST: Final = 2.0
"""Seconds that whatever was healed is left in peace."""

_MUTE_SECONDS: Final = 2.0
_MALICE: Final = 0.6
"""How likely a gateway is killed that could send nothing for so long: only then does it show what
a kill costs; with a network, all that is lost is on its way already."""


def draw(seed: int, count: int, scene: Scene | None = None) -> list[Fault]:
    """Draw a schedule: the same seed gives the same faults, a longer one begins as a shorter one.

    Faults overlap, but two never befall one thing at once.
    """
    return list(islice(_endless(random.Random(seed), list(_sorts(scene or Scene()))), count))


def _endless(chance: random.Random, sorts: list[_Sort]) -> Iterator[Fault]:
    at = 0.0
    busy: dict[tuple[str, str], float] = {}
    mute = Fault(0.0, Kind.CUT, "gateway", 0.0)
    weights = [sort.weight for sort in sorts]
    while True:
        at += chance.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)
        malice = mute.at + _MUTE_SECONDS < at < mute.until and chance.random() < _MALICE
        while True:
            sort = _KILL_GATEWAY if malice else chance.choices(sorts, weights)[0]
            malice = False
            fault = Fault(round(at, 3), sort.kind, chance.choice(sort.targets), 0.0)
            if busy.get(fault.thing, 0.0) <= at:
                break
        seconds = chance.uniform(sort.shortest, sort.longest)
        step = chance.choice(_STEPS) if sort.kind is Kind.CLOCK else 0.0
        fault = replace(fault, seconds=round(seconds, 3), step=step)
        busy[fault.thing] = fault.until + _REST
        if fault.thing == ("network", "gateway"):
            mute = fault
        yield fault
