"""The collector: one thread that takes what arrives, has it written, and tells the gateways."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from gateway.collector.deadletters import DeadLetters
from gateway.collector.flights import Flights
from gateway.collector.inbox import Inbox
from gateway.collector.receipts import Receipts
from gateway.collector.subscriber import Closing, Subscriber
from gateway.collector.writer import Writer
from gateway.mqtt import Arrived, Connected, Connection, Denied, Disconnected, Refused, Terms
from gateway.mqtt.connection import HELD_SECONDS
from gateway.notify import ALIVE, READY, STOPPING, notify
from schemas.topics import Kind, build

if TYPE_CHECKING:
    from gateway.clock import Clock, Stamp
    from gateway.collector.store import Store
    from gateway.config.collector import CollectorConfig
    from gateway.mqtt import Event
    from gateway.trust import Trust

STATUS_SECONDS: Final = 60.0
"""How often the counters are logged, where they changed."""

_BAD: Final = frozenset({"dead", "refused", "denied", "conflicts", "evicted"})
"""First words of the counters that someone should look at when they grow."""

_SHARE: Final = ("refused rows", "rows")
_TOO_MANY: Final = 0.05
"""The share of a minute's rows that a store may refuse before it is an alarm."""

_TOO_OFTEN: Final = 3
"""Connections in a row that the broker took away at once, until we wonder why."""

STOP_SECONDS: Final = 30.0
"""How long a stop waits for the store. Together with the goodbye to the broker it must end before
the service manager kills us; what is not written by then comes again."""

_GLANCE: Final = 1.0
"""Seconds that a round lasts at most."""

_AT_ONCE: Final = 64
"""Events of one round at most: what else a round looks at can wait for so many."""

log = logging.getLogger(__name__)


class Collector:
    """One collector, wired: `run` it in a thread of your choice, `stop` it from any other.

    Attributes:
        abandoned: Whether `run` has returned while a write still hung in a thread of its own.
    """

    def __init__(
        self,
        config: CollectorConfig,
        store: Store[Any],
        clock: Clock,
        trust: Trust,
    ) -> None:
        """Wire a collector to its broker and its store.

        Args:
            config: What `collector.toml` says.
            store: Where the points go; closed by `run`.
            clock: This machine's clocks.
            trust: Whether the wall clock can be believed, and so judge the times of others.

        Raises:
            StoreBusy: The folder of dead letters can't be made or read.
        """
        me = config.collector
        self._id = me.id
        self._root = config.broker.root
        self._store = store
        self._clock = clock
        self._trust = trust
        self._inbox = Inbox()
        self._receipts = Receipts()
        self._letters = DeadLetters(me.dead_letters, me.dead_letters_bytes)
        self._connection = Connection(
            config.broker,
            Terms(me.id, _subscriptions(self._root, me.share), None, not me.share, manual_ack=True),
            self._inbox.put,
        )
        self._writer = Writer(store, self._letters, me.id, lambda: clock.stamp().wall)
        flights = store.writers + store.tellers
        self._threads = ThreadPoolExecutor(flights, thread_name_prefix="write")
        self._subscriber = Subscriber(
            self._root,
            store,
            Flights(self._writer, self._threads, flights, clock, self._inbox.wake),
            self._receipts,
            self._connection.acknowledge,
            clock,
            self._trusted,
            Closing(config.store.write_rows, config.store.write_seconds),
        )
        self.abandoned = False
        self._connected = False
        self._since = 0.0
        self._brief = 0
        self._quarrel = ""
        self._stopping = False
        self._poll_at = 0.0
        self._say_at = clock.monotonic() + STATUS_SECONDS
        self._said: dict[str, int] = {}

    def run(self) -> None:
        """Collect until `stop`; then write what is at hand, tell the gateways, and leave."""
        self._connection.start()
        notify(READY)
        try:
            while not self._stopping:
                self._round()
            notify(STOPPING)
            self.abandoned = not self._subscriber.finish(STOP_SECONDS)
            self._receipts.send(self._clock.monotonic(), self._publish, all_=True)
        finally:
            self._inbox.close()
            self._connection.stop()
            self._threads.shutdown(wait=not self.abandoned)
            if not self.abandoned:
                self._store.close()
            self._tell()
            log.info("stopped")

    def stop(self) -> None:
        """End `run` soon; safe in a signal handler."""
        self._stopping = True
        self._inbox.wake()

    def status(self) -> dict[str, int]:
        """Return the counters since the start."""
        recent = self._subscriber.recent
        return dict(self._subscriber.counts) | {
            "duplicates": recent.duplicates,
            "conflicts": recent.conflicts,
            "evicted": self._letters.evicted,
            "refused rows": self._writer.refused_rows,
            "held": int(bool(self._subscriber.held)),
            "connected": int(self._connected),
        }

    def _round(self) -> None:
        """Take one event, or do what has become due."""
        now = self._clock.monotonic()
        if now >= self._poll_at:
            self._poll_at = now + _GLANCE
            self._trust.poll(self._clock.stamp())
        self._subscriber.settle()
        if self._subscriber.wait() <= 0:
            self._subscriber.write()
        if self._connected:
            self._receipts.send(now, self._publish)
        if self._connection.alive() and not self._subscriber.stuck:
            notify(ALIVE)
        self._say(now)
        within = min(self._subscriber.wait(), _GLANCE)
        if self._subscriber.is_full():
            # Nothing is taken in meanwhile: the inbox fills, and the broker keeps the rest.
            self._inbox.rest(within)
            return
        if self._connected:
            within = min(within, self._receipts.wait(now))
        for _ in range(_AT_ONCE):
            event = self._inbox.get(within)
            if event is None:
                return
            self._react(event)
            if self._subscriber.closed:
                return
            within = 0.0

    def _react(self, event: Event) -> None:
        match event:
            case Arrived():
                self._subscriber.take(event)
            case Connected():
                self._connected, self._quarrel = True, ""
                self._since = self._clock.monotonic()
                log.info("connected to the broker")
            case Disconnected(reason):
                self._lose(reason)
            case Refused(topic, reason):
                log.error(
                    "the broker refuses the subscription to %s: %s; its ACL must let us read that,"
                    " and it is asked again",
                    topic,
                    reason,
                )
            case Denied():
                self._subscriber.counts["denied receipts"] += 1
            case _:
                pass

    def _lose(self, reason: str) -> None:
        """Say why there is no connection, once; wonder aloud when it is taken away at once."""
        if reason != self._quarrel:
            log.warning("no connection to the broker: %s", reason)
        self._quarrel = reason
        if self._connected:
            brief = self._clock.monotonic() - self._since < HELD_SECONDS
            self._brief = self._brief + 1 if brief else 0
            if self._brief == _TOO_OFTEN:
                log.warning(
                    "the broker drops us again and again: is there another client with our"
                    " collector.id, %s?",
                    self._id,
                )
        self._connected = False

    def _trusted(self, stamp: Stamp) -> float | None:
        at = self._trust.date(stamp)
        return None if at is None else at / 1000

    def _publish(self, gateway: str, receipt: bytes) -> bool:
        topic = build(self._root, gateway, Kind.RECEIPT)
        return self._connection.publish(topic, receipt) is not None

    def _say(self, now: float) -> None:
        """Log the counters each minute; raise the alarm where the store refuses too much."""
        if now < self._say_at:
            return
        self._say_at = now + STATUS_SECONDS
        before = self._said
        self._tell()
        refused, rows = (self._said.get(name, 0) - before.get(name, 0) for name in _SHARE)
        if refused > _TOO_MANY * rows:
            log.error(
                "the store refused %d of %d rows in the last minute; their gateways keep them:"
                " simpang dead list says why",
                refused,
                rows,
            )

    def _tell(self) -> None:
        """Log the counters where they changed, as a warning when something in them is bad."""
        status = self.status()
        if status == self._said:
            return
        grown = {name for name, number in status.items() if number > self._said.get(name, 0)}
        bad = any(name.split()[0] in _BAD for name in grown)
        text = ", ".join(f"{name} {number}" for name, number in sorted(status.items()))
        if "conflicts" in grown:
            text += f" (last conflict: {self._subscriber.recent.conflict})"
        log.log(logging.WARNING if bad else logging.INFO, "since the start: %s", text)
        self._said = status


def _subscriptions(root: str, share: str) -> tuple[str, ...]:
    """Name what a collector listens to; on a share, each batch comes to one of its collectors."""
    readings = build(root, "+", Kind.READINGS, "+")
    return (
        f"$share/{share}/{readings}" if share else readings,
        build(root, "+", Kind.STATE),
        build(root, "+", Kind.SPOOL),
        build(root, "+", Kind.ABOUT),
    )
