"""The ledger: which batches of a gateway are not in the store, and what became of each.

It is a query: `delivery` says what is there, `spool` what the gateway still holds or has given up.
In doubt a batch is waiting: only what its gateway can no longer send is lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final, Literal

from gateway.collector import questions
from gateway.collector.announced import AHEAD_MS, hear
from gateway.collector.deliveries import Deliveries, Found
from gateway.collector.points import DELIVERY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.collector.announced import Announced
    from gateway.collector.questions import Questions
    from gateway.collector.store import Reader

Kind = Literal["lost", "waiting", "unknown"]

CRASH: Final = "crash"
"""The cause of what was published but not committed when a gateway died."""

FORGOTTEN: Final = "forgotten"
"""The cause where the gateway had a receipt for what the store does not have."""

GONE: Final = "gone"
"""The cause where the gateway lists the epoch no longer: its spool was lost or replaced."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Batches of one epoch that are not in the store.

    Attributes:
        epoch: Their epoch.
        first: The lowest seq.
        last: The highest seq.
        kind: `lost`, `waiting`, or `unknown` while the gateway has said nothing of that epoch.
        cause: Why they are lost.
    """

    epoch: str
    first: int
    last: int
    kind: Kind
    cause: str = ""

    @property
    def batches(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Conflict:
    """Batches that are in the store twice, with other times, devices or channels.

    Attributes:
        epoch: Their epoch.
        first: The lowest seq.
        last: The highest seq.
    """

    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one gateway.

    Attributes:
        stored: Batches in the store.
        gaps: Batches that are not, epoch by epoch, by seq.
        conflicts: Batches that are there twice.
    """

    stored: int
    gaps: list[Gap]
    conflicts: list[Conflict]


class _Epoch:
    """Judges what is not in the store of one epoch."""

    def __init__(self, name: str, lowest: int | None, said: Announced) -> None:
        self._name = name
        self._lowest = lowest
        self._said = said
        self._heard = said.heard.get(name)
        self._before = said.before.get(name)

    @property
    def floor(self) -> int | None:
        """The lowest seq whose fate matters, be it as old as it may; None if none does."""
        floors = [] if self._lowest is None else [self._lowest]
        if self._heard is not None:
            may_be_sent = self._name in self._said.listed or self._left_out()
            if may_be_sent and self._heard.low < self._heard.next:
                floors.append(self._heard.low)
            floors += [
                low
                for low, high, _ in self._heard.dropped
                if self._before is None or not self._before.cause(high)
            ]
        return min(floors, default=None)

    def gaps(self, found: Found, start: int) -> Iterator[Gap]:
        """Cut what is not in the store, from `start` on, where the verdict may change; judge it."""
        edges = self._edges(found)
        for first, last in _holes(found, start, max(edges, default=1) - 1):
            cuts = [first, *(edge for edge in edges if first < edge <= last), last + 1]
            for verdict, pieces in groupby(pairwise(cuts), key=lambda piece: self._judge(piece[0])):
                if verdict is not None:
                    ends = list(pieces)
                    yield Gap(self._name, ends[0][0], ends[-1][1] - 1, *verdict)

    def _judge(self, seq: int) -> tuple[Kind, str] | None:
        """Say what became of a seq that is not in the store; None if its age explains it."""
        verdict: tuple[Kind, str]
        if self._before is not None and self._before.cause(seq):
            return None
        if self._said.now is None or (self._heard is None and not self._left_out()):
            verdict = "unknown", ""
        elif self._heard is not None and (cause := self._heard.cause(seq)):
            return "lost", cause
        elif self._heard is None or self._left_out() or self._held(seq):
            return "waiting", ""
        elif seq >= self._heard.next:
            verdict = "lost", CRASH
        else:
            verdict = "lost", FORGOTTEN if self._name in self._said.listed else GONE
        # Retention takes the oldest points away, so only what lies above the lowest one counts.
        return verdict if self._lowest is not None and seq > self._lowest else None

    def _held(self, seq: int) -> bool:
        """Say whether the gateway lists this epoch and may still send this seq."""
        heard = self._heard
        return (
            heard is not None
            and self._name in self._said.listed
            and heard.low <= seq
            and (seq < heard.next or self._name == self._said.now)
        )

    def _left_out(self) -> bool:
        """Say whether the last word may have left this epoch out, or not be the last."""
        said = self._said
        may_be_now = self._name == said.now or self._name in said.doubted
        return self._name not in said.listed and (said.more or may_be_now)

    def _edges(self, found: Found) -> list[int]:
        edges = {found.ranges[0][0], found.ranges[-1][1] + 1} if found.ranges else set()
        if self._lowest is not None:
            edges.add(self._lowest)
        if self._heard is not None:
            edges |= {self._heard.low, self._heard.next}
        for listed in (self._heard, self._before):
            for low, high, _ in listed.dropped if listed else ():
                edges |= {low, high + 1}
        return sorted(edges)


def read(reader: Reader, gateway: str, since: int = 0, at: int | None = None) -> Ledger:
    """Read the ledger of a gateway.

    Args:
        reader: The store to ask.
        gateway: Its id.
        since: ms since 1970: of batches whose readings began later, and of whatever was given up
            later, all that is missing is told; of older ones, only what still waits.
        at: The time now, ms since 1970; None for this machine's. What was heard long after it, was
            heard by a clock that was wrong.

    Raises:
        StoreBusy: The store can't answer now.
        StoreDenied: It does not let us in, or is not there.
    """
    store = questions.of(reader)
    at = round(time.time() * 1000) if at is None else at
    said = hear(store, gateway, since, at)
    deliveries = Deliveries(store, gateway, since)
    gaps: list[Gap] = []
    conflicts: list[Conflict] = []
    for name in sorted(deliveries.lowest.keys() | said.heard.keys()):
        judged, twice = _account(name, said, deliveries, since)
        lost = any(gap.cause in {CRASH, GONE} for gap in judged)
        if lost and name in said.rivals and _measured_last(store, gateway, name, said.now, at):
            doubting = replace(said, doubted=said.doubted | {name})
            judged, twice = _account(name, doubting, deliveries, since)
        gaps += judged
        conflicts += twice
    return Ledger(deliveries.batches, gaps, conflicts)


def _account(
    name: str, said: Announced, deliveries: Deliveries, since: int
) -> tuple[list[Gap], list[Conflict]]:
    """Give the account of one epoch."""
    lowest = deliveries.lowest.get(name)
    epoch = _Epoch(name, lowest, said)
    floor = epoch.floor
    if floor is None:
        return [], []
    start = floor if since else 1
    if lowest is not None and (not since or floor == lowest):
        found = deliveries.find(name)
    else:
        found = deliveries.read(name, floor)
    judged = list(epoch.gaps(found, start))
    if not found.sure and any(gap.kind != "waiting" for gap in judged):
        found = deliveries.read(name, floor)
        judged = list(epoch.gaps(found, start))
    return judged, [Conflict(name, low, high) for low, high in found.twice]


def _measured_last(store: Questions, gateway: str, name: str, now: str | None, at: int) -> bool:
    """Say whether the newest readings stored are of this epoch, and not of `now`.

    Their times are the gateway's own: a collector's wrong clock does not touch them.
    """
    mine, theirs = (
        store.newest(DELIVERY, {"gateway": gateway, "epoch": epoch}) for epoch in (name, now or "")
    )
    return mine is not None and theirs is not None and theirs <= mine <= at + AHEAD_MS


def missing(store: Reader, gateway: str) -> list[Gap]:
    """List all batches of a gateway that are not in the store, epoch by epoch, by seq."""
    return read(store, gateway).gaps


def _holes(found: Found, at: int, top: int) -> Iterator[tuple[int, int]]:
    """List the ranges of `at` … `top` that are not in the store."""
    for low, high in found.ranges:
        if at < low:
            yield at, low - 1
        at = max(at, high + 1)
    if at <= top:
        yield at, top
