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

AHEAD_MS: Final = 300_000
"""How far a message may be ahead of whoever reads the ledger before its time is not believed."""

_HOUR_MS: Final = 3_600_000

_Moment = tuple[bool, int]
"""When a message came by the clock of who heard it, behind whether that is believed: what can't be
lies before all that can."""

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
        rivals: The epochs that were heard as `now`, too, and never as older ones.
        doubted: Those of them that may be younger than `now`.
    """

    now: str | None = None
    more: bool = False
    listed: frozenset[str] = frozenset()
    heard: Mapping[str, Listed] = field(default_factory=dict)
    before: Mapping[str, Listed] = field(default_factory=dict)
    rivals: frozenset[str] = frozenset()
    doubted: frozenset[str] = frozenset()


class _Epoch:
    """What the points of one epoch come to."""

    def __init__(self) -> None:
        self.began: _Moment = (False, 0)
        self.last: _Moment = (False, 0)
        self.grown: list[_Moment] = []
        self.over = False
        self.more = False
        self.age: _Age = (0, 0, 0)
        self.best: tuple[int, int, str] | None = None
        self.before: tuple[int, int, str] | None = None

    @property
    def alive(self) -> bool:
        """Whether it was heard as `now`, and never as an older one."""
        return bool(self.grown) and not self.over

    def may_follow(self, now: _Epoch) -> bool:
        """Say whether it may be younger than what is taken for `now`, though that grew later.

        The clock of who heard it may have been wrong, or an old message of `now` come again. What
        grew twice since is `now` without doubt.
        """
        if not self.last[0]:
            return True
        grew_twice = len(now.grown) > 1 and now.grown[0] > self.last
        return not grew_twice and (self.began >= now.began or self.last >= now.last)

    def add(self, time: int, fields: Fields, since: int, at: int) -> None:
        """Take one point in; an epoch's come in the order of time."""
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
        moment = time <= at + AHEAD_MS, time
        age = (*listing[:2], time) if listing else (0, 0, time)
        if not self.grown:
            self.began = moment
        if not self.grown or age[:2] > self.age[:2]:
            self.grown = sorted([*self.grown, moment])[-2:]
        self.last = max(self.last, moment)
        if age >= self.age:
            self.age, self.more = age, bool(fields.get("more"))


def hear(store: Questions, gateway: str, since: int, at: int) -> Announced:
    """Find out what a gateway has said since a time, or at last; `at` is the time now, ms.

    Its last word need not be the last that was heard: a broker may repeat an old retained message,
    and the clock of a collector be wrong, for a while or for ever. But an epoch is `now` once, from
    its opening to the next one: it is over when another lists it as older. And while it is `now`,
    its numbers grow: of several, the one that grew last.
    """
    epochs = _read(store, gateway, since, max(0, since - BACK_MS), at)
    if not epochs:
        newest = store.newest(SPOOL, {"gateway": gateway})
        if newest is None:
            return Announced()
        epochs = _read(store, gateway, since, max(0, newest - _HOUR_MS), at)
    heard = {name: _listed(epoch.best) for name, epoch in epochs.items() if epoch.best}
    before = {name: _listed(epoch.before) for name, epoch in epochs.items() if epoch.before}
    alive = {name: epoch for name, epoch in epochs.items() if epoch.alive}
    if not alive:
        return Announced(None, more=False, heard=heard, before=before)
    now = max(alive, key=lambda name: alive[name].grown[-1])
    _, _, time = alive[now].age
    listed = frozenset(
        dict(tags).get("epoch", "")
        for tags, told, fields in store.select(SPOOL, {"gateway": gateway}, time)
        if told == time and "low" in fields
    )
    rivals = frozenset(alive) - {now}
    doubted = frozenset(name for name in rivals if alive[name].may_follow(alive[now]))
    return Announced(now, alive[now].more, listed, heard, before, rivals, doubted)


def _read(store: Questions, gateway: str, since: int, start: int, at: int) -> dict[str, _Epoch]:
    epochs: dict[str, _Epoch] = {}
    for tags, time, fields in store.select(SPOOL, {"gateway": gateway}, start):
        epochs.setdefault(dict(tags).get("epoch", ""), _Epoch()).add(time, fields, since, at)
    return epochs


def _listed(listing: tuple[int, int, str]) -> Listed:
    end, low, dropped = listing
    return Listed(low, end, [(int(a), int(b), str(why)) for a, b, why in json.loads(dropped)])
