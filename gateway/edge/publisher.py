"""The publisher: what to send now, so that the present comes first and nothing is forgotten."""

from __future__ import annotations

import logging
import math
from bisect import bisect_right
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.edge.backlog import Backlog
from gateway.edge.held import DAMAGED
from gateway.errors import BatchDamaged, SpoolUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.edge.held import Held
    from gateway.edge.spool import Spool
    from schemas.receipt import Receipt

log = logging.getLogger(__name__)

MOST_WAIT: Final = 600.0
"""Seconds at which the doubling of the resend time ends."""

MOST_TRIES: Final = 5
"""Sends of a batch, each overtaken by a receipt for a later one, after which it is set aside."""

BACKLOG_SHARE: Final = 4
"""One send in so many is backlog while live batches wait too."""

UNANSWERED: Final = "unanswered"
"""The reason of a batch that nobody ever answered while later ones were."""

UNREADABLE: Final = "unreadable"
"""The reason of a batch whose bytes the disk does not give."""

READ_AGAIN: Final = 600.0
"""Seconds until such a batch is tried again."""


@dataclass(slots=True)
class _Sent:
    """A batch that was sent and neither receipted nor refused.

    Attributes:
        at: When it was last sent; minus infinity where it is due whatever the time.
        order: The place of that send among all sends.
        overtaken: Whether a batch sent later was answered since.
        tries: Sends that were overtaken.
    """

    at: float
    order: int
    overtaken: bool = False
    tries: int = 0


class Publisher:
    """Chooses what to send; sends nothing itself, and reads no clock.

    Attributes:
        counters: What happened to batches and receipts, by name.
    """

    def __init__(
        self, spool: Spool, *, window: int = 20, resend_seconds: float = 10.0,
        reoffer_seconds: float = 86400.0,
    ) -> None:  # fmt: skip
        """Take up what the spool holds.

        Args:
            spool: Where the batches are.
            window: How many may be sent and neither receipted nor refused.
            resend_seconds: The first wait before a batch is sent again.
            reoffer_seconds: The wait before a refused batch is offered again.
        """
        self.counters: Counter[str] = Counter()
        self._spool = spool
        self._window = window
        self._first_wait = self._wait = resend_seconds
        self._reoffer_seconds = reoffer_seconds
        self._connected = False
        self._orders = self._live_run = 0
        self._heard = self._lengthened = self._probed = -math.inf
        self.start_anew()

    def start_anew(self) -> None:
        """Take up what the spool holds, as if nothing of it had ever been sent."""
        self._live = self._spool.newest()
        self._backlog = Backlog(self._spool)
        self._sent: OrderedDict[int, _Sent] = OrderedDict()
        self._names: dict[int, tuple[str, int]] = {}
        self._highest: dict[str, int] = {}
        self._probe: int | None = None

    @property
    def unreceipted(self) -> int:
        """How many batches are sent and neither receipted nor refused."""
        return len(self._sent)

    # -- what happens -----------------------------------------------------------------------

    def connected(self) -> None:
        """A broker is there: all that was never receipted is due."""
        self._connected = True
        self._start_over()

    def disconnected(self) -> None:
        """The broker is gone: nothing is sent until it is back."""
        self._connected = False

    def born(self, batches: Iterable[Held]) -> None:
        """Take batches in line that may be sent from now on, the newest as live."""
        for held in batches:
            channel = (held.device, held.channel)
            live = self._live.get(channel)
            if live is None or live < held.id:
                self._live[channel] = held.id
                self._backlog.queue(live)
            else:
                self._backlog.queue(held.id)

    def evicted(self, numbers: Iterable[int]) -> None:
        """Forget batches that the spool had to give up."""
        for number in numbers:
            self._drop(number)

    def confirmed(self, number: int, now: float) -> None:
        """With `delivery = "broker"` the broker's word is enough."""
        self._heard = now
        answered = self._sent[number].order if number in self._sent else 0
        self._forget(number, now)
        self._overtake(answered)

    def receipt(self, receipt: Receipt, now: float) -> None:
        """Forget what is stored, set aside what is refused; believe nothing that can't be.

        What was sent is looked up in the ranges, and never a range walked: it may name 10^18.
        """
        self._heard = now
        stored = {epoch: self._believed(epoch, r) for epoch, r in receipt.stored.items()}
        refused = {
            epoch: self._believed(epoch, [(low, high) for low, high, _ in ranges])
            for epoch, ranges in receipt.refused.items()
        }
        answered = 0
        for number, (epoch, seq) in list(self._names.items()):
            order = self._sent[number].order if number in self._sent else 0
            if _covers(stored.get(epoch, []), seq):
                self._forget(number, now)
            elif _covers(refused.get(epoch, []), seq):
                ranges, most = receipt.refused[epoch], self._highest[epoch]
                reason = next(why for a, b, why in ranges if a <= seq <= b <= most)
                self._refuse(number, reason, now)
            else:
                continue
            answered = max(answered, order)
        self._overtake(answered)
        if self._wait > self._first_wait:
            self._start_over()

    def reoffer(self, now: float) -> None:
        """Put back in line refused batches whose time has come, and what could not be found."""
        self._backlog.look_again()
        for number in self._spool.offer(now):
            self.counters["offered"] += 1
            self._backlog.offer(number)

    # -- what to do -------------------------------------------------------------------------

    def next(self, now: float) -> Held | None:
        """Choose the batch to send now; None where nothing is due.

        What became of it is told by `sent` or `put_back`.
        """
        while self._connected:
            number = self._choose(now)
            if number is None:
                idle = self._backlog.through and not (self._sent or self._live)
                if idle and self._spool.nothing_left():
                    self._backlog.queue(1)
                    continue
                return None
            try:
                held = self._spool.read(number)
            except SpoolUnreadable as error:
                log.warning("%s", error)
                self._set_aside(number, UNREADABLE, READ_AGAIN, now)
                return None  # a failing disk takes its time: no more than one such a round
            except BatchDamaged as error:
                log.error("%s: kept, not sent", error)  # noqa: TRY400 - a sentence says it
                self._set_aside(number, DAMAGED, self._reoffer_seconds, now)
                self._spool.spoil(number, now)
                continue
            if held is not None:
                return held
            self._drop(number)
        return None

    def sent(self, held: Held, now: float) -> None:
        """Count a batch as sent."""
        self._orders += 1
        known = self._sent.pop(held.id, None)
        self._sent[held.id] = _Sent(now, self._orders, tries=0 if known is None else known.tries)
        self._names[held.id] = (held.epoch, held.seq)
        self._highest[held.epoch] = max(held.seq, self._highest.get(held.epoch, 0))
        self._end_live(held.id)
        if self._full and known is None:
            self._probed = now
        self.counters["sent" if known is None else "resent"] += 1

    def put_back(self, held: Held) -> None:
        """Take a batch back in line that could not be sent."""
        if held.id not in self._sent and held.id not in self._live.values():
            self._backlog.put_back(held.id)

    # -- within -----------------------------------------------------------------------------

    @property
    def _full(self) -> bool:
        return len(self._sent) >= self._window

    def _choose(self, now: float) -> int | None:
        """Apply the order: the present first, one in four from behind, a probe when full."""
        if self._full:
            probe = self._next_probe(now)
            return self._overdue(now) if probe is None else probe
        live = min(self._live.values(), default=None)
        if live is not None and self._live_run < BACKLOG_SHARE - 1:
            self._live_run += 1
            return live
        self._live_run = 0
        overdue = self._overdue(now)
        behind = self._oldest_unsent() if overdue is None else overdue
        return live if behind is None else behind

    def _overdue(self, now: float) -> int | None:
        """Find the batch whose answer is overdue; set aside those that will never get one.

        With a full window nothing goes out again before a sign of life.
        """
        for number, sent in list(self._sent.items()):
            if now - sent.at < self._wait or (self._full and self._heard < sent.at):
                return None
            sent.tries += sent.overtaken
            sent.overtaken = False
            if sent.tries < MOST_TRIES:
                self._lengthen(now)
                return number
            self._refuse(number, UNANSWERED, now)
        return None

    def _next_probe(self, now: float) -> int | None:
        """Find the newest live batch where a probe is due; the last probe goes back in line."""
        newest = max(self._live.values(), default=None)
        if newest is None or now - self._probed < self._wait:
            return None
        self._probed = now
        self._lengthen(now)
        if self._probe is not None and self._sent.pop(self._probe, None) is not None:
            self._backlog.queue(self._probe)
        self._probe = newest
        return newest

    def _oldest_unsent(self) -> int | None:
        """Find the oldest batch that is neither sent nor live."""
        live = set(self._live.values())
        return self._backlog.next(lambda number: number in self._sent or number in live)

    def _lengthen(self, now: float) -> None:
        """Double the wait where nothing at all was heard since it was last doubled."""
        if now - max(self._heard, self._lengthened) >= self._wait:
            self._lengthened = now
            self._wait = min(2 * self._wait, MOST_WAIT)

    def _start_over(self) -> None:
        """Somebody is there: all that was never receipted is due, and a probe."""
        self._wait = self._first_wait
        self._probed = -math.inf
        for sent in self._sent.values():
            sent.at = -math.inf

    def _overtake(self, answered: int) -> None:
        """Note which batches were sent before one that is answered now."""
        for sent in self._sent.values():
            sent.overtaken = sent.overtaken or sent.order < answered

    def _forget(self, number: int, now: float) -> None:
        if number in self._names:
            self._drop(number)
            self._spool.forget(number, now)
            self.counters["stored"] += 1

    def _refuse(self, number: int, reason: str, now: float) -> None:
        epoch, seq = self._names[number]
        log.warning("batch %s of epoch %s is refused (%s): kept, offered again", seq, epoch, reason)
        self._set_aside(number, reason, self._reoffer_seconds, now)

    def _set_aside(self, number: int, reason: str, offer_in: float, now: float) -> None:
        self._drop(number)
        self._spool.refuse(number, reason, offer_in, now)
        self.counters["refused"] += 1

    def _drop(self, number: int) -> None:
        self._sent.pop(number, None)
        self._names.pop(number, None)
        self._end_live(number)

    def _end_live(self, number: int) -> None:
        for channel in [channel for channel, live in self._live.items() if live == number]:
            del self._live[channel]

    def _believed(self, epoch: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Keep the ranges that end within what was sent of an epoch; count the others.

        Ranges may lie over one another; what is returned is in order and does not.
        """
        highest = self._highest.get(epoch, 0)
        believed = sorted(pair for pair in ranges if pair[1] <= highest)
        self.counters["unbelieved"] += len(ranges) - len(believed)
        apart: list[tuple[int, int]] = []
        for low, high in believed:
            if apart and low <= apart[-1][1]:
                apart[-1] = (apart[-1][0], max(high, apart[-1][1]))
            else:
                apart.append((low, high))
        return apart


def _covers(ranges: list[tuple[int, int]], seq: int) -> bool:
    """Say whether one of the sorted ranges holds a seq."""
    place = bisect_right(ranges, (seq, math.inf)) - 1
    return place >= 0 and ranges[place][1] >= seq
