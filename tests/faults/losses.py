"""Losses: which batches the engine itself knows to be lost, and what the ledger says of them.

A gateway numbers the batches of an opening without gaps, so each number up to the highest that was
sent was born. Three witnesses, and none of them is what the ledger goes by:

- the *wire* heard every name that ever left the gateway, whatever became of it;
- the *disk* of each gateway that was killed says which numbers were committed: all of these must be
  in the store at the end, for a kill costs only what no commit had;
- the *store* says which names are there.

So a hole is lost if its number was not committed, and a broken promise if it was. The ledger must
say the same of each hole, and that it is the crash that took it. Two kinds of lost batches are not
in the ledger, by its own rule: those above the highest number that the store has of an epoch, which
died with the gateway before anybody heard of them, and those below the lowest, where it can't tell
a loss from the age of points that retention took away. They are counted here all the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.collector.ledger import CRASH
from gateway.collector.points import ALL_CHANNELS, DELIVERY
from tests.faults.wire import Batch, Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.collector.ledger import Gap
    from gateway.collector.store import Reader


@dataclass(slots=True)
class Losses:
    """What became of the batches.

    Attributes:
        stored: What is in the store.
        known: Holes of which a ledger can know.
        unheard: Lost at the end or the beginning of an epoch.
        flaws: Broken promises, each in a sentence.
    """

    stored: set[Name]
    known: set[Name] = field(default_factory=set)
    unheard: set[Name] = field(default_factory=set)
    flaws: list[str] = field(default_factory=list)

    def compare(self, gaps: Iterable[Gap]) -> None:
        """Hold the ledger's word against what is known here."""
        said: set[Name] = set()
        for gap in gaps:
            where = f"{gap.epoch} {gap.first}…{gap.last}"
            if (gap.kind, gap.cause) == ("lost", CRASH):
                said |= {Name(gap.epoch, seq) for seq in range(gap.first, gap.last + 1)}
            else:
                self.flaws.append(f"the ledger says {gap.kind} {gap.cause}: {where} at the end")
        for name, only in ((said - self.known, "ledger"), (self.known - said, "engine")):
            self.flaws += [f"only the {only} says lost: {_say(one)}" for one in sorted(name)]


def find(
    sent: Mapping[Name, Batch],
    stored: Mapping[Name, list[Batch]],
    committed: Iterable[Mapping[str, int]],
) -> Losses:
    """Find what is lost.

    Args:
        sent: What was heard on the wire.
        stored: What the store's `delivery` says is there.
        committed: Of each look at the gateway's disk: epoch to the seq behind the last committed.
    """
    losses = Losses(set(stored))
    losses.flaws += _untrue(sent, stored)
    behind: Counter[str] = Counter()
    for look in committed:
        behind |= Counter(look)
    for epoch in sorted({name.epoch for name in (*sent, *stored)} | behind.keys()):
        here = {name.seq for name in stored if name.epoch == epoch}
        top = max([behind[epoch] - 1, *(name.seq for name in sent if name.epoch == epoch), *here])
        for seq in sorted(set(range(1, top + 1)) - here):
            name = Name(epoch, seq)
            if seq < behind[epoch]:
                losses.flaws.append(f"committed, and not in the store: {_say(name)}")
            elif here and min(here) < seq < max(here):
                losses.known.add(name)
            else:
                losses.unheard.add(name)
    return losses


def delivered(store: Reader, gateway: str) -> dict[Name, list[Batch]]:
    """Read which batches a store says it has; two of one name are a conflict."""
    found: dict[Name, list[Batch]] = {}
    for tags, time, fields in store.select(DELIVERY, {"gateway": gateway}):
        of = dict(tags)
        channel = None if of["channel"] == ALL_CHANNELS else of["channel"]
        batch = Batch(of["device"], channel, time, int(fields["rows"]))
        found.setdefault(Name(of["epoch"], int(fields["seq"])), []).append(batch)
    return found


def _untrue(sent: Mapping[Name, Batch], stored: Mapping[Name, list[Batch]]) -> Iterator[str]:
    """Find what the store says of batches that the gateway never said."""
    for name, batches in stored.items():
        if len(batches) > 1:
            yield f"conflict: {_say(name)} names {len(batches)} batches"
        if name not in sent:
            yield f"stored, and never sent: {_say(name)}"
        elif batches[0] != sent[name]:
            yield f"{_say(name)} is stored as {batches[0]}, sent as {sent[name]}"


def _say(name: Name) -> str:
    return f"batch {name.seq} of epoch {name.epoch}"
