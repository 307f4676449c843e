"""What stands around the gateway in a law: the truth, a store, a broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.collector.points import Fields, Point, Tags


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
    """A crash took it before its commit: the one loss that is allowed."""


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
    """

    keeps: bool
    up: bool = True
    queue: list[tuple[str, bytes]] = field(default_factory=list)
    mids: Iterator[int] = field(default_factory=lambda: count(1))
    collector: bool = True

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        if not self.up:
            return None
        if self.collector or self.keeps or retain:
            self.queue.append((topic, payload))
        return next(self.mids)
