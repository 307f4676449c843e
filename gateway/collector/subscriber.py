"""The subscriber: messages in the order of their arrival, groups of them for one write.

Nothing is acknowledged before its group is on the disk, and nothing out of order: MQTT wants it so,
and a broker's window that is acknowledged from behind never moves.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

from gateway.backoff import Backoff
from gateway.collector.audit import Flawed, Heard, Sound, judge
from gateway.collector.news import Newsroom
from gateway.collector.points import of_batch
from gateway.collector.recent import Recent
from gateway.collector.writer import Item
from gateway.errors import StoreBusy, StoreDenied
from schemas.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.clock import Clock
    from gateway.collector.points import Point
    from gateway.collector.receipts import Receipts
    from gateway.collector.writer import Decision, Writer
    from gateway.mqtt import Arrived, Token

QUIET_SECONDS: Final = 0.02
"""A write closes when nothing more came for so long: the broker may be waiting for us."""

log = logging.getLogger(__name__)


class Subscriber:
    """Gathers messages, has them written, acknowledges them in order, and owes the receipts.

    Attributes:
        held: Why the open group can't be written; empty while it can.
        counts: What happened since the start.
        recent: The last batches stored.
    """

    def __init__(
        self,
        root: str,
        writer: Writer,
        receipts: Receipts,
        acknowledge: Callable[[Token], bool],
        clock: Clock,
        trusted: Callable[[], float | None],
        *,
        write_rows: int,
        write_seconds: float,
    ) -> None:
        """Begin with an empty group.

        Args:
            root: What our topics begin with.
            writer: Writes a group.
            receipts: What we owe the gateways.
            acknowledge: Tells the broker that a message is ours.
            clock: This machine's clocks, right or wrong.
            trusted: Seconds since 1970 while they are right; None judges no time.
            write_rows: Points at which a group closes.
            write_seconds: Seconds after its first message at which it closes.
        """
        self.held = ""
        self.counts: Counter[str] = Counter()
        self.recent = Recent()
        self._root = root
        self._writer = writer
        self._receipts = receipts
        self._acknowledge = acknowledge
        self._clock = clock
        self._trusted = trusted
        self._write_rows = write_rows
        self._write_seconds = write_seconds
        self._newsroom = Newsroom()
        self._retry = Backoff(0.2, 15.0)
        self._group: list[Item] = []
        self._rows = 0
        self._closes = 0.0
        self._due = float("inf")

    def take(self, message: Arrived) -> None:
        """Judge a message and put it into the open group."""
        verdict = judge(self._root, message.topic, message.payload, self._trusted())
        at = int(self._clock.stamp().wall * 1000)
        points: Sequence[Point] = ()
        match verdict:
            case Sound(gateway, batch):
                points = of_batch(gateway, batch)
            case Heard(gateway, State(online=True)) if message.retained:
                self._receipts.greet(gateway, self._clock.monotonic())
            case Heard():
                points = self._newsroom.points(verdict, at)
            case _:
                pass
        now = self._clock.monotonic()
        if not self._group:
            self._closes = now + self._write_seconds
        self._group.append(Item(message.topic, message.payload, message.token, at, verdict, points))
        self._rows += len(points)
        full = self._rows >= self._write_rows
        self._due = now if full else min(now + QUIET_SECONDS, self._closes)

    def wait(self) -> float:
        """Return the seconds until there is something to write; infinite if nothing is."""
        return self._due - self._clock.monotonic()

    def write(self) -> bool:
        """Write the open group, acknowledge it and decide; False if it must be held."""
        if not self._group:
            return True
        try:
            decisions = self._writer.write(self._group)
        except (StoreBusy, StoreDenied) as error:
            self._hold(error)
            return False
        if self.held:
            log.info("the store takes writes again")
        for item in self._group:
            if item.token is not None:
                self._acknowledge(item.token)
        now = self._clock.monotonic()
        for one in decisions:
            self._receipts.decide(one.gateway, one.epoch, one.seq, one.reason, now)
        self._account(decisions)
        self.held = ""
        self._retry.reset()
        self._group, self._rows, self._due = [], 0, float("inf")
        return True

    def _hold(self, error: StoreBusy | StoreDenied) -> None:
        """Keep the group, say why once, and try again later."""
        if str(error) != self.held:
            level = logging.ERROR if isinstance(error, StoreDenied) else logging.WARNING
            log.log(level, "nothing is acknowledged until the store takes it: %s", error)
        self.held = str(error)
        pause = self._retry.next()
        if isinstance(error, StoreBusy) and error.after is not None:
            pause = max(pause, error.after)
        self._due = self._clock.monotonic() + pause

    def _account(self, decisions: Sequence[Decision]) -> None:
        """Count what was written."""
        self.counts["writes"] += 1
        for one in decisions:
            self.counts["stored" if one.reason is None else f"refused {one.reason}"] += 1
        for item in self._group:
            match item.verdict:
                case Sound(gateway, batch, digest, unknown):
                    self._ignored(unknown)
                    self.counts["rows"] += len(batch.r)
                    self.recent.note(gateway, batch.epoch, batch.seq, digest)
                case Heard(_, _, unknown):
                    self._ignored(unknown)
                case Flawed(reason):
                    self.counts[f"dead {reason}"] += 1

    def _ignored(self, unknown: int) -> None:
        """Count fields that we do not know: somebody is newer than we are."""
        if unknown:
            self.counts["unknown fields"] += unknown
