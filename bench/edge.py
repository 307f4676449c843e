"""The edge: a reading through batcher, spool and publisher, and the draining of a backlog."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from gateway.clock import FakeClock
from gateway.edge.batcher import Batcher
from gateway.edge.publisher import Publisher
from gateway.edge.spool import Spool
from gateway.trust import Trust
from schemas.reading import Flag, Reading, Value
from schemas.receipt import Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.edge.held import Held

READINGS = 5000


class _Edge:
    """A spool with its batcher and publisher on a fake clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        now = self.clock.monotonic()
        self.spool = Spool(folder / f"{uuid4().hex}.db", now=now)
        trust = Trust.of("system", self.clock.boot_id)
        trust.poll(self.clock.stamp())
        self.batcher = Batcher(
            self.spool, trust, site="here", boot_id=self.clock.boot_id, batch_seconds=10.0, now=now
        )
        self.publisher = Publisher(self.spool)

    def measure(self, number: int) -> None:
        values = {name: Value(8.0 + number % 7, Flag.PASS) for name in ("pm1_0", "pm2_5", "pm10")}
        now = self.clock.monotonic()
        reading = Reading("pm-1", None, values, 1.0)
        self.publisher.born(self.batcher.append(reading, self.clock.stamp(), "made.up", now))
        self.clock.advance(1.0)
        now = self.clock.monotonic()
        self.publisher.born(self.batcher.close_due(now))
        if self.spool.wants_commit(now):
            self.batcher.save(now)
            self.publisher.born(self.spool.commit(now).ready)

    def receipt(self) -> int:
        now = self.clock.monotonic()
        sent: list[Held] = []
        while (held := self.publisher.next(now)) is not None:
            sent.append(held)
        for held in sent:
            self.publisher.receipt(Receipt(stored={held.epoch: [(held.seq, held.seq)]}), now)
        return len(sent)


def journey(folder: Path) -> int:
    """Measure, publish and be receipted, with the link up; return the readings."""
    edge = _Edge(folder)
    edge.publisher.connected()
    for number in range(READINGS):
        edge.measure(number)
        edge.receipt()
    edge.spool.close(edge.clock.monotonic())
    return READINGS


def drain(folder: Path) -> int:
    """Fill a spool with the link down, then drain it; return the readings."""
    edge = _Edge(folder)
    for number in range(READINGS):
        edge.measure(number)
    edge.publisher.connected()
    while edge.receipt():
        pass
    edge.spool.close(edge.clock.monotonic())
    return READINGS
