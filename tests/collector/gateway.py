"""A gateway as a collector sees it: it publishes batches and reads its receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from gateway.config.broker import BrokerConfig
from gateway.mqtt import Arrived, Confirmed, Connected, Connection, Terms
from schemas.receipt import Receipt
from schemas.topics import ROOT, Kind, build
from tests.collector.batches import GATEWAY
from tests.events import Events
from tests.waiting import until

if TYPE_CHECKING:
    from tests.broker import Broker


class Gateway:
    """A plain publisher, without any spool behind it: what it sends, it sends once."""

    def __init__(self, broker: Broker, protocol: str, name: str = GATEWAY) -> None:
        """Prepare to connect; `with` does."""
        self.name = name
        self._events = Events()
        terms = Terms(name, (build(ROOT, name, Kind.RECEIPT),))
        settings = BrokerConfig.model_validate({"url": broker.url, "protocol": protocol})
        self._connection = Connection(settings, terms, self._events.put)

    def publish(self, body: bytes, device: str = "pm-1") -> None:
        """Send a batch; the broker has it on return."""
        self.say(build(ROOT, self.name, Kind.READINGS, device), body)

    def say(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        """Send anything; the broker has it on return."""
        mid = self._connection.publish(topic, body, retain=retain)
        assert mid is not None, "not connected"
        until(lambda: any(one.mid == mid for one in self._events.all(Confirmed)), 10, "PUBACK")

    def announce(self) -> None:
        """Say that we are online, for whoever subscribes later to see."""
        self.say(build(ROOT, self.name, Kind.STATE), b'{"v":1,"online":true}', retain=True)

    def await_greeting(self, within: float = 15.0) -> None:
        """Wait for the collector that came after `announce`: now it has subscribed.

        What is published earlier, the broker throws away.
        """
        until(lambda: bool(self.receipts), within, "the collector's greeting")

    @property
    def receipts(self) -> list[Receipt]:
        """All receipts so far."""
        return [Receipt.model_validate_json(one.payload) for one in self._events.all(Arrived)]

    @property
    def stored(self) -> list[int]:
        """The seqs that receipts called stored, as often as they did."""
        return [
            seq
            for receipt in self.receipts
            for ranges in receipt.stored.values()
            for low, high in ranges
            for seq in range(low, high + 1)
        ]

    @property
    def refused(self) -> dict[int, str]:
        """The seqs that receipts called refused, and why."""
        return {
            seq: reason
            for receipt in self.receipts
            for ranges in receipt.refused.values()
            for low, high, reason in ranges
            for seq in range(low, high + 1)
        }

    def __enter__(self) -> Self:
        """Connect."""
        self._connection.start()
        self._events.wait(Connected)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave cleanly."""
        self._connection.stop()
