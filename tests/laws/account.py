"""The account: where every reading is, and that all of them are somewhere or accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.laws.parts import NUMBERED, Name, opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.collector.points import Tags
    from gateway.edge.core import Core
    from gateway.edge.held import Waiting
    from gateway.edge.spool import Spool
    from tests.laws.card import Card, Rows
    from tests.laws.parts import MemoryStore, Truth

_WITH_A_FILE = {"damaged", "replaced"}
"""Causes that name what went with a whole file."""

Place = tuple[str, "Tags", int]


class Account:
    """What has been given up so far, and by which names it was known.

    Attributes:
        lost: Readings that were given up, and counted: these may be missing.
    """

    def __init__(self, card: Card, truths: dict[int, Truth]) -> None:
        self.lost: set[int] = set()
        self._card = card
        self._truths = truths
        self._carried: dict[Name, frozenset[int]] = {}
        self._gone: set[Name] = set()
        self._dropped = self._damaged = 0
        self._blind = False

    def begin(self, spool: Spool) -> None:
        """Take what is counted now as known."""
        self._blind = self._card.strange or spool._disk.file is None  # noqa: SLF001 - it counts anew
        known, self._damaged = self._damaged, spool.counts.dropped["damaged"]
        self._dropped = _dropped(spool)
        self._gone = _given_up(spool)
        if "damaged" in spool.alarms or self._damaged > known:
            self.lost |= self._card.ruined

    def notice(self, spool: Spool) -> None:
        """Look into the batches that were born: memory may give them up before anybody asks."""
        for held in spool._changes.born.values():  # noqa: SLF001 - all that RAM has
            name, numbers = opened(held.payload)
            assert name == (held.epoch, held.seq), "a batch is held under another name"
            self._carried[name] = numbers

    def check(self, core: Core, stored: Iterable[int], on_the_way: set[int]) -> None:
        """Every reading is stored, waits somewhere, or is counted as given up.

        Args:
            core: The gateway.
            stored: What is in the store.
            on_the_way: What the quality stage holds back.
        """
        spool, rows = core.spool, self._card.rows()
        for payload in rows.batches.values():
            name, numbers = opened(payload)
            self._carried[name] = numbers
        waiting = rows.numbers | _in_ram(spool) | on_the_way
        here = waiting.union(stored, self.lost)
        gone = {n for n, truth in self._truths.items() if not truth.excused} - here
        missing = gone - self._card.lost_from_sight()
        if not self._card.strange:
            self._check_given_up(spool, missing, waiting.union(stored))
            if rows.whole:
                self._check_damage(spool, gone & self._card.ruined)
                _check_counts(core, rows)
        self.lost |= missing
        self.begin(spool)

    def waiting(self, spool: Spool) -> set[Name]:
        """Which batches wait for their receipts, by their names; whether or not it knows it."""
        changes = spool._changes  # noqa: SLF001 - all that RAM has
        on_disk = {} if self._card.strange else self._card.rows().batches
        born = {number: batch.payload for number, batch in changes.born.items()}
        ids = (on_disk.keys() - changes.forgotten) | born.keys()
        return {opened(born.get(number) or on_disk[number]).name for number in ids}

    def _check_given_up(self, spool: Spool, missing: set[int], here: set[int]) -> None:
        """What is gone is counted, and what is counted is gone.

        A file that is read for the first time brings what it had counted itself.
        """
        if self._blind:
            assert not missing or spool.counts.dropped["memory"], f"{sorted(missing)} are gone"
            return
        named = _given_up(spool) - self._gone
        counted = [name for name in named if not self._carried[name] <= here]
        alone = missing.difference(*(self._carried[name] for name in counted))
        dropped = _dropped(spool) - self._dropped
        assert dropped == len(counted) + len(alone), (
            f"{dropped} are counted as given up, but batches {sorted(counted)} and the readings "
            f"{sorted(alone)} are; of {sorted(named.difference(counted))} every reading waits"
        )

    def _check_damage(self, spool: Spool, ruined: set[int]) -> None:
        """Batches that only a damaged file had are counted."""
        counted = spool.counts.dropped["damaged"] - self._damaged
        assert counted or ruined <= self._card.unseen, (
            f"{sorted(ruined)} went with a damaged file, uncounted"
        )
        self.lost |= ruined


def _check_counts(core: Core, rows: Rows) -> None:
    """What is counted as held is held, and what was sent and waits for its receipt is."""
    spool = core.spool
    changes = spool._changes  # noqa: SLF001 - all that RAM has
    on_disk = set(rows.batches) if spool._disk.file is not None else set()  # noqa: SLF001
    ids = (on_disk - changes.forgotten) | set(changes.born)
    assert spool.counts.held == len(ids), f"{spool.counts.held} are counted, {len(ids)} held"
    sent = set(core.publisher._names)  # noqa: SLF001 - what it waits for
    assert sent <= ids, f"{sorted(sent - ids)} are waited for, but not held"


def _in_ram(spool: Spool) -> set[int]:
    changes = spool._changes  # noqa: SLF001 - all that RAM has
    added = {_number(waiting) for waiting in changes.added.values()}
    return added.union(*(opened(held.payload).numbers for held in changes.born.values()))


def _number(waiting: Waiting) -> int:
    values = waiting.reading.values
    return int(next(values[quantity].value or 0 for quantity in NUMBERED if quantity in values))


def _dropped(spool: Spool) -> int:
    """Count what was given up on purpose; what a file took with it is another matter."""
    return sum(n for cause, n in spool.counts.dropped.items() if cause not in _WITH_A_FILE)


def _given_up(spool: Spool) -> set[Name]:
    return {
        (row.epoch, seq)
        for row in spool._epochs.rows.values()  # noqa: SLF001 - no look at the disk
        for low, high, cause in row.dropped
        if cause not in _WITH_A_FILE
        for seq in range(low, high + 1)
    }


def stored(store: MemoryStore) -> dict[int, list[Place]]:
    """Find every number in the store, and where."""
    found: dict[int, list[Place]] = {}
    for (measurement, tags, time), fields in store.points.items():
        for quantity in NUMBERED:
            number = fields.get(quantity, fields.get(f"{quantity}_rejected"))
            if number is not None and measurement not in {"delivery", "spool"}:
                found.setdefault(int(float(number)), []).append((measurement, tags, time))
    return found


def check_places(places: dict[int, list[Place]], truths: dict[int, Truth], card: Card) -> None:
    """Nothing invented, nothing doubled.

    What a copy of the file tells a second time, after it was told, can only come undated.
    """
    for number, found in places.items():
        truth = truths[number]
        good = [place for place in found if place[0] != "undated"]
        most = found if not card.copied else good
        assert len(most) <= 1, f"reading {number} stands in {found}"
        assert all(dict(tags)["device"] == truth.device for _, tags, _ in found)
        for _, _, time in good:
            off = abs(time / 1000 - truth.at)
            assert off <= 1.5, f"reading {number} is dated {off} s off"


def check_totals(store: MemoryStore) -> None:
    """The running count of a channel is never given twice and never falls."""
    by_channel: dict[Tags, list[float]] = {}
    for (measurement, tags, _), fields in store.points.items():
        if measurement == "traffic" and "count_total" in fields:
            by_channel.setdefault(tags, []).append(float(fields["count_total"]))
    for totals in by_channel.values():
        assert len(totals) == len(set(totals)), "a running count was given twice"
