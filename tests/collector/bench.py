"""A subscriber between a store and receipts, without a broker: what a test of it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.clock import FakeClock
from gateway.collector.deadletters import DeadLetters
from gateway.collector.flights import Flights
from gateway.collector.letters import list_letters
from gateway.collector.receipts import Receipts
from gateway.collector.sqlite import SqliteStore
from gateway.collector.subscriber import Closing, Subscriber
from gateway.collector.writer import Writer
from gateway.mqtt import Arrived, Token
from schemas.topics import ROOT
from tests.collector.batches import GATEWAY, T
from tests.collector.stores import FaultyStore, Inline

if TYPE_CHECKING:
    from pathlib import Path

READINGS = f"{ROOT}/{GATEWAY}/readings/pm-1"


class Bench:
    """A subscriber with everything it touches, on a clock that stands still.

    Attributes:
        trusted: What a trusted clock says; None for a clock that nobody trusts.
        acknowledged: The mids acknowledged, in order.
    """

    def __init__(self, folder: Path, write_rows: int = 1000) -> None:
        self.clock = FakeClock(wall=T / 1000)
        self.trusted: float | None = T / 1000
        self.folder = folder / "dead"
        self.store = FaultyStore(SqliteStore(folder / "city.db"))
        self.store.tellers = 2
        self.letters = DeadLetters(self.folder, 1 << 20)
        self.receipts = Receipts()
        self.acknowledged: list[int] = []
        self.writer = Writer(self.store, self.letters, "collector-1", lambda: self.clock.wall)
        self.subscriber = Subscriber(
            ROOT,
            self.store,
            Flights(self.writer, Inline(), self.store.writers, self.clock, lambda: None),
            self.receipts,
            self._acknowledge,
            self.clock,
            lambda _: self.trusted,
            Closing(write_rows, 0.5),
        )
        self._mid = 0

    def _acknowledge(self, token: Token) -> bool:
        self.acknowledged.append(token.mid)
        return True

    def take(self, body: bytes, topic: str = READINGS, *, retained: bool = False) -> None:
        self._mid += 1
        self.subscriber.take(Arrived(topic, body, retained, Token(1, self._mid)))

    def write(self) -> bool:
        """Write what is open and settle it; False if it must be held."""
        self.subscriber.write()
        self.subscriber.settle()
        return not self.subscriber.held

    def receipt(self) -> dict[str, object]:
        """Let two seconds pass and return the receipts of our gateway, as one."""
        self.clock.advance(2)
        told: dict[str, object] = {}
        self.receipts.send(
            self.clock.monotonic(), lambda _, body: not told.update(json.loads(body))
        )
        return told

    def reasons(self) -> dict[int | None, str]:
        return {letter.seq: letter.reason for letter in list_letters(self.folder)}
