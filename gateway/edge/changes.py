"""The open transaction of a spool, in RAM until its commit succeeds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from gateway.edge.held import Held, batch_id, split_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gateway.edge.held import EpochRow, Waiting


@dataclass(slots=True)
class Changes:
    """What a commit will write.

    Attributes:
        born: Batches not yet on the disk, in order of birth.
        forgotten: Batches on the disk that may go.
        refused: Batches to mark: reason and when to offer again; None takes it back.
        added: Readings not yet on the disk, in order of arrival.
        removed: Readings on the disk that went into a batch.
        kept: Small facts by name.
        epochs: Epochs that changed, by number.
        retired: Numbers of epochs that nobody needs any more.
        size: Bytes of RAM it takes, roughly.
        since: When the first of the changes was made (monotonic); None while there is none.
    """

    born: dict[int, Held] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)
    refused: dict[int, tuple[str, float] | None] = field(default_factory=dict)
    added: dict[int, Waiting] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    kept: dict[str, object] = field(default_factory=dict)
    epochs: dict[int, EpochRow] = field(default_factory=dict)
    retired: set[int] = field(default_factory=set)
    size: int = 0
    since: float | None = None

    def touch(self, now: float) -> None:
        """Note that there is something to commit."""
        if self.since is None:
            self.since = now

    def hold(self, waiting: Waiting) -> None:
        """Take a reading in."""
        self.added[waiting.id] = waiting
        self.size += waiting.size

    def bear(self, held: Held, rows: list[Waiting]) -> None:
        """Take a batch in, in exchange for the readings it carries."""
        self.born[held.id] = held
        self.size += held.size
        self.take_out(rows)

    def take_out(self, rows: list[Waiting]) -> None:
        """Let readings go, wherever they are."""
        for waiting in rows:
            if self.added.pop(waiting.id, None) is None:
                self.removed.add(waiting.id)
            else:
                self.size -= waiting.size

    def forget(self, number: int) -> None:
        """Let a batch go, wherever it is."""
        held = self.born.pop(number, None)
        self.refused.pop(number, None)
        if held is None:
            self.forgotten.add(number)
        else:
            self.size -= held.size

    def may_go(self, number: int) -> bool:
        """Say whether nothing here keeps a batch from being sent, wherever it is."""
        if number in self.forgotten or self.refused.get(number):
            return False
        held = self.born.get(number)
        return held is None or not held.after_commit

    def ready(self, after: int) -> Iterator[int]:
        """Go through the batches born here above an id that may be sent."""
        return (number for number in self.born if number > after and self.may_go(number))

    def unbind(self, rewrite: Callable[[bytes], bytes | None]) -> list[Held]:
        """Let batches go that were bound to a commit that will not come, as far as they may.

        Args:
            rewrite: Makes the bytes that may travel without a commit; None where none may.
        """
        freed: list[Held] = []
        for held in [held for held in self.born.values() if held.after_commit]:
            payload = rewrite(held.payload)
            if payload is not None:
                free = replace(held, payload=payload, after_commit=False)
                self.born[held.id] = free
                freed.append(free)
        return freed

    def give_up(self, size: int) -> Iterator[Held | Waiting]:
        """Drop the oldest batches, then the oldest undated readings, down to `size`.

        What is bound to a commit stays, and so does what the disk has the readings of: after a
        crash they would come again. Dated readings stay too: their batch is open, and will be sent.
        """
        going: list[Held | Waiting] = [held for held in self.born.values() if not held.stays]
        going += [waiting for waiting in self.added.values() if waiting.at is None]
        for gone in going:
            if self.size <= size:
                return
            if isinstance(gone, Held):
                del self.born[gone.id]
            else:
                del self.added[gone.id]
            self.size -= gone.size
            yield gone

    def move(self, numbers: Mapping[int, int], first_waiting: int, later: float) -> None:
        """Move to another file: what spoke of the old one goes, what only RAM has is renumbered.

        A batch forgotten here may lie there too, under the same epoch and seq.

        Args:
            numbers: The number of each epoch there, by its number here.
            first_waiting: The lowest id that is free for a waiting reading there.
            later: Seconds by which that file has been open for longer.
        """

        def there(number: int) -> int:
            epoch, seq = split_id(number)
            return batch_id(numbers[epoch], seq)

        born = (
            replace(held, id=there(held.id), born=held.born + later) for held in self.born.values()
        )
        self.born = {held.id: held for held in sorted(born, key=lambda held: held.id)}
        known = {number for number in self.forgotten if split_id(number)[0] in numbers}
        self.forgotten = {there(number) for number in known}
        self.refused = {
            there(number): mark and (mark[0], mark[1] + later)
            for number, mark in self.refused.items()
            if split_id(number)[0] in numbers
        }
        further = max(0, first_waiting - min(self.added, default=first_waiting))
        self.added = {
            number + further: replace(waiting, id=number + further)
            for number, waiting in self.added.items()
        }
        self.removed.clear()
        self.retired.clear()


class Committed(NamedTuple):
    """What a commit changed for the publisher.

    Attributes:
        ready: Batches that may be published from now on.
        evicted: Ids of batches that were given up.
    """

    ready: list[Held]
    evicted: list[int]
