"""The subscriber: messages in the order of their arrival, groups of them for one write.

Nothing is acknowledged before its group is on the disk, and nothing out of order: MQTT wants it so,
and a broker's window that is acknowledged from behind never moves.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.collector.audit import Flawed, Heard, Sound, judge
from gateway.collector.inbox import weigh
from gateway.collector.news import Newsroom
from gateway.collector.parcel import Parcel, pack
from gateway.collector.recent import Recent
from gateway.collector.writer import Item
from schemas.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.clock import Clock, Stamp
    from gateway.collector.flights import Flights
    from gateway.collector.receipts import Receipts
    from gateway.collector.store import Store
    from gateway.collector.writer import Decision
    from gateway.mqtt import Arrived, Token

MOST_BYTES: Final = 8 * 1024 * 1024
"""What the messages of one write may take in memory; one of them may lie above it."""

QUIET_SECONDS: Final = 0.02
"""A write closes when nothing more came for so long: the broker may be waiting for us."""


class Closing(NamedTuple):
    """When a group is closed: at so many points, or so many seconds after its first message."""

    rows: int
    seconds: float


class Subscriber:
    """Gathers messages, has them written, acknowledges them in order, and owes the receipts.

    Attributes:
        counts: What happened since the start.
        recent: The last batches stored.
    """

    def __init__(
        self,
        root: str,
        store: Store[Any],
        flights: Flights,
        receipts: Receipts,
        acknowledge: Callable[[Token], bool],
        clock: Clock,
        trusted: Callable[[Stamp], float | None],
        closing: Closing,
    ) -> None:
        """Begin with an empty group.

        Args:
            root: What our topics begin with.
            store: Turns batches and news into what it writes.
            flights: Carries groups to the store.
            receipts: What we owe the gateways.
            acknowledge: Tells the broker that a message is ours.
            clock: This machine's clocks, right or wrong.
            trusted: Seconds since 1970 at a moment, if they are right; None judges no time.
            closing: When a group is closed.
        """
        self.counts: Counter[str] = Counter()
        self.recent = Recent()
        self._root = root
        self._store = store
        self._flights = flights
        self._receipts = receipts
        self._acknowledge = acknowledge
        self._clock = clock
        self._trusted = trusted
        self._closing = closing
        self._newsroom = Newsroom()
        self._group: list[Item] = []
        self._rows = 0
        self._bytes = 0
        self._closes = 0.0
        self._due = float("inf")

    @property
    def held(self) -> str:
        """Why nothing can be written now; empty while it can."""
        return self._flights.held

    @property
    def closed(self) -> bool:
        """Whether the open group takes no more: what is no batch has weight, but no rows."""
        return self._rows >= self._closing.rows or self._bytes >= MOST_BYTES

    @property
    def stuck(self) -> bool:
        """Whether a write hangs, so that only a new process helps."""
        return self._flights.stuck()

    def is_full(self) -> bool:
        """Say whether nothing more may be taken before a write has ended."""
        return bool(self.held) or (self._flights.full and self.closed)

    def take(self, message: Arrived) -> None:
        """Judge a message and put it into the open group."""
        stamp = self._clock.stamp()
        verdict = judge(self._root, message.topic, message.payload, self._trusted(stamp))
        at = int(stamp.wall * 1000)
        rows: Sequence[Any] = ()
        match verdict:
            case Sound(gateway, batch):
                rows = self._store.rows(gateway, batch)
            case Heard(gateway, State(online=True)) if message.retained:
                self._receipts.greet(gateway, self._clock.monotonic())
            case Heard():
                rows = list(map(self._store.row, self._newsroom.points(verdict, at)))
            case _:
                pass
        worth = pack(verdict, self._store.row) if isinstance(verdict, Sound) else verdict
        now = self._clock.monotonic()
        if not self._group:
            self._closes = now + self._closing.seconds
        self._group.append(Item(message.topic, message.payload, message.token, at, worth, rows))
        self._rows += len(rows)
        self._bytes += weigh(message)
        self._due = now if self.closed else min(now + QUIET_SECONDS, self._closes)

    def wait(self) -> float:
        """Return the seconds until there is something to send off; infinite if there is nothing."""
        if self._flights.full:
            return self._flights.wait()
        return self._due - self._clock.monotonic()

    def write(self) -> None:
        """Send off the open group, and again what is held."""
        self._flights.retry()
        if self._group and not self._flights.full:
            self._flights.launch(self._group)
            self._group, self._rows, self._bytes, self._due = [], 0, 0, float("inf")

    def settle(self) -> None:
        """Acknowledge what is written, in order, and decide on it."""
        for group, decisions in self._flights.landed():
            for item in group:
                if item.token is not None:
                    self._acknowledge(item.token)
            now = self._clock.monotonic()
            for one in decisions:
                self._receipts.decide(one.gateway, one.epoch, one.seq, one.reason, now)
            self._account(group, decisions)

    def finish(self, within: float) -> bool:
        """Try once to write all there is, and settle what the store took in so many seconds.

        Returns:
            Whether each write has ended; what one that has not writes is not acknowledged.
        """
        deadline = self._clock.monotonic() + within
        ended = self._flights.finish(within)
        self.settle()
        if ended:
            self.write()
            ended = self._flights.finish(deadline - self._clock.monotonic())
            self.settle()
        return ended

    def _account(self, group: Sequence[Item], decisions: Sequence[Decision]) -> None:
        """Count what was written."""
        self.counts["writes"] += 1
        for one in decisions:
            self.counts["stored" if one.reason is None else f"refused {one.reason}"] += 1
        for item in group:
            match item.worth:
                case Parcel(gateway, epoch, seq) as parcel:
                    self._ignored(parcel.unknown)
                    self.counts["rows"] += parcel.size
                    self.recent.note(gateway, epoch, seq, parcel.digest)
                case Heard(_, _, unknown):
                    self._ignored(unknown)
                case Flawed(reason):
                    self.counts[f"dead {reason}"] += 1

    def _ignored(self, unknown: int) -> None:
        """Count fields that we do not know: somebody is newer than we are."""
        if unknown:
            self.counts["unknown fields"] += unknown
