"""The spool: what the gateway holds until the database has it, on disk or, in need, in memory.

There is one writer and one open transaction, and the transaction lives in RAM (`Changes`) until
its commit. So a batch that is receipted before the commit never touches the disk, nothing is lost
when SQLite rolls back, and a spool in memory is simply a transaction that can't be committed yet.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.changes import Changes, Committed
from gateway.edge.counts import Counts
from gateway.edge.epochs import Epochs
from gateway.edge.eviction import Bounds
from gateway.edge.held import DAMAGED, Held, Waiting, batch_id, split_id
from gateway.edge.holdings import BELOW, Holdings
from gateway.errors import SpoolDamaged, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.spool import SpoolState

MEMORY_BYTES: Final = 16 * 1024 * 1024
"""What a spool in memory may take."""

RETRY_SECONDS: Final = 60.0
"""How often a disk that failed is tried again."""

_EARLY_BYTES: Final = MEMORY_BYTES // 4
"""Uncommitted bytes at which a commit does not wait for its time."""


class Spool(Holdings):
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
        super().__init__(path, now)
        self.commit_seconds = commit_seconds
        self.crashed = False
        self._max_bytes = max_bytes
        self._max_age = None if max_age_hours is None else max_age_hours * 3600.0
        self._new_epoch = new_epoch
        self._tried_at = now
        self._kept: dict[str, Any] = {}
        self._ours: set[str] = set()
        file = self._disk.file
        self._next_waiting = 1
        self._known = file is not None
        self._epochs = Epochs(file.epochs() if file else [], new_epoch())
        if file is not None:
            self._kept = file.kept()
            self._next_waiting = file.last_pending() + 1
            self._opened_before = file.opened()
            self._uncounted = not self.counts.learn(self._kept.get("counts", 0))
            if file.waiting() < self.counts.undated + self.counts.dated:
                self._uncounted = self._doubted = True
            self.counts.go_on_from(self._disk.lost)
            self._look_for_a_crash()
        self._begin(now)
        if self._disk.lost.dropped:  # only RAM knows of it
            self.commit(now)

    @property
    def epoch(self) -> str:
        """The epoch that batches are born in now."""
        return self._epochs.current.epoch

    def _look_for_a_crash(self) -> None:
        """Count a crash where the file was left open, but by this opening itself."""
        if self._kept.get("open") not in [None, *self._ours]:
            self.crashed = True
            self.counts.crashes += 1

    def _begin(self, now: float) -> None:
        """Note that this epoch is open: whoever finds it so at an opening has found a crash."""
        self._ours.add(self.epoch)
        self._changes.epochs[self._epochs.current.number] = self._epochs.current
        self.keep("open", self.epoch, now)

    @property
    def damaged(self) -> bool:
        """Whether the file was found damaged and not replaced yet."""
        return self._disk.damage is not None

    def reopen(self) -> bool:
        """Replace a damaged file; in memory, try the disk again.

        Returns:
            Whether there is another file now than the one known, or none: `adopt` it.
        """
        if self._disk.damage is not None:
            self._disk.replace(self._disk.damage)
            return True
        return self.memory and self._disk.reopen()

    def adopt(self, now: float) -> tuple[bool, dict[str, Any]]:
        """Go on in a file that nobody here knows: what RAM holds moves into it.

        It is a file that could not be read before, one that was put in the place of another (a
        mount that came late), or an empty one after damage. The readings of no open batch may be
        in anybody's hands: their ids change. The publisher must start anew: those of batches do.

        Returns:
            Whether it is the first file that could be read, and the facts that are in it.
        """
        file, changes, first = self._disk.file, self._changes, not self._known
        cause = self._disk.why_another()
        lost = self.counts.rows - len(changes.born) - len(changes.added)
        self.counts.held, self.counts.undated, self.counts.dated = len(changes.born), 0, 0
        self.counts.wait(list(changes.added.values()), 1)
        self.counts.refused = sum(
            changes.refused.get(number) is not None for number in changes.born
        )
        if lost > 0:
            self.counts.dropped[cause] += lost
        known = file.kept() if file else {}
        later = (file.opened() - self.opened(now)) if file else 0.0
        numbers = self._epochs.move(file.epochs() if file else [], self._new_epoch(), cause)
        last = file.last_pending() if file else 0
        changes.move(numbers, last + 1, later)
        self._next_waiting = max(last, self._next_waiting - 1, *changes.added, 0) + 1
        self._opened_before += later
        self._kept = {**self._kept, **known}
        if file is not None:
            counted = Counts()
            counted.learn(known.get("counts"))
            self.counts.held += counted.held
            self.counts.undated += counted.undated
            self.counts.dated += counted.dated
            self.counts.refused += counted.refused
            if first:
                self.counts.go_on_from(counted)
                self.counts.go_on_from(self._disk.lost)
            self._look_for_a_crash()
            self._known = True
        changes.epochs = dict(self._epochs.rows)
        changes.kept = dict(self._kept)
        self._settled = BELOW
        self._looks = 0
        self._uncounted = True
        self._begin(now)
        return first, known

    def recall(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON was kept under the name
        """Look up a small fact; None where there is none."""
        return self._kept.get(name)

    def keep(self, name: str, value: object, now: float) -> None:
        """Keep a small fact (JSON) with the next commit."""
        self._kept[name] = self._changes.kept[name] = value
        self._changes.touch(now)

    def hold(self, waiting: Waiting, now: float) -> Waiting:
        """Take a reading in under an id of ours: only a power cut before the commit loses it."""
        waiting = replace(waiting, id=self._next_waiting)
        self._next_waiting += 1
        self._changes.hold(waiting)
        self.counts.wait([waiting], 1)
        self._changes.touch(now)
        return waiting

    def look_again(self) -> bool:
        """Look for undated readings from the beginning; False where none waits."""
        self._settled = BELOW
        return self.counts.undated > 0

    def discard(self, rows: list[Waiting], cause: str, now: float) -> None:
        """Give up readings that no batch can carry."""
        self._changes.take_out(rows)
        self.counts.wait(rows, -1)
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
            rests=any(row.id not in self._changes.added for row in rows),
        )  # fmt: skip
        epoch.next += 1
        self._changes.epochs[epoch.number] = epoch
        self._changes.bear(held, rows)
        self._settled = max(
            [self._settled, *(row.id for row in rows if row.on_disk and not row.at)]
        )
        self.counts.held += 1
        self.counts.wait(rows, -1)
        self._changes.touch(now)
        return held

    def forget(self, number: int, now: float) -> None:
        """Let a batch go: the database has it."""
        self._changes.forget(number)
        self.counts.held -= 1
        self._changes.touch(now)

    def refuse(self, number: int, reason: str, offer_in: float, now: float) -> None:
        """Set a batch aside with its reason, to be offered again after so many seconds."""
        if not self._changes.refused.get(number):
            self.counts.refused += 1
        self._changes.refused[number] = (reason, self.opened(now) + offer_in)
        self._changes.touch(now)

    def spoil(self, number: int, now: float) -> None:
        """Tell of a batch as lost, once: it is kept, but what it bears is not what was written."""
        epoch, seq = split_id(number)
        if (row := self._epochs.rows.get(epoch)) is not None and row.may_lose(seq):
            row.drop(seq, DAMAGED)
            self._changes.epochs[epoch] = row
            self.counts.dropped[DAMAGED] += 1
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

    def commit(self, now: float) -> Committed:
        """Commit what is open; on failure nothing is lost and memory takes over."""
        self._tried_at = now
        file = self._disk.file
        if file is None or self.damaged:
            return self._in_memory()
        self.keep("opened", self.opened(now), now)
        age = math.inf if self._max_age is None else self._max_age
        bounds = Bounds(self._max_bytes, self.opened(now) - age)
        try:
            applied = file.apply(
                self._changes, self.counts, bounds, recount=self._uncounted, doubted=self._doubted
            )
        except SpoolUnwritable as error:
            self._disk.failed(error)
            return self._in_memory()
        except SpoolDamaged as error:
            self._disk.damage = error
            return self._in_memory()
        self._disk.works()
        ready = [held for held in self._changes.born.values() if held.after_commit]
        for row in self._changes.epochs.values():
            row.committed = row.next
        self._changes = Changes()
        for number, dropped in applied.dropped.items():
            self._epochs.rows[number].dropped = dropped
        self.counts = applied.counts
        lows = self._lows(self._epochs.rows)
        for number, row in self._epochs.rows.items():
            row.low = lows.get(number, row.committed)
        self._changes.retired |= self._epochs.spent(lows.get)
        self._looks += self._doubted
        self._uncounted = self._doubted = False
        freed = [replace(held, after_commit=False) for held in ready]
        return Committed(freed, applied.evicted)

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
                    self.counts.refused -= self._changes.refused.pop(gone.id, None) is not None
                    evicted.append(gone.id)
                else:
                    self.counts.undated -= 1
        return Committed([], evicted)

    def unbind(self, rewrite: Callable[[bytes], bytes | None]) -> list[Held]:
        """In memory no commit comes: let batches go that wait for one, as far as they may."""
        return self._changes.unbind(rewrite) if self.memory else []

    def state(self) -> SpoolState:
        """Write the `spool` message; true right after a commit, and at any time in memory."""
        return self._epochs.state(self._lows(self._epochs.rows).get, more=self._disk.file is None)

    def close(self, now: float) -> None:
        """Commit and close, so that the next opening finds no crash."""
        self.keep("open", None, now)
        self.commit(now)
        self._disk.close()

    def abandon(self) -> None:
        """Close as a crash would."""
        self._disk.close()
