"""The spool: what the gateway holds until the database has it, on disk or, in need, in memory.

There is one writer and one open transaction, and the transaction lives in RAM (`Changes`) until
its commit. So a batch that is receipted before the commit never touches the disk, nothing is lost
when SQLite rolls back, and a spool in memory is simply a transaction that can't be committed yet.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.changes import Changes, Committed
from gateway.edge.counts import Counts
from gateway.edge.disk import PAGE, Disk
from gateway.edge.epochs import Epochs
from gateway.edge.held import Held, Waiting, batch_id, split_id
from gateway.edge.spool_file import SpoolFile
from gateway.errors import SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from schemas.spool import SpoolState

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""What a spool in memory may take."""

RETRY_SECONDS: Final = 60.0
"""How often a disk that failed is tried again."""

_EARLY_BYTES: Final = MEMORY_BYTES // 4
"""Uncommitted bytes at which a commit does not wait for its time."""

_UNREAD: Final = 1 << 22
"""Where the numbers of epochs begin that were opened while the file could not be read."""

_RECENT_BATCHES: Final = 2000


class Spool:
    """Pending readings and batches, with their names, their bounds and their losses.

    Attributes:
        commit_seconds: The longest that a change waits for its commit.
        counts: What is held, refused and given up.
        crashed: Whether this opening found no clean close.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: float,
        commit_seconds: float = 10.0,
        max_bytes: int = 512 << 20, max_age_hours: float | None = None,
        new_epoch: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:  # fmt: skip
        """Open the spool, in memory where the disk does not let us.

        Args:
            path: The SQLite file; its folder is made.
            now: Monotonic seconds.
            commit_seconds: The longest that a change waits for its commit.
            max_bytes: What the file may take.
            max_age_hours: Hours of an open spool after which a batch is given up.
            new_epoch: Makes the name of an epoch.
        """
        self.commit_seconds = commit_seconds
        self.counts = Counts()
        self.crashed = False
        self._max_bytes = max_bytes
        self._max_age = None if max_age_hours is None else max_age_hours * 3600.0
        self._new_epoch = new_epoch
        self._changes = Changes()
        self._tried_at = self._opened_at = now
        self._opened_before = 0.0
        self._kept: dict[str, Any] = {}
        self._disk = Disk(path)
        file = self._disk.file
        self._next_waiting = 1 if file else (1 << 40) + (secrets.randbelow(1 << 20) << 20)
        self._settled = 0
        unread = None if file else _UNREAD + secrets.randbelow(1 << 20)
        self._epochs = Epochs(file.epochs() if file else [], unread, new_epoch())
        if file is not None:
            self._learn(file)
        self._begin(now)

    @property
    def memory(self) -> bool:
        """Whether the disk can't take a commit, so that memory holds what is new."""
        return self._disk.fails

    @property
    def alarms(self) -> set[str]:
        """Words for what a person should look at: `memory`, `damaged`, `unreadable`."""
        return self._disk.alarms

    @property
    def epoch(self) -> str:
        """The epoch that batches are born in now."""
        return self._epochs.current.epoch

    def _learn(self, file: SpoolFile) -> None:
        """Take over what a file knows, beside what this opening knows already."""
        self._settled = 0
        known = file.kept()
        self._epochs.learn(file.epochs())
        self._kept = {**self._kept, **known}
        self._next_waiting = max(self._next_waiting, file.last_pending() + 1)
        self._opened_before += float(known.get("opened", 0.0))
        self.counts.learn(known.get("counts"))
        if known.get("open") not in {None, self.epoch}:
            self.crashed = True
            self.counts.crashes += 1

    def _begin(self, now: float) -> None:
        """Note that this epoch is open: whoever finds it so at an opening has found a crash."""
        self._changes.epochs[self._epochs.current.number] = self._epochs.current
        self.keep("open", self.epoch, now)

    def _replace_damaged(self, error: SpoolDamaged, now: float) -> None:
        """Go on with an empty file and a new epoch; what is in RAM goes into it."""
        self._disk.replace(error)
        changes = self._changes
        changes.start_over(self._kept)
        self.counts.held, self.counts.refused = len(changes.born), len(changes.refused)
        living = {split_id(number)[0] for number in changes.born}
        rows = [row for number, row in self._epochs.rows.items() if number in living]
        self._epochs = Epochs(rows, max(self._epochs.rows) + 1, self._new_epoch())
        changes.epochs = dict(self._epochs.rows)
        self._settled = 0
        self._begin(now)

    def recall(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON was kept under the name
        """Look up a small fact; None where there is none."""
        return self._kept.get(name)

    def keep(self, name: str, value: object, now: float) -> None:
        """Keep a small fact (JSON) with the next commit."""
        self._kept[name] = self._changes.kept[name] = value
        self._changes.touch(now)

    def opened(self, now: float) -> float:
        """Seconds that this spool has been open, over all its openings."""
        return self._opened_before + now - self._opened_at

    def hold(self, waiting: Waiting, now: float) -> Waiting:
        """Take a reading in under an id of ours: only a power cut before the commit loses it."""
        waiting = replace(waiting, id=self._next_waiting)
        self._next_waiting += 1
        self._changes.hold(waiting)
        self._changes.touch(now)
        return waiting

    def dated(self) -> list[Waiting]:
        """Read the dated readings that an earlier opening left without a batch."""
        return self._disk.ask(lambda file: file.pending(0, 1_000_000, dated=True), [])

    def undated(self, limit: int) -> list[Waiting]:
        """Read readings that wait for a date, in order of arrival.

        In memory only those that no disk holds: a date given twice would be two readings.
        """
        on_disk: Iterable[Waiting] = ()
        if not self.memory:
            on_disk = self._disk.pages(
                lambda file, after: file.pending(after, PAGE, dated=False), self._settled
            )
        waiting = (found for found in on_disk if found.id not in self._changes.removed)
        in_ram = (found for found in self._changes.added.values() if found.at is None)
        return list(islice(chain(waiting, in_ram), limit))

    def discard(self, rows: list[Waiting], cause: str, now: float) -> None:
        """Give up readings that no batch can carry."""
        self._changes.take_out(rows)
        self.counts.dropped[cause] += len(rows)
        self._changes.touch(now)

    @property
    def next_seq(self) -> int:
        """The seq that the next batch will bear."""
        return self._epochs.current.next

    def add(
        self, payload: bytes, rows: list[Waiting], first: int, now: float, *, after_commit: bool
    ) -> Held:
        """Take a batch, encoded under `epoch` and `next_seq`, for the readings that it carries."""
        epoch, reading = self._epochs.current, rows[0].reading
        held = Held(
            batch_id(epoch.number, epoch.next), epoch.epoch, epoch.next, reading.device,
            reading.channel, first, len(rows), self.opened(now), payload, after_commit,
        )  # fmt: skip
        epoch.next += 1
        self._changes.epochs[epoch.number] = epoch
        self._changes.bear(held, rows)
        self._settled = max(
            [self._settled, *(row.id for row in rows if row.on_disk and not row.at)]
        )
        self.counts.held += 1
        self._changes.touch(now)
        return held

    def oldest(self, after: int, limit: int) -> list[Held]:
        """Read the oldest batches above an id that may be sent."""
        on_disk = self._disk.pages(lambda file, after: file.oldest(after, PAGE), after)
        waiting = (held for held in on_disk if self._changes.may_go(held.id))
        return list(islice(chain(waiting, self._changes.ready(after)), limit))

    def newest(self) -> dict[tuple[str, str | None], int]:
        """Find the newest batch of each channel among the last that the file holds."""
        return self._disk.ask(lambda file: file.newest(_RECENT_BATCHES), {})

    def read(self, number: int) -> Held | None:
        """Read one batch that may be sent; None where it is gone, refused or not yet committed."""
        if not self._changes.may_go(number):
            return None
        born = self._changes.born.get(number)
        return born or self._disk.ask(lambda file: file.read(number), None)

    def forget(self, number: int, now: float) -> None:
        """Let a batch go: the database has it."""
        self._changes.forget(number)
        self.counts.held = max(0, self.counts.held - 1)
        self._changes.touch(now)

    def refuse(self, number: int, reason: str, offer_in: float, now: float) -> None:
        """Set a batch aside with its reason, to be offered again after so many seconds."""
        if not self._changes.refused.get(number):
            self.counts.refused += 1
        self._changes.refused[number] = (reason, self.opened(now) + offer_in)
        self._changes.touch(now)

    def offer(self, now: float, limit: int = 100) -> list[int]:
        """Take refused batches back into the line whose time has come; return their ids."""
        opened, marks = self.opened(now), self._changes.refused
        on_disk = self._disk.ask(lambda file: file.refused(opened, limit), list[int]())
        gone = self._changes.forgotten
        numbers = [n for n in on_disk if n not in marks and n not in gone]
        numbers += [number for number, mark in marks.items() if mark and mark[1] <= opened]
        for number in numbers:
            marks[number] = None
            self.counts.refused -= 1
            self._changes.touch(now)
        return numbers

    def wants_commit(self, now: float) -> bool:
        """Say whether a commit is due."""
        changes = self._changes
        if self._disk.damage is not None:
            return True
        if self.memory:
            return changes.size > MEMORY_BYTES or now - self._tried_at >= RETRY_SECONDS
        if changes.since is None:
            return False
        return changes.size > _EARLY_BYTES or now - changes.since >= self.commit_seconds

    def reopen(self, now: float) -> bool:
        """In memory, try the disk again; True where it could not be read before and has to tell."""
        if not self.memory:
            return False
        unknown = self._disk.reopen()
        if unknown is not None:
            self._learn(unknown)
            self._begin(now)
        self._changes.epochs.update(self._epochs.rows)
        self._changes.kept.update(self._kept)
        return unknown is not None

    def commit(self, now: float) -> Committed:
        """Commit what is open; on failure nothing is lost and memory takes over."""
        self._tried_at = now
        if self._disk.damage is not None:
            self._replace_damaged(self._disk.damage, now)
        file = self._disk.file
        if file is None:
            return self._in_memory()
        self.keep("opened", self.opened(now), now)
        oldest = None if self._max_age is None else self.opened(now) - self._max_age
        try:
            evicted = file.apply(
                self._changes, self.counts, max_bytes=self._max_bytes, oldest_born=oldest
            )
        except SpoolUnwritable as error:
            self._disk.failed(error)
            return self._in_memory()
        except SpoolDamaged as error:
            self._replace_damaged(error, now)
            return Committed([], [])
        self._disk.works()
        ready = [held for held in self._changes.born.values() if held.after_commit]
        for row in self._changes.epochs.values():
            row.committed = row.next
        self._changes = Changes()
        for row in evicted.epochs:
            self._epochs.rows[row.number].dropped = row.dropped
        self.counts.give_up(len(evicted.batches), evicted.causes)
        self.counts.refused = self._disk.ask(SpoolFile.count_refused, self.counts.refused)
        self._changes.retired |= self._epochs.spent(self._lowest)
        return Committed([replace(held, after_commit=False) for held in ready], evicted.batches)

    def _in_memory(self) -> Committed:
        """Hold what memory can hold; the oldest go first, counted."""
        evicted: list[int] = []
        if self._changes.size > MEMORY_BYTES:
            for gone in self._changes.give_up(MEMORY_BYTES * 15 // 16):  # not for each reading
                self.counts.dropped["memory"] += 1
                if isinstance(gone, Held):
                    row = self._epochs.rows[split_id(gone.id)[0]]
                    row.drop(gone.seq, "memory")
                    self._changes.epochs[row.number] = row
                    self.counts.held -= 1
                    evicted.append(gone.id)
        return Committed([], evicted)

    def unbind(self, rewrite: Callable[[bytes], bytes | None]) -> list[Held]:
        """In memory no commit comes: let batches go that wait for one, as far as they may."""
        return self._changes.unbind(rewrite) if self.memory else []

    def state(self) -> SpoolState:
        """Write the `spool` message; true right after a commit, and at any time in memory."""
        return self._epochs.state(self._lowest)

    def used(self) -> int:
        """Bytes that are held, on disk and not yet there."""
        return self._disk.ask(SpoolFile.used, 0) + self._changes.size

    def _lowest(self, number: int) -> int | None:
        """Find the lowest seq held of an epoch; what is on the disk counts until a commit."""
        on_disk = None
        if self._disk.file is not None:
            unreadable: int | None = 1
            on_disk = self._disk.ask(lambda file: file.lowest(number), unreadable)
        born = (held for held in self._changes.born.values() if split_id(held.id)[0] == number)
        first = next(born, None)
        lows = [low for low in (on_disk, None if first is None else first.seq) if low is not None]
        return min(lows, default=None)

    def close(self, now: float) -> None:
        """Commit and close, so that the next opening finds no crash."""
        self.keep("open", None, now)
        self.commit(now)
        self._disk.close()

    def abandon(self) -> None:
        """Close as a crash would."""
        self._disk.close()
