"""Books for tests: a real store of either kind, filled with the points that a collector writes."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from gateway.collector import ledger
from gateway.collector.influx import InfluxStore
from gateway.collector.influxql import InfluxReader
from gateway.collector.points import of_delivery, of_spool
from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import InfluxStore as Settings
from schemas.spool import EpochState, SpoolState
from tests.collector.batches import GATEWAY, T, batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gateway.collector.ledger import Gap, Ledger
    from gateway.collector.points import Point
    from gateway.collector.store import Reader, Store
    from schemas.batch import Batch
    from tests.influx import Influx

_NUMBERS: Final = itertools.count(1)


class Books:
    """A store that is filled the short way, and asked.

    Attributes:
        reader: What is asked.
        time: When the gateway last said something, ms.
    """

    def __init__(self, store: Store[Any], reader: Reader) -> None:
        self._store = store
        self.reader = reader
        self.time = T

    def write(self, points: Iterable[Point]) -> None:
        assert self._store.write([self._store.row(point) for point in points]) == []

    def deliver(
        self,
        epoch: str,
        seqs: Iterable[int],
        gateway: str = GATEWAY,
        *,
        every_ms: int = 10_000,
        at: int = T,
        device: str = "pm-1",
    ) -> None:
        """Store what tells of batches: seq 1 is of `at`, and each next one of `every_ms` later."""
        self.write(
            of_delivery(gateway, batch(seq, epoch=epoch, device=device, t=at + every_ms * seq))
            for seq in seqs
        )

    def say(
        self,
        now: str,
        *epochs: tuple[str, int, int] | tuple[str, int, int, list[tuple[int, int, str]]],
        more: bool = False,
        at: int | None = None,
    ) -> None:
        """Say that of each epoch seqs from `low` below `next` are held, and what was dropped."""
        states = [
            EpochState(epoch=epoch, low=low, next=end, dropped=dropped[0] if dropped else [])
            for epoch, low, end, *dropped in epochs
        ]
        self.time = self.time + 1000 if at is None else at
        spool = SpoolState(now=now, epochs=states, more=more)
        self.write(of_spool(GATEWAY, spool, self.time))

    def store(self, made: Batch, gateway: str = GATEWAY) -> None:
        """Store the readings of a batch, and what tells of it."""
        assert self._store.write(self._store.rows(gateway, made)) == []
        self.write([of_delivery(gateway, made)])

    @property
    def missing(self) -> list[Gap]:
        return ledger.missing(self.reader, GATEWAY)

    def since(self, moment: int) -> Ledger:
        return ledger.read(self.reader, GATEWAY, moment)


@contextmanager
def in_file(folder: Path) -> Iterator[Books]:
    """Keep books in the embedded store."""
    store = SqliteStore(folder / "city.db")
    yield Books(store, store)
    store.close()


@contextmanager
def in_influx(influx: Influx) -> Iterator[Books]:
    """Keep books in a database of their own, in an InfluxDB that runs."""
    name = f"books{next(_NUMBERS)}"
    influx.execute(f'CREATE DATABASE "{name}"')
    store = InfluxStore(Settings(url=influx.url, bucket=name))
    reader = InfluxReader(influx.url, "purbalingga", name, None)
    yield Books(store, reader)
    store.close()
    reader.close()
