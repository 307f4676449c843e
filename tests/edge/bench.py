"""A bench for the edge: a spool in a folder, readings to put in, a clock that is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from gateway.clock import Stamp
from gateway.edge.batcher import Batcher
from gateway.edge.core import commit
from gateway.edge.publisher import Publisher
from gateway.edge.spool import Spool
from schemas.batch import Batch, decode
from schemas.reading import Flag, Reading, Value
from schemas.receipt import Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.edge.held import Held

OFFSET = 1_764_000_000.0
"""Wall minus boot of the honest clock."""

_epochs = count(1)


@dataclass
class Dates:
    """A clock that is trusted or not, as it is told; see `gateway.edge.batcher.Dates`."""

    offset: float | None = OFFSET
    turn: int = 0

    def date(self, stamp: Stamp) -> int | None:
        if self.offset is None or abs(stamp.offset - self.offset) > 1:
            return None
        return round(stamp.wall * 1000)

    def late(self, boot_seconds: float) -> int | None:
        return None if self.offset is None else round((self.offset + boot_seconds) * 1000)

    def win(self, offset: float = OFFSET) -> None:
        self.offset = offset
        self.turn += 1


class Bench:
    """A spool with its batcher and publisher, and a second hand."""

    def __init__(  # noqa: PLR0913 - each has a default that most tests keep
        self, path: Path, *, boot_id: str = "boot-1", dates: Dates | None = None,
        batch_seconds: float = 10.0, commit_seconds: float = 10.0, window: int = 20,
        max_bytes: int = 1 << 29, max_age_hours: float | None = None, start: float = 1000.0,
        site: str = "here",
    ) -> None:  # fmt: skip
        self.path = path
        self.now = start
        self.offset = OFFSET
        self.counted: Counter[str] = Counter()
        self.dates = dates or Dates()
        self.spool = Spool(
            path, now=self.now, commit_seconds=commit_seconds, max_bytes=max_bytes,
            max_age_hours=max_age_hours, new_epoch=lambda: f"{next(_epochs):016x}",
        )  # fmt: skip
        self.batcher = Batcher(
            self.spool, self.dates, site=site, boot_id=boot_id, batch_seconds=batch_seconds,
            now=self.now, steady=True,
        )  # fmt: skip
        self.publisher = Publisher(self.spool, window=window, resend_seconds=10.0)

    def stamp(self, offset: float | None = None) -> Stamp:
        return Stamp(self.now, self.now + (self.offset if offset is None else offset))

    def set_clock(self, by: float) -> None:
        """Set the wall clock, and be believed."""
        self.offset += by
        self.dates.win(self.offset)

    def measure(
        self, device: str = "pm-1", value: float | None = 1.0, *, channel: str | None = None,
        offset: float | None = None,
    ) -> list[Held]:  # fmt: skip
        flag = Flag.MISSING if value is None else Flag.PASS
        return self.put(Reading(device, channel, {"pm2_5": Value(value, flag)}), offset)

    def count(self, vehicles: int, channel: str = "in") -> list[Held]:
        """Measure one interval of traffic."""
        self.counted[channel] += vehicles
        values = {
            "count": Value(vehicles, Flag.PASS),
            "count_total": Value(self.counted[channel], Flag.PASS),
        }
        return self.put(Reading("radar", channel, values))

    def put(self, reading: Reading, offset: float | None = None) -> list[Held]:
        ready = self.batcher.append(reading, self.stamp(offset), "made.up", self.now)
        self.publisher.born(ready)
        return ready

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.publisher.born(self.batcher.settle(self.stamp(), self.now))
        self.publisher.born(self.batcher.close_due(self.now))
        if self.spool.wants_commit(self.now):
            self.commit()

    def commit(self) -> None:
        commit(self.spool, self.batcher, self.publisher, self.now)

    def batch(self, device: str = "pm-1", value: float = 1.0) -> None:
        """Measure one reading and close its batch."""
        self.now += 1
        self.measure(device, value)
        self.publisher.born(self.batcher.close_all(self.now))

    def sent(self) -> list[Held]:
        """All that the publisher wants to send now."""
        held = []
        while (chosen := self.publisher.next(self.now)) is not None:
            self.publisher.sent(chosen, self.now)
            held.append(chosen)
        return held

    def send(self) -> list[Batch]:
        return [decode(held.payload) for held in self.sent()]

    def receipt(self, *batches: Batch | Held) -> None:
        stored: dict[str, list[tuple[int, int]]] = {}
        for batch in batches:
            stored.setdefault(batch.epoch, []).append((batch.seq, batch.seq))
        self.publisher.receipt(Receipt(stored=stored), self.now)

    def refuse(self, batch: Batch | Held, reason: str = "version") -> None:
        receipt = Receipt(refused={batch.epoch: [(batch.seq, batch.seq, reason)]})
        self.publisher.receipt(receipt, self.now)

    def close(self) -> None:
        self.publisher.born(self.batcher.close_all(self.now))
        self.batcher.save(self.now)
        self.spool.close(self.now)
