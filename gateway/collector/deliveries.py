"""Which batches of a gateway are in the store, without reading each of them.

The store sums up what is there: how many seqs an epoch has, their sum, the lowest and the highest.
Where count and sum are those of all whole numbers between the two, nothing is missing and nothing
there twice: only losses and doubles that balance each other in number and in sum could hide.
Where they are not, every seq is read. (That is about four times as dear; to let InfluxDB count
distinct seqs is ten times as dear, and takes it a gigabyte for a million of them.)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.collector.points import DELIVERY
from gateway.collector.seqs import Seqs, join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.collector.questions import Questions, Tally

EDGE_MS: Final = 3_600_000
"""Neighbouring seqs lie this close in time: what a window of time cuts apart is found there."""


@dataclass(frozen=True, slots=True)
class Found:
    """Batches of one epoch that are in the store.

    Attributes:
        ranges: Their seqs, both ends included.
        twice: Those of which there are two points.
        sure: Whether no more of them can lie anywhere in the store.
    """

    ranges: list[tuple[int, int]]
    twice: list[tuple[int, int]]
    sure: bool


class Deliveries:
    """The batches of one gateway whose readings begin at a time, or later.

    Attributes:
        lowest: The lowest seq of each epoch.
        batches: How many there are.
    """

    def __init__(self, store: Questions, gateway: str, since: int = 0) -> None:
        """Let the store sum up all but the last hour, and read that."""
        self._store = store
        self._gateway = {"gateway": gateway}
        self._since = since
        newest = store.newest(DELIVERY, self._gateway) or 0
        head = max(since, newest - EDGE_MS)
        self._head: defaultdict[str, list[int]] = defaultdict(list)
        for tags, _, fields in store.select(DELIVERY, self._gateway, head):
            if "seq" in fields:
                self._head[dict(tags).get("epoch", "")].append(int(fields["seq"]))
        tallies = store.tally(DELIVERY, "seq", ("epoch",), self._gateway, since, head)
        self._sums = {dict(tags).get("epoch", ""): tally for tags, tally in tallies.items()}
        self.lowest = {epoch: min(seqs) for epoch, seqs in self._head.items()}
        for epoch, tally in self._sums.items():
            self.lowest[epoch] = min(tally.low, self.lowest.get(epoch, tally.low))
        self.batches = sum(tally.count for tally in self._sums.values())
        self.batches += sum(len(seqs) for seqs in self._head.values())

    def find(self, epoch: str) -> Found:
        """Find the seqs of an epoch, from the lowest one on, as cheaply as can be."""
        seqs = list(self._head.get(epoch, ()))
        tally = self._sums.get(epoch)
        sure = not self._since
        if not sure:
            seqs += self._cut_off(epoch)
        if not _whole(tally, seqs):
            return self.read(epoch, self.lowest[epoch])
        found = Seqs(seqs)
        core = [(tally.low, tally.high)] if tally else []
        return Found(join([*core, *found.ranges()]), found.twice(), sure)

    def read(self, epoch: str, least: int) -> Found:
        """Read each seq of an epoch from `least` on, whenever its readings were taken."""
        tags = self._gateway | {"epoch": epoch}
        found = Seqs(self._store.values(DELIVERY, "seq", tags, least=least))
        return Found(found.ranges(), found.twice(), sure=True)

    def _cut_off(self, epoch: str) -> Iterable[int]:
        """Read what belongs to this window, though its readings began shortly before it."""
        tags = self._gateway | {"epoch": epoch}
        first = max(0, self._since - EDGE_MS)
        return self._store.values(
            DELIVERY, "seq", tags, first, self._since, least=self.lowest[epoch]
        )


def _whole(tally: Tally | None, others: Iterable[int]) -> bool:
    """Say whether sums, and seqs that are not among them, come to a range without a gap."""
    if tally is None:
        return True
    inside = [seq for seq in others if tally.low <= seq <= tally.high]
    length = tally.high - tally.low + 1
    total = (tally.low + tally.high) * length // 2
    # A store may count in 64 bits, around and around.
    return tally.count + len(inside) == length and not (tally.total + sum(inside) - total) % 2**64
