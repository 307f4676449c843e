"""What a spool holds, read as one: its file, and the open transaction over it."""

from __future__ import annotations

import logging
from functools import partial
from heapq import merge
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from gateway.edge.changes import Changes
from gateway.edge.counts import Counts
from gateway.edge.disk import PAGE, Disk
from gateway.edge.held import split_id
from gateway.edge.spool_file import SpoolFile
from gateway.edge.spool_rows import Spoiled
from gateway.errors import SpoolDamaged
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gateway.edge.held import Held, Waiting

log = logging.getLogger(__name__)

_RECENT_BATCHES: Final = 2000

BELOW: Final = -(1 << 63)
"""Below every id."""


class Holdings:
    """Readings and batches, wherever they are: on the disk, in RAM, or about to leave one.

    Attributes:
        counts: What is held, refused and given up.
        missed: Whether `dated` left out what could not be read.
    """

    def __init__(self, path: Path, now: float) -> None:
        """Open the file, if the disk lets us."""
        self.counts = Counts()
        self._disk = Disk(path)
        self._changes = Changes()
        self._settled = BELOW
        self._uncounted = self._doubted = False
        self._looks = 0
        self.missed = False
        self._opened_at, self._opened_before = now, 0.0

    @property
    def memory(self) -> bool:
        """Whether the disk can't take a commit, so that memory holds what is new."""
        return self._disk.fails

    @property
    def alarms(self) -> set[str]:
        """Words for what a person should look at: `memory`, `damaged`, `unreadable`."""
        return self._disk.alarms

    def opened(self, now: float) -> float:
        """Seconds that this spool has been open, over all its openings."""
        return self._opened_before + now - self._opened_at

    def dated(self) -> list[Waiting]:
        """Read the dated readings that an earlier opening left without a batch."""
        nothing: list[Waiting | Spoiled] = []
        found = self._disk.ask(lambda file: file.pending(BELOW, 1_000_000, dated=True), nothing)
        file = self._disk.file
        self.missed = file is not None and (file.skipped > 0 or "unreadable" in self.alarms)
        return list(self._sound(found))

    def undated(self, limit: int) -> list[Waiting]:
        """Read readings that wait for a date, in order of arrival.

        In memory only those that no disk holds: a date given twice would be two readings.
        """
        on_disk: Iterable[Waiting | Spoiled] = ()
        if not self.memory:
            on_disk = self._disk.pages(
                lambda file, after: file.pending(after, PAGE, dated=False),
                self._settled,
                lambda waiting: waiting.id,
            )
        waiting = self._sound(on_disk)
        in_ram = (found for found in self._changes.added.values() if found.at is None)
        return list(islice(chain(waiting, in_ram), limit))

    def _sound(self, rows: Iterable[Waiting | Spoiled]) -> Iterator[Waiting]:
        """Pass on what is still a reading; what is none goes with the next commit, counted.

        What it was counted as before, nobody can tell any more: that commit counts anew.
        """
        for row in rows:
            if row.id in self._changes.removed:
                continue
            if not isinstance(row, Spoiled):
                yield row
                continue
            log.error("reading %s that waited for its batch is damaged, lost: %s", *row)
            self._changes.removed.add(row.id)
            self._uncounted = self._doubted = True

    def oldest(self, after: int, limit: int) -> list[int]:
        """Find the oldest batches above an id that may be sent."""
        on_disk = self._disk.pages(
            lambda file, after: file.oldest(after, PAGE), after, lambda number: number
        )
        marks = self._changes.refused
        offered = sorted(
            number for number, mark in marks.items()
            if mark is None and number > after and number not in self._changes.born
        )  # fmt: skip
        waiting = merge((number for number in on_disk if number not in marks), offered)
        may_go = (number for number in waiting if self._changes.may_go(number))
        return list(islice(chain(may_go, self._changes.ready(after)), limit))

    def nothing_left(self) -> bool:
        """Nobody finds a batch that may be sent: where more is counted, the file has lost some.

        The next commit counts anew, and what is missing as damaged. Where the file still counts
        more than a second look finds, its order is damaged, and with it the file.

        Returns:
            Whether to look through all of it a second time.
        """
        changes = self._changes
        if self.memory or self._doubted or changes.born or changes.refused:
            return False
        if self.counts.held <= self.counts.refused:
            self._looks = 0
        elif self._looks == 0:
            self._uncounted = self._doubted = True
        elif self._looks > 1:
            left = self.counts.held - self.counts.refused
            more = write_count(left, "batch", "batches")
            what = f"the spool {self._disk.path} is damaged: it counts {more} too many"
            self._disk.damage = SpoolDamaged(what)
        else:
            self._looks += 1
            return True
        return False

    def oldest_age(self, now: float) -> float | None:
        """Tell how long the oldest batch waits that nobody refused, s; None where none does."""
        born = [held.born for held in islice(self._changes.born.values(), 1)]
        on_disk = self._disk.ask(SpoolFile.oldest_born, None)
        oldest = min([*born, *([] if on_disk is None else [on_disk])], default=None)
        return None if oldest is None else self.opened(now) - oldest

    def newest(self) -> dict[tuple[str, str | None], int]:
        """Find the newest batch that may be sent of each channel among the last."""
        nothing: dict[tuple[str, str | None], int] = {}
        on_disk = self._disk.ask(lambda file: file.newest(_RECENT_BATCHES), nothing)
        found = {channel: n for channel, n in on_disk.items() if self._changes.may_go(n)}
        in_ram = {(h.device, h.channel): h.id for h in self._changes.born.values()
                  if self._changes.may_go(h.id)}  # fmt: skip
        return {**found, **in_ram}

    def read(self, number: int) -> Held | None:
        """Read one batch that may be sent; None where it is gone, refused or not yet committed.

        Raises:
            SpoolUnreadable: The disk does not give its bytes.
        """
        if not self._changes.may_go(number):
            return None
        return self._changes.born.get(number) or self._disk.read(number)

    def used(self) -> int:
        """Bytes that are held, on disk and not yet there."""
        return self._disk.ask(SpoolFile.used, 0) + self._changes.size

    def _lows(self, epochs: Iterable[int]) -> dict[int, int]:
        """Find the lowest seq held of each epoch; what is on the disk counts until a commit."""
        lows: dict[int, int] = {}
        for number in self._changes.born:
            epoch, seq = split_id(number)
            lows.setdefault(epoch, seq)
        for epoch in epochs:
            low = self._disk.ask(partial(_lowest, epoch), 1 if self._disk.file else None)
            if low is not None:
                lows[epoch] = min(low, lows.get(epoch, low))
        return lows


def _lowest(epoch: int, file: SpoolFile) -> int | None:
    return file.lowest(epoch)
