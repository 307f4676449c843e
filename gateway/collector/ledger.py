"""The ledger: which batches of a gateway are not in the store, and what became of each.

It is a query: `delivery` says what is there, `spool` what the gateway still holds or has given up.
In doubt a batch is waiting: only what its gateway can no longer send is lost.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final, Literal

from gateway.collector.points import DELIVERY, SPOOL
from gateway.collector.receipts import merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.collector.points import Fields
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


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a `spool` message says of one epoch."""

    low: int
    next: int
    dropped: list[tuple[int, int, str]]

    def cause(self, seq: int) -> str:
        return next((why for low, high, why in self.dropped if low <= seq <= high), "")


@dataclass(slots=True)
class _Message:
    """One `spool` message, put together again from its points."""

    time: int
    now: str = ""
    more: bool = False
    epochs: dict[str, _Listed] = field(default_factory=dict)

    def add(self, epoch: str, fields: Fields) -> None:
        self.more = bool(fields["more"])
        if fields["now"]:
            self.now = epoch
        if "low" in fields:
            dropped = json.loads(str(fields["dropped"]))
            self.epochs[epoch] = _Listed(int(fields["low"]), int(fields["next"]), dropped)

    @property
    def age(self) -> tuple[int, int, int]:
        """What only grows while an epoch is `now`: batches born, batches settled, then time."""
        listed = self.epochs.get(self.now)
        return (listed.next, listed.low, self.time) if listed else (0, 0, self.time)


class _Epoch:
    """All that is known of one epoch."""

    def __init__(self, name: str, stored: list[int], messages: list[_Message]) -> None:
        self._name = name
        self._stored = merge(stored)
        self._latest = _latest(messages)
        self._heard = max(
            (message.epochs[name] for message in messages if name in message.epochs),
            key=lambda listed: (listed.next, listed.low),
            default=None,
        )

    def gaps(self) -> Iterator[Gap]:
        """Cut what is not in the store where the verdict may change, and judge each piece."""
        edges = self._edges()
        for first, last in self._holes(max(edges, default=1) - 1):
            cuts = [first, *(edge for edge in edges if first < edge <= last), last + 1]
            for verdict, pieces in groupby(pairwise(cuts), key=lambda piece: self._judge(piece[0])):
                if verdict is not None:
                    ends = list(pieces)
                    yield Gap(self._name, ends[0][0], ends[-1][1] - 1, *verdict)

    def _judge(self, seq: int) -> tuple[Kind, str] | None:
        """Say what became of a seq that is not in the store; None if its age explains it."""
        verdict: tuple[Kind, str]
        if self._latest is None or (self._heard is None and not self._cut_off()):
            verdict = "unknown", ""
        elif self._heard is not None and (cause := self._heard.cause(seq)):
            return "lost", cause
        elif self._heard is None or self._cut_off() or self._held(seq, self._heard):
            return "waiting", ""
        elif seq >= self._heard.next:
            verdict = "lost", CRASH
        else:
            verdict = "lost", FORGOTTEN if self._name in self._latest.epochs else GONE
        # Retention takes the oldest points away, so only what lies above the lowest one counts.
        return verdict if self._stored and seq > self._stored[0][0] else None

    def _held(self, seq: int, heard: _Listed) -> bool:
        """Say whether the gateway lists this epoch and may still send this seq."""
        latest = self._latest
        return (
            latest is not None
            and self._name in latest.epochs
            and heard.low <= seq
            and (seq < heard.next or self._name == latest.now)
        )

    def _cut_off(self) -> bool:
        """Say whether the last message may have left this epoch out for want of room."""
        latest = self._latest
        return (
            latest is not None
            and self._name not in latest.epochs
            and (latest.more or self._name == latest.now)
        )

    def _edges(self) -> list[int]:
        edges = {self._stored[0][0], self._stored[-1][1] + 1} if self._stored else set()
        if self._heard is not None:
            edges |= {self._heard.low, self._heard.next}
            for low, high, _ in self._heard.dropped:
                edges |= {low, high + 1}
        return sorted(edges)

    def _holes(self, top: int) -> Iterator[tuple[int, int]]:
        """List the ranges of 1 … `top` that are not in the store."""
        at = 1
        for low, high in self._stored:
            if at < low:
                yield at, low - 1
            at = high + 1
        if at <= top:
            yield at, top


def missing(store: Reader, gateway: str) -> list[Gap]:
    """List the batches of a gateway that are not in the store, epoch by epoch, by seq."""
    stored: defaultdict[str, list[int]] = defaultdict(list)
    for tags, _, fields in store.select(DELIVERY, {"gateway": gateway}):
        stored[dict(tags)["epoch"]].append(int(fields["seq"]))
    messages = _messages(store, gateway)
    heard = {epoch for message in messages for epoch in message.epochs}
    return [
        gap
        for name in sorted(stored.keys() | heard)
        for gap in _Epoch(name, stored.get(name, []), messages).gaps()
    ]


def _messages(store: Reader, gateway: str) -> list[_Message]:
    """Put the gateway's `spool` messages together again: points of one time are one message."""
    messages: dict[int, _Message] = {}
    for tags, time, fields in store.select(SPOOL, {"gateway": gateway}):
        messages.setdefault(time, _Message(time)).add(dict(tags)["epoch"], fields)
    return sorted(messages.values(), key=lambda message: message.time)


def _latest(messages: list[_Message]) -> _Message | None:
    """Find the gateway's last word, which need not be the last that was heard.

    A broker may repeat an old retained message, and the clocks of two collectors differ. But an
    epoch is `now` once, from its opening to the next one: it is over when another was `now` after
    it, or lists it as older. And while it is `now`, its numbers only grow.
    """
    over = {epoch for message in messages for epoch in message.epochs if epoch != message.now}
    begun: dict[str, int] = {}
    for message in messages:
        begun.setdefault(message.now, message.time)
    alive = [now for now in begun if now not in over]
    if not alive:
        return None
    now = max(alive, key=lambda epoch: begun[epoch])
    return max((message for message in messages if message.now == now), key=lambda m: m.age)
