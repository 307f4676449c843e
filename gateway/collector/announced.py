"""What a gateway has said of its spool, as the store remembers it: its last word, and each epoch's.

`spool` grows by a point an epoch with each commit, so its points are looked at one by one and what
they come to is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.collector.points import SPOOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.collector.points import Fields
    from gateway.collector.questions import Questions

BACK_MS: Final = 86_400_000
"""How far before its window a ledger looks for what was given up already."""

_HOUR_MS: Final = 3_600_000

_Age = tuple[int, int, int]
"""What only grows while an epoch is `now`: batches born, batches settled, then time."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a `spool` message says of one epoch."""

    low: int
    next: int
    dropped: list[tuple[int, int, str]]

    def cause(self, seq: int) -> str:
        """Return why a batch was given up; empty if it was not."""
        return next((why for low, high, why in self.dropped if low <= seq <= high), "")


@dataclass(frozen=True, slots=True)
class Announced:
    """All that is known of a spool.

    Attributes:
        now: The epoch that batches are born in; None while the gateway was never heard.
        more: Whether the last word had no room for all epochs.
        listed: The epochs that the last word lists.
        heard: Each epoch as it was listed last.
        before: Each epoch as it was listed before the window.
    """

    now: str | None = None
    more: bool = False
    listed: frozenset[str] = frozenset()
    heard: Mapping[str, Listed] = field(default_factory=dict)
    before: Mapping[str, Listed] = field(default_factory=dict)


class _Epoch:
    """What the points of one epoch come to."""

    def __init__(self) -> None:
        self.begun: int | None = None
        self.over = False
        self.more = False
        self.age: _Age = (0, 0, 0)
        self.best: tuple[int, int, str] | None = None
        self.before: tuple[int, int, str] | None = None

    def add(self, time: int, fields: Fields, since: int) -> None:
        listing = None
        if {"low", "next", "dropped"} <= fields.keys():
            listing = int(fields["next"]), int(fields["low"]), str(fields["dropped"])
            if self.best is None or listing[:2] >= self.best[:2]:
                self.best = listing
            if time < since and (self.before is None or listing[:2] >= self.before[:2]):
                self.before = listing
        if not fields.get("now"):
            self.over = True
            return
        self.begun = time if self.begun is None else self.begun
        age = (*listing[:2], time) if listing else (0, 0, time)
        if age >= self.age:
            self.age, self.more = age, bool(fields.get("more"))


def hear(store: Questions, gateway: str, since: int = 0) -> Announced:
    """Find out what a gateway has said since a time, or at last.

    Its last word need not be the last that was heard: a broker may repeat an old retained message,
    and the clocks of two collectors differ. But an epoch is `now` once, from its opening to the
    next one: it is over when another lists it as older. And while it is `now`, its numbers grow.
    """
    epochs = _read(store, gateway, since, max(0, since - BACK_MS))
    if not epochs:
        newest = store.newest(SPOOL, {"gateway": gateway})
        if newest is None:
            return Announced()
        epochs = _read(store, gateway, since, max(0, newest - _HOUR_MS))
    heard = {name: _listed(epoch.best) for name, epoch in epochs.items() if epoch.best}
    before = {name: _listed(epoch.before) for name, epoch in epochs.items() if epoch.before}
    alive = {
        name: epoch.begun
        for name, epoch in epochs.items()
        if epoch.begun is not None and not epoch.over
    }
    if not alive:
        return Announced(None, more=False, heard=heard, before=before)
    now = max(alive, key=alive.__getitem__)
    _, _, time = epochs[now].age
    listed = frozenset(
        dict(tags).get("epoch", "")
        for tags, at, fields in store.select(SPOOL, {"gateway": gateway}, time)
        if at == time and "low" in fields
    )
    return Announced(now, epochs[now].more, listed, heard, before)


def _read(store: Questions, gateway: str, since: int, start: int) -> dict[str, _Epoch]:
    epochs: dict[str, _Epoch] = {}
    for tags, time, fields in store.select(SPOOL, {"gateway": gateway}, start):
        epochs.setdefault(dict(tags).get("epoch", ""), _Epoch()).add(time, fields, since)
    return epochs


def _listed(listing: tuple[int, int, str]) -> Listed:
    end, low, dropped = listing
    return Listed(low, end, [(int(a), int(b), str(why)) for a, b, why in json.loads(dropped)])
