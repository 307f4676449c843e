"""The gateway without its threads: told what happened and what time it is, it does the rest.

It sleeps never, reads no clock and opens no socket, so a model checker can drive it through
crashes, and three days without a broker take seconds.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic import ValidationError

from gateway.edge.announcements import MODEL, Announcements
from gateway.edge.batcher import Batcher
from gateway.edge.publisher import Publisher
from gateway.edge.spool import Spool
from gateway.mqtt.events import (
    Arrived,
    Confirmed,
    Connected,
    Denied,
    Disconnected,
    Event,
    Granted,
    Refused,
)
from gateway.trust import STEP_SECONDS, Kept, Trust
from schemas import topics
from schemas.receipt import LARGEST_RECEIPT, Receipt
from schemas.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.clock import Clock, Stamp
    from gateway.config.gateway import GatewayConfig
    from gateway.edge.held import Held
    from gateway.edge.watch import Watch
    from schemas.reading import Reading

log = logging.getLogger(__name__)

REOFFER_LOOK: Final = 10.0
"""How often refused batches are looked through for those whose time has come."""

_DRIFT_SECONDS: Final = 0.1
"""Movements of the clock below this are not worth a write to the card."""

_TRUST: Final = "trust"
"""Fact: what is known of the clock, so that a restart in the same boot goes on from it."""


class Voice(Protocol):
    """Whoever can publish; see `gateway.mqtt.Connection`."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Send a message and return its mid; None while there is no connection."""


class Core:
    """Readings and events in; batches, messages and facts out.

    Attributes:
        spool: What is held.
        trust: Whether the clock can be believed.
        batcher: Gives times and company.
        publisher: Chooses what to send.
    """

    def __init__(
        self, config: GatewayConfig, voice: Voice, clock: Clock, *,
        watches: dict[str, Watch], new_epoch: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        """Open the spool and take up what it holds.

        Args:
            config: The whole of `gateway.toml`.
            voice: Publishes.
            clock: Read here once; later times are told.
            watches: What is known of each device.
            new_epoch: Makes the names of epochs, where chance would not do.
        """
        now, stamp = clock.monotonic(), clock.stamp()
        self._config = config
        self._voice = voice
        naming = {} if new_epoch is None else {"new_epoch": new_epoch}
        self.spool = Spool(
            config.spool.path, now=now, commit_seconds=config.spool.commit_seconds,
            max_bytes=config.spool.max_bytes, max_age_hours=config.spool.max_age, **naming,
        )  # fmt: skip
        kept = _kept(self.spool.recall(_TRUST))
        self.trust = Trust.of(config.clock.trust, clock.boot_id, kept)
        self.trust.poll(stamp)
        self._kept = kept
        disturbed = (
            kept is None
            or kept.boot_id != clock.boot_id
            or abs(kept.offset - stamp.offset) > STEP_SECONDS
        )
        self.batcher = Batcher(
            self.spool, self.trust, site=config.gateway.site, boot_id=clock.boot_id,
            batch_seconds=config.publish.batch_seconds, now=now,
            steady=config.clock.trust != "system" or not disturbed,
        )  # fmt: skip
        self.publisher = Publisher(
            self.spool, window=config.publish.window,
            resend_seconds=config.publish.resend_seconds,
            reoffer_seconds=config.publish.reoffer_seconds,
        )  # fmt: skip
        self.announcements = Announcements(
            config, self.spool, self.trust, watches, clock, self.publisher.counters
        )
        self._by_mid: dict[int, int] = {}
        self._told_waiting = False
        self._looked = now

    # -- what happens -----------------------------------------------------------------------

    def measured(self, reading: Reading, stamp: Stamp, model: str, now: float) -> None:
        """Take a reading in."""
        self.publisher.born(self.batcher.append(reading, stamp, model, now))

    def happened(self, event: Event, now: float, stamp: Stamp) -> None:
        """Take an event of the connection in."""
        match event:
            case Connected():
                log.info("connected to the broker")
                self._say(self.announcements.on_connecting(now, stamp))
                self._by_mid.clear()
                self.publisher.connected()
            case Disconnected(reason):
                log.warning("no broker: %s", reason)
                self.publisher.disconnected()
            case Arrived(topic, payload):
                self._arrived(topic, payload, now, stamp)
            case Confirmed(mid):
                number = self._by_mid.pop(mid, None)
                if number is not None:
                    self.publisher.confirmed(number, now)
            case Denied(mid, reason):
                self._by_mid.pop(mid, None)
                log.warning("the broker does not take a message: %s", reason)
                self.announcements.denied(reason)
            case Refused(topic, reason):
                log.error("the broker does not let us listen to %s: %s", topic, reason)
                self.announcements.refused(topic, reason)
            case Granted(topic):
                self.announcements.granted(topic)

    def missed(self, stamp: Stamp) -> None:
        """Messages were dropped unread: one may have been a late will of ours."""
        self._say(self.announcements.on_own_state(b"", stamp))

    def _arrived(self, topic: str, payload: bytes, now: float, stamp: Stamp) -> None:
        parsed = topics.parse(self._config.broker.root, topic)
        if parsed is None or parsed.gateway != self._config.gateway.id:
            return
        if parsed.kind is Kind.RECEIPT:
            receipt = _receipt(payload)
            if receipt is not None:
                self.publisher.receipt(receipt, now)
            else:
                self.publisher.counters["unreadable_receipts"] += 1
        elif parsed.kind is Kind.STATE:
            self._say(self.announcements.on_own_state(payload, stamp))

    def tick(self, now: float, stamp: Stamp) -> None:
        """Do what the time asks for."""
        self._mind_the_clock(now, stamp)
        self.publisher.born(self.batcher.settle(stamp, now))
        self.publisher.born(self.batcher.close_due(now))
        if self.spool.wants_commit(now):
            self.commit(now)
        if now - self._looked >= REOFFER_LOOK:
            self._looked = now
            self.publisher.reoffer(now)
            self.batcher.look_again(now)
        for reading in self.announcements.node_readings(now, stamp):
            self.measured(reading, stamp, MODEL, now)
        self._say(self.announcements.due(now))
        self.pump(now)

    def pump(self, now: float) -> None:
        """Send what may be sent now."""
        while (held := self.publisher.next(now)) is not None:
            mid = self._send(held)
            if mid is None:
                self.publisher.put_back(held)
                return
            self.publisher.sent(held, now)
            if self._config.publish.delivery == "broker":
                self._by_mid[mid] = held.id

    def commit(self, now: float) -> None:
        """Commit, and let go what waited for it."""
        if commit(self.spool, self.batcher, self.publisher, now):
            self._kept = None
            self._by_mid.clear()

    def finish(self, now: float) -> None:
        """Close all batches and commit them, before a stop; they are still sent after it."""
        self.publisher.born(self.batcher.close_all(now))
        self.commit(now)

    @property
    def drained(self) -> bool:
        """Whether nothing waits that a receipt could free."""
        return self.spool.counts.held <= self.spool.counts.refused

    def goodbye(self) -> None:
        """Say that the gateway goes on purpose."""
        self._say([self.announcements.goodbye()])

    def close(self, now: float) -> None:
        """Close the spool, so that the next opening finds no crash."""
        self.publisher.born(self.batcher.close_all(now))
        self.commit(now)
        self.spool.close(now)

    # -- within -----------------------------------------------------------------------------

    def _mind_the_clock(self, now: float, stamp: Stamp) -> None:
        """Keep what is known of the clock, at once.

        A restart that did not know of a step, or of what the source has judged already, would
        believe a wrong clock.
        """
        self.trust.poll(stamp)
        self._tell_of_trust()
        kept = self.trust.kept
        if kept is not None and _is_news(self._kept, kept):
            urgent = self._kept is None or _is_news(self._kept._replace(seen=kept.seen), kept)
            self._kept = kept
            self.spool.keep(_TRUST, list(kept), now)
            if urgent and not self.spool.memory:
                self.commit(now)

    def _tell_of_trust(self) -> None:
        """Say once that readings wait for a clock, and once that they need not any more."""
        waits = self.trust.state == "waiting"
        if waits and not self._told_waiting:
            log.warning("readings wait for a clock to be trusted: %s", self.trust.problem)
        elif self._told_waiting and not waits:
            log.info("the clock is trusted")
        self._told_waiting = waits

    def _send(self, held: Held) -> int | None:
        topic = self._topic(Kind.READINGS, held.device)
        return self._voice.publish(topic, held.payload)

    def _say(self, messages: list[tuple[Kind, bytes, bool]]) -> None:
        for kind, payload, retain in messages:
            self._voice.publish(self._topic(kind), payload, retain=retain)

    def _topic(self, kind: Kind, device: str | None = None) -> str:
        return topics.build(self._config.broker.root, self._config.gateway.id, kind, device)


def commit(spool: Spool, batcher: Batcher, publisher: Publisher, now: float) -> bool:
    """Commit what is open in the spool, with what the batcher remembers; tell the publisher.

    Returns:
        Whether another file is there than the one known: its facts are news.
    """
    in_memory, another = spool.memory, False
    for _ in range(2):  # once more where damage shows only now
        if spool.reopen():
            another = True
            batcher.close_all(now)
            first, facts = spool.adopt(now)
            batcher.learn(facts, now, afresh=first)
            publisher.start_anew()
        batcher.save(now)
        committed = spool.commit(now)
        publisher.evicted(committed.evicted)
        if not spool.damaged:
            break
    publisher.born(committed.ready)
    if spool.memory:
        publisher.born(batcher.unbind())
    elif in_memory:
        batcher.look_again(now)
    return another


def _is_news(before: Kept | None, after: Kept) -> bool:
    """Say whether what is known of the clock has changed by more than its drift."""
    if before is None:
        return True
    drift = abs(before.offset - after.offset)
    return drift > _DRIFT_SECONDS or before._replace(offset=0.0) != after._replace(offset=0.0)


def _kept(known: Any) -> Kept | None:  # noqa: ANN401 - whatever JSON a version left there
    """Read what was kept of the clock; None for what no version of ours wrote."""
    match known:
        case [str(boot), float() | int() as offset, bool(trusted), int(seen), str(source)]:
            return Kept(boot, float(offset), trusted, seen, source)
    return None


def _receipt(payload: bytes) -> Receipt | None:
    """Read a receipt; None for whatever is none."""
    if len(payload) > LARGEST_RECEIPT:
        log.warning("a receipt of %s bytes is not read", len(payload))
        return None
    try:
        return Receipt.model_validate_json(payload)
    except ValidationError as error:
        log.warning("an unreadable receipt: %s", error.errors(include_url=False)[0]["msg"])
        return None
