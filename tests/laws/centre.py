"""The command centre's half of the world: a broker, a collector, a store, and its ledger."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from gateway.collector.audit import Heard, Sound, judge
from gateway.collector.ledger import Gap, missing
from gateway.collector.points import of_batch, of_delivery, of_spool
from gateway.collector.receipts import Receipts
from schemas.spool import SpoolState
from tests.laws.parts import Broker, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

GATEWAY: Final = "gw"


class Centre:
    """What hears a gateway, stores what it says, and owes it receipts.

    Attributes:
        muted: Devices whose batches nobody answers.
    """

    def __init__(self, root: str, *, keeps: bool) -> None:
        self.broker = Broker(keeps)
        self.store = MemoryStore()
        self.receipts = Receipts()
        self.muted: set[str] = set()
        self._root = root
        self._messages = count()

    def collect(self, messages: int, now: float, true: float, *, refuse: bool = False) -> None:
        """Let the collector take some messages, store them, and owe receipts for them.

        Args:
            messages: How many at most.
            now: Monotonic seconds.
            true: True seconds since 1970.
            refuse: Whether the database refuses each of them.
        """
        if not self.broker.collector:
            return
        for topic, payload in self.broker.queue[:messages]:
            match judge(self._root, topic, payload, None):
                case Sound(batch=batch) if batch.device not in self.muted:
                    if not refuse:
                        self.store.write(of_batch(GATEWAY, batch))
                        self.store.write([of_delivery(GATEWAY, batch)])
                    reason = "rows" if refuse else None
                    self.receipts.decide(GATEWAY, batch.epoch, batch.seq, reason, now)
                case Heard(news=SpoolState() as state):
                    at = round(true * 1000) * 1000 + next(self._messages) % 1000
                    self.store.write(of_spool(GATEWAY, state, at))
        del self.broker.queue[:messages]

    def come(self, now: float) -> None:
        """A collector connects: it greets each gateway."""
        if not self.broker.collector:
            self.broker.collector = True
            self.broker.queue += self.broker.retained.items()
            self.receipts = Receipts()
            self.receipts.greet(GATEWAY, now)

    def go(self) -> None:
        """The collector dies, and with it what it owes."""
        self.broker.collector = False
        self.receipts = Receipts()
        if not self.broker.keeps:
            self.broker.queue.clear()

    def receipt(self, now: float, deliver: Callable[[str, bytes], None], *, arrives: bool) -> None:
        """Send what receipts are owed; one may be lost on the way."""

        def send(_gateway: str, payload: bytes) -> bool:
            if arrives and self.broker.up:
                deliver(f"{self._root}/{GATEWAY}/receipt", payload)
            return True

        self.receipts.send(now, send, all_=True)

    def gaps(self) -> list[Gap]:
        """List what is not in the store."""
        return missing(self.store, GATEWAY)
