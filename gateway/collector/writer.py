"""One write: rows, then what tells of them, then dead letters; only then is anything decided.

Several writes may be under way at a time, each in a thread of its own. While some tell of readings
that are stored, others are on their way with theirs.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.collector.audit import Flawed, Heard
from gateway.collector.deadletters import Letter
from gateway.collector.parcel import Parcel
from gateway.collector.points import TOUCHED, of_touched
from gateway.collector.pulse import UNWATCHED
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gateway.collector.deadletters import DeadLetters
    from gateway.collector.pulse import Pulse
    from gateway.collector.store import Store
    from gateway.mqtt import Token

log = logging.getLogger(__name__)

ROWS: Final = "rows"
"""The reason of a batch of which the store refused a row; its other rows are stored."""

TOUCHED_REFUSED: Final = "touched"
"""The reason of a batch that is stored, but of which no aggregate would ever hear."""


Worth = Parcel | Heard | Flawed | None


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a write.

    Attributes:
        topic: Its topic.
        payload: Its bytes.
        token: What acknowledges it.
        received: When it came, ms since 1970 by the collector's clock.
        worth: What it is worth: a batch, of which only the parcel is left, news, a flaw, nothing.
        rows: Its readings, or its news, as rows of the store; the delivery of a batch is not among
            them.
    """

    topic: str
    payload: bytes
    token: Token | None
    received: int
    worth: Worth
    rows: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a batch: stored where `reason` is None, or refused."""

    gateway: str
    epoch: str
    seq: int
    reason: str | None


class Writer:
    """Carries groups of messages into the store and the folder of dead letters.

    A write that failed may be tried again as it is: everything in it is the same point, the same
    letter. Only the moment in `touched` is new with each attempt, since the aggregator may have
    passed the old one.

    Attributes:
        refused_rows: Readings that the store refused since the start.
    """

    def __init__(
        self, store: Store[Any], letters: DeadLetters, collector: str, wall: Callable[[], float]
    ) -> None:
        """Write to a store and a folder, as the collector of this id, by this wall clock."""
        self.refused_rows = 0
        self._store = store
        self._letters = letters
        self._collector = collector
        self._wall = wall
        self._moment: int | None = None
        self._stored: deque[tuple[str, str, int, bytes]] = deque()
        self._lock = threading.Lock()
        self._burying = threading.Lock()
        self._carrying = threading.Semaphore(store.writers)
        self._telling = threading.Semaphore(max(store.tellers, 1))

    def write(self, items: Sequence[Item], pulse: Pulse = UNWATCHED) -> list[Decision]:
        """Write all of a group, and decide on its batches once everything is on the disk.

        The pulse rests while other writes have the turn.

        Raises:
            StoreBusy: The store or the dead letters can't take it now; decide nothing.
            StoreDenied: The store does not let us in; decide nothing.
        """
        refusals = self._write_rows(items, pulse)
        refused = dict(refusals)
        undelivered, untouched = self._write_ledger(items, refused, pulse)
        refused |= undelivered
        self._bury(list(_letters(items, refused)), pulse)
        with self._lock:
            self.refused_rows += len(refusals)
        if refusals:
            log.error(
                "the store refuses %s; the gateways keep what was refused, and offer it again: %s",
                write_count(len(refusals), "row", "rows"),
                refusals[0][1],
            )
        reasons = dict.fromkeys(untouched, TOUCHED_REFUSED) | dict.fromkeys(refused, ROWS)
        return list(_decisions(items, reasons))

    def settle(self, items: Sequence[Item], decisions: Sequence[Decision]) -> None:
        """Throw away the letters of batches that are stored after all.

        Writes are settled in the order of their messages, though they end in any: a letter that an
        older write has buried late is there by now. Nobody waits here for a slow disk: while
        letters are buried, whoever buries them throws these away as well.
        """
        if not self._letters:
            return
        payloads = [item.payload for item in items if _is_named(item.worth)]
        for payload, one in zip(payloads, decisions, strict=True):
            if one.reason is None:
                self._stored.append((one.gateway, one.epoch, one.seq, payload))
        self._discard()

    def _bury(self, letters: Sequence[Letter], pulse: Pulse) -> None:
        if not letters:
            return
        try:
            with pulse.turn(self._burying):
                self._letters.bury(letters, pulse.beat)
        finally:
            self._discard()

    def _discard(self) -> None:
        """Throw away the letters of what is stored, unless somebody is about to do it."""
        while self._stored and self._burying.acquire(blocking=False):
            try:
                while self._stored:
                    self._letters.discard(*self._stored.popleft())
            finally:
                self._burying.release()

    def _write_rows(self, items: Sequence[Item], pulse: Pulse) -> list[tuple[int, str]]:
        """Write the readings; for each row that was refused, return its batch, and why."""
        batches = [(at, item) for at, item in enumerate(items) if isinstance(item.worth, Parcel)]
        with pulse.turn(self._carrying):
            rows = [row for _, item in batches for row in item.rows]
            refusals = self._store.write(rows, pulse.beat)
        if not refusals:
            return []
        owners = [at for at, item in batches for _ in item.rows]
        return [(owners[refusal.index], refusal.reason) for refusal in refusals]

    def _write_ledger(
        self, items: Sequence[Item], refused: Mapping[int, str], pulse: Pulse
    ) -> tuple[dict[int, str], list[int]]:
        """Write what tells of readings, and what gateways tell.

        A batch of which a row was refused gets no delivery: it is not there yet.

        Returns:
            The batches whose delivery was refused, and why; and those whose device could not be
            touched.
        """
        whole = [
            (at, item.worth.delivery)
            for at, item in enumerate(items)
            if isinstance(item.worth, Parcel) and at not in refused
        ]
        news = [one for item in items if isinstance(item.worth, Heard) for one in item.rows]
        spans = _spans(items)
        with pulse.turn(self._telling):
            touched = of_touched(self._collector, spans, self._next_moment()) if spans else []
            points = [*(one for _, one in whole), *news, *map(self._store.row, touched)]
            refusals = self._store.write(points, pulse.beat)
        for refusal in refusals:
            log.error("the store refuses a point of the ledger: %s", refusal.reason)
        undelivered = {
            whole[one.index][0]: one.reason for one in refusals if one.index < len(whole)
        }
        keys = dict(enumerate(spans, len(whole) + len(news)))
        untouched = {keys[one.index] for one in refusals if one.index in keys}
        return undelivered, [at for at, one in _dated(items) if _device(one) in untouched]

    def _next_moment(self) -> int:
        """Return a time that rises strictly, also across restarts and steps of the clock.

        The store may take its time to answer: it is asked under no lock, and maybe more than once.
        """
        newest = self._moment
        if newest is None:
            newest = self._store.newest(TOUCHED, {"collector": self._collector}) or 0
        with self._lock:
            newest = max(newest, self._moment or 0)
            self._moment = max(int(self._wall() * 1000), newest + 1)
            return self._moment


def _spans(items: Sequence[Item]) -> dict[tuple[str, str], tuple[int, int]]:
    """Find from when to when each device got readings with a date."""
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for _, parcel in _dated(items):
        device, first, last = _device(parcel), parcel.first, parcel.last
        if device in spans:
            earliest, latest = spans[device]
            first, last = min(first, earliest), max(last, latest)
        spans[device] = first, last
    return spans


def _device(parcel: Parcel) -> tuple[str, str]:
    return parcel.gateway, parcel.device


def _dated(items: Sequence[Item]) -> Iterator[tuple[int, Parcel]]:
    for at, item in enumerate(items):
        if isinstance(item.worth, Parcel) and item.worth.dated:
            yield at, item.worth


def _letters(items: Sequence[Item], refused: Mapping[int, str]) -> Iterator[Letter]:
    for at, item in enumerate(items):
        match item.worth:
            case Flawed(reason, detail, gateway, epoch, seq):
                pass
            case Parcel(gateway, epoch, seq) if at in refused:
                reason, detail = ROWS, refused[at]
            case _:
                continue
        yield Letter(item.topic, item.payload, reason, detail, item.received, gateway, epoch, seq)


def _is_named(worth: Worth) -> bool:
    """Say whether a message has a decision: it is a batch, or the name of one could be read."""
    match worth:
        case Parcel() | Flawed(gateway=str(), epoch=str(), seq=int()):
            return True
    return False


def _decisions(items: Sequence[Item], reasons: Mapping[int, str]) -> Iterator[Decision]:
    for at, item in enumerate(items):
        match item.worth:
            case Parcel(gateway, epoch, seq):
                yield Decision(gateway, epoch, seq, reasons.get(at))
            case Flawed(reason, _, str(gateway), str(epoch), int(seq)):
                yield Decision(gateway, epoch, seq, reason)
