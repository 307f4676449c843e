"""What stands around the gateway in a law: the truth, a store, a broker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.edge.announcements import MODEL, NODE
from gateway.edge.core import Core
from schemas.batch import decode
from schemas.reading import Flag, Reading, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gateway.clock import Stamp
    from gateway.collector.points import Fields, Point, Tags

NUMBERED: Final = ("pm2_5", "count", "frames", "cpu")
"""The quantities that carry the number of a reading: of the air, of a lane, of vitals."""

Name = tuple[str, int]
"""Epoch and seq: they name one string of bytes for ever."""


class Opened(NamedTuple):
    """What a batch says: its name, and which readings it carries."""

    name: Name
    numbers: frozenset[int]


@lru_cache(maxsize=20_000)
def opened(payload: bytes) -> Opened:
    """Open a batch."""
    batch = decode(payload)
    place = next(batch.q.index(quantity) for quantity in NUMBERED if quantity in batch.q)
    return Opened(
        (batch.epoch, batch.seq), frozenset(int(float(row[2 + place] or 0)) for row in batch.r)
    )


@dataclass
class Truth:
    """What really happened to one numbered reading."""

    number: int
    device: str
    channel: str | None
    at: float
    """True seconds since 1970."""
    committed: bool = False
    excused: bool = False
    """A crash took it before its commit, or a card that is no more: no other loss is allowed."""


@dataclass
class MemoryStore:
    """Points that unite as a time series database unites them."""

    points: dict[tuple[str, Tags, int], Fields] = field(default_factory=dict)

    def write(self, points: list[Point]) -> None:
        for point in points:
            self.points.setdefault((point.measurement, point.tags, point.time), {}).update(
                point.fields
            )

    def series(self, measurement: str, tags: Mapping[str, str]) -> list[Tags]:
        return sorted({found for found, _, _ in self.select(measurement, tags)})

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        for (name, found, time), fields in sorted(self.points.items(), key=lambda item: item[0]):
            if name == measurement and time >= since and tags.items() <= dict(found).items():
                yield found, time, fields


@dataclass
class Broker:
    """A broker that may keep what a collector was not there for, or may not.

    Attributes:
        keeps: Whether messages wait for an absent collector.
        retained: The last word on each topic, for a collector that comes.
        heard: The bytes of every batch that was ever published, by its name.
    """

    keeps: bool
    up: bool = True
    queue: list[tuple[str, bytes]] = field(default_factory=list)
    mids: Iterator[int] = field(default_factory=lambda: count(1))
    collector: bool = True
    retained: dict[str, bytes] = field(default_factory=dict)
    heard: dict[Name, bytes] = field(default_factory=dict)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        if not self.up:
            return None
        if "/readings/" in topic:
            name = opened(payload).name
            assert self.heard.setdefault(name, payload) == payload, f"{name} names two batches"
        if retain:
            self.retained[topic] = payload
        if self.collector or self.keeps:
            self.queue.append((topic, payload))
        return next(self.mids)


class HeldBack(NamedTuple):
    """A reading that the quality stage holds back, for want of a neighbour."""

    due: float
    number: int
    reading: Reading
    stamp: Stamp


class NumberedCore(Core):
    """A core whose vitals carry numbers as readings do.

    Attributes:
        truth: Called with the device of vitals, gives their number; without it there are none.
    """

    truth: Callable[[str], int] | None = None

    def measured(self, reading: Reading, stamp: Stamp, model: str, now: float) -> None:
        if model == MODEL:
            if self.truth is None:
                return
            quantity = "cpu" if reading.device == NODE else "frames"
            numbered = {quantity: Value(float(self.truth(reading.device)), Flag.PASS)}
            reading = replace(reading, values=numbered)
        super().measured(reading, stamp, model, now)
