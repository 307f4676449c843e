"""Replay: dead letters judged again and, where they are sound now, stored the usual way.

After an upgrade of the collector, or a repair of the database, what was refused may be good. It is
written as a collector writes what arrives: rows, then delivery and `touched`, and only then is the
letter thrown away. So it may be interrupted at any moment, and done again: the points are the same.
The gateway keeps its own copy until a collector sends it a receipt, which its daily offer brings.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from gateway.backoff import Backoff
from gateway.collector.audit import Flawed, Heard, Sound, judge
from gateway.collector.deadletters import DeadLetters, name_of
from gateway.collector.letters import read_letter
from gateway.collector.news import Newsroom
from gateway.collector.parcel import Parcel, pack
from gateway.collector.writer import ROWS, Item, Writer
from gateway.errors import SimpangError, StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gateway.collector.audit import Verdict
    from gateway.collector.deadletters import Letter
    from gateway.collector.letters import Heading
    from gateway.collector.store import Store
    from gateway.config.collector import CollectorConfig

MOST_BYTES: Final = 8 << 20
"""Payload bytes of one write, at most: a replay runs beside a collector."""

MOST_LETTERS: Final = 500
"""Letters of one write."""

TRIES: Final = 8
"""Attempts at a write, over about half a minute, until the store is given up for now."""

_T = TypeVar("_T")

Outcome = Literal["stored", "stays", "gone"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter.

    Attributes:
        heading: The letter.
        outcome: `stored`, and the letter is gone; `stays`; or somebody took it away meanwhile.
        reason: Why it stays, as counters and receipts say it.
        detail: The same for a person.
    """

    heading: Heading
    outcome: Outcome
    reason: str = ""
    detail: str = ""


class Replay:
    """Judges the letters of one folder again, for one collector."""

    def __init__(
        self,
        config: CollectorConfig,
        store: Store[Any],
        now: float | None,
        wall: Callable[[], float],
        pause: Callable[[float], bool],
    ) -> None:
        """Work for a collector, whether it runs or not.

        Args:
            config: The collector's.
            store: Where what is sound goes.
            now: Seconds since 1970 by a trusted clock; None judges no time.
            wall: Reads the wall clock.
            pause: Waits so many seconds; True when it was told to stop.
        """
        self._config = config
        self._folder = config.collector.dead_letters
        self._root = config.broker.root
        self._store = store
        self._now = now
        self._wall = wall
        self._pause = pause
        self._newsroom = Newsroom()

    def judge(self, headings: Iterable[Heading]) -> Iterator[Fate]:
        """Tell what a replay would do, and do nothing."""
        for heading in headings:
            letter = read_letter(self._folder, heading)
            verdict = None if letter is None else judge_again(self._root, letter, self._now)
            yield foresee(heading, letter, verdict)

    def run(self, headings: Iterable[Heading]) -> Iterator[Fate]:
        """Store what can be stored, and tell each letter's fate once it is certain.

        Raises:
            StoreBusy: The store can't take it now; what was told is done.
            StoreDenied: The store does not let us in; the same.
            SimpangError: Another replay works on this folder.
        """
        with _alone(self._folder):
            letters = DeadLetters(
                self._folder, self._config.collector.dead_letters_bytes, tidy=False
            )
            # Not under the collector's own id: the moments of a `touched` must rise strictly for
            # each id, since the aggregator passes over what lies behind its cursor, and two
            # processes that gave moments under one id would not wait for each other.
            name = f"{self._config.collector.id}-replay"
            writer = Writer(self._store, letters, name, self._wall)
            for group in self._groups(headings):
                yield from self._write(group, writer, letters)
                if self._pause(0.0):
                    return

    def _groups(self, headings: Iterable[Heading]) -> Iterator[_Group]:
        group = _Group()
        for heading in headings:
            letter = read_letter(self._folder, heading)
            verdict = None if letter is None else judge_again(self._root, letter, self._now)
            fate = foresee(heading, letter, verdict)
            if letter is None or fate.outcome != "stored":
                group.settled.append(fate)
            elif isinstance(verdict, Sound):
                rows = self._store.rows(verdict.gateway, verdict.batch)
                group.add(heading, letter, pack(verdict, self._store.row), rows)
            elif isinstance(verdict, Heard):
                points = self._newsroom.points(verdict, letter.received)
                group.add(heading, letter, verdict, list(map(self._store.row, points)))
            if group.is_full(self._config.store.write_rows):
                yield group
                group = _Group()
        yield group

    def _write(self, group: _Group, writer: Writer, letters: DeadLetters) -> Iterator[Fate]:
        """Write a group, then throw away the letters of what is stored."""
        yield from group.settled
        decisions = iter(self._patiently(lambda: writer.write(group.batches)))
        for heading, item in group.items:
            if isinstance(item.worth, Parcel):
                reason = next(decisions).reason
                detail = self._why(heading, item, letters) if reason == ROWS else ""
            else:
                refusals = self._patiently(partial(self._store.write, item.rows))
                reason = ROWS if refusals else None
                detail = refusals[0].reason if refusals else ""
            if reason is not None:
                yield Fate(heading, "stays", reason, detail)
                continue
            letters.throw_away(heading.file)
            yield Fate(heading, "stored")

    def _patiently(self, write: Callable[[], list[_T]]) -> list[_T]:
        """Write, again and again while the store is busy."""
        retry = Backoff(0.2, 15.0)
        for _ in range(TRIES - 1):
            try:
                return write()
            except StoreBusy as error:
                if self._pause(max(retry.next(), error.after or 0.0)):
                    raise
        return write()

    def _why(self, heading: Heading, item: Item, letters: DeadLetters) -> str:
        """Read why rows were refused: the writer has buried the batch again, under its own name."""
        if not isinstance(item.worth, Parcel):
            return ""
        name = name_of(item.worth.gateway, item.worth.epoch, item.worth.seq, item.payload)
        if name != heading.file:
            letters.throw_away(heading.file)
        again = read_letter(self._folder, replace(heading, file=name))
        return "" if again is None else again.detail


def judge_again(root: str, letter: Letter, now: float | None) -> Verdict | None:
    """Judge a letter by what is known now.

    One that came with a time ahead of us is judged by the moment when it came: that time has
    passed since does not make its clock right.

    Args:
        root: What our topics begin with.
        letter: The letter.
        now: Seconds since 1970 by a trusted clock; None judges no time.
    """
    then = letter.received / 1000 if letter.reason == "time" else now
    return judge(root, letter.topic, letter.payload, then)


def foresee(heading: Heading, letter: Letter | None, verdict: Verdict | None) -> Fate:
    """Tell a letter's fate, as long as the store takes it."""
    if letter is None:
        return Fate(heading, "gone")
    if heading.is_cut:
        return Fate(heading, "stays", "size", "of so large a payload only the head was kept")
    match verdict:
        case None:
            return Fate(heading, "stays", "topic", "nothing of this topic is stored")
        case Flawed(reason, detail):
            return Fate(heading, "stays", reason, detail)
    return Fate(heading, "stored")


class _Group:
    """Letters of one write, and the fates that need none."""

    def __init__(self) -> None:
        self.settled: list[Fate] = []
        self.items: list[tuple[Heading, Item]] = []
        self._rows = self._bytes = 0

    def add(self, heading: Heading, letter: Letter, worth: Parcel | Heard, rows: list[Any]) -> None:
        item = Item(letter.topic, letter.payload, None, letter.received, worth, rows)
        self.items.append((heading, item))
        self._rows += len(rows)
        self._bytes += len(letter.payload)

    @property
    def batches(self) -> list[Item]:
        """What goes the way of readings; the rest is news."""
        return [item for _, item in self.items if isinstance(item.worth, Parcel)]

    def is_full(self, most_rows: int) -> bool:
        """Say whether a write should be closed."""
        return (
            self._rows >= most_rows
            or self._bytes >= MOST_BYTES
            or len(self.items) + len(self.settled) >= MOST_LETTERS
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no second replay work on a folder: the moments of two would not rise."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise SimpangError(
            f"another replay works on the dead letters in {folder}", "wait until it has ended"
        ) from None
    finally:
        os.close(descriptor)
