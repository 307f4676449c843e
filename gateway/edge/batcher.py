"""The batcher: gives each reading its time, once, and each batch its company."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from pydantic import ValidationError

from gateway.edge.channels import Channel
from gateway.edge.columns import TOTAL, columns, less_total, sound, without_total
from gateway.edge.held import Held, Waiting
from gateway.logs import write_count
from schemas.batch import encode
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from gateway.clock import Stamp
    from gateway.edge.spool import Spool
    from schemas.reading import ClockState, Reading

log = logging.getLogger(__name__)

MOST_ROWS: Final = 500
"""Readings of one batch."""

DATED_AT_ONCE: Final = 500
"""Waiting readings that get their date in one round, so that the loop stays quick."""

LAST: Final = "last"
"""Fact: the time of the last dated reading, ms since 1970."""


class Dates(Protocol):
    """Whoever knows whether the clock can be believed; see `gateway.trust.Trust`."""

    @property
    def turn(self) -> int:
        """A number that changes whenever the clock was set, or trust was lost or won."""

    def date(self, stamp: Stamp) -> int | None:
        """Give the time of a stamp in ms since 1970; None while it can't be believed."""

    def late(self, boot_seconds: float) -> int | None:
        """Give the time of a moment of this boot that waited; None while none can be given."""


class Slot(NamedTuple):
    """Whose times must not meet: a device or one of its channels, its vitals apart.

    The node tells of a device's vitals *now*, while the quality stage may still hold a reading of
    the device: in one line of times the reading would come too late.
    """

    device: str
    channel: str | None
    vitals: bool


class Key(NamedTuple):
    """What the readings of one batch have in common."""

    device: str
    channel: str | None
    quantities: tuple[str, ...]
    model: str
    boot: str
    every: float | None


@dataclass(slots=True)
class _Open:
    """A batch that waits for company."""

    rows: list[Waiting]
    since: float


class Batcher:
    """Readings in, batches out; everything is in the spool before this object knows it."""

    def __init__(
        self, spool: Spool, dates: Dates, *, site: str, boot_id: str, batch_seconds: float,
        now: float, steady: bool = False,
    ) -> None:  # fmt: skip
        """Take up what an earlier opening left.

        Args:
            spool: Where everything is held.
            dates: Gives times.
            site: Where the gateway stands.
            boot_id: This boot.
            batch_seconds: The longest that a reading waits for company; 0: each alone.
            now: Monotonic seconds.
            steady: Whether the clock is known not to have moved since the last opening.
        """
        self._spool = spool
        self._dates = dates
        self._site = site
        self._boot_id = boot_id
        self._batch_seconds = batch_seconds
        self._channels: dict[Slot, Channel] = {}
        self._changed: set[Slot] = set()
        self._steady = steady
        self._open: dict[Key, _Open] = {}
        self._undated = True
        self._turn = dates.turn
        self._take_up(now)

    # -- readings ---------------------------------------------------------------------------

    def append(self, reading: Reading, stamp: Stamp, model: str, now: float) -> list[Held]:
        """Take a reading in, under the time of its stamp or to wait for one.

        Returns:
            Batches that are ready to be published.
        """
        reading = sound(reading)
        if not reading.values:
            return []
        slot = _slot(reading)
        channel = self._channel(slot)
        channel.measured += 1
        reading = self._counted_on(reading, channel)
        at = self._dates.date(stamp)
        self._notice_turn()
        placed = None if at is None else channel.place(at, self._twin(slot).names)
        undatable = at is not None and placed is None
        waiting = self._spool.hold(
            Waiting(0, reading, model, self._boot_id, stamp.boot, placed, undatable), now
        )
        self._changed.add(slot)
        if placed is None:
            self._undated = True
            return []
        self._spool.keep(LAST, placed, now)
        return self._join(waiting, now)

    # -- batches ----------------------------------------------------------------------------

    def close_due(self, now: float) -> list[Held]:
        """Close the batches that waited long enough."""
        keys = [k for k, batch in self._open.items() if now >= batch.since + self._batch_seconds]
        return [held for key in keys for held in self._close(key, now)]

    def close_all(self, now: float) -> list[Held]:
        """Close all batches, before a stop."""
        return [held for key in list(self._open) for held in self._close(key, now)]

    def settle(self, stamp: Stamp, now: float) -> list[Held]:
        """Give a round of waiting readings their dates, where the clock can be believed.

        Returns:
            Batches that are ready to be published: none but in memory, since a date that was
            given must not be given again after a crash.
        """
        moment = self._dates.date(stamp) if self._undated else None
        self._notice_turn()
        if moment is None:
            return []
        rows = [_checked(waiting) for waiting in self._spool.undated(DATED_AT_ONCE)]
        groups: dict[tuple[Key, ClockState], list[tuple[Waiting, int]]] = {}
        for waiting in rows:
            clock, at = self._late(waiting)
            groups.setdefault((_key(waiting), clock), []).append((waiting, at))
        self._undated = bool(rows)
        made = [self._settle(clock, group, moment, now) for (_, clock), group in groups.items()]
        return [held for held in made if held is not None and not held.after_commit]

    def learn(self, facts: dict[str, Any], now: float, *, afresh: bool) -> None:
        """Another file is there: take up what an earlier opening left in it.

        Args:
            facts: The facts in it, by name.
            now: Monotonic seconds.
            afresh: Whether nothing was known before: then what was counted counts on.
        """
        for slot, state in self._channels.items():
            state.close()
            known = facts.get(_name(slot))
            if known is not None:
                state.learn(known, self._after_crash_ms, counts=afresh)
        self._changed.update(self._channels)
        self._take_up(now)

    def look_again(self, now: float) -> None:
        """Readings may wait for a date, or for company, that the disk did not give before."""
        self._undated = self._spool.look_again()
        if self._spool.missed:
            self._take_up(now)

    def unbind(self) -> list[Held]:
        """In memory: let traffic go without its running count, since no commit comes."""
        return self._spool.unbind(without_total)

    def save(self, now: float) -> None:
        """Hand what is remembered of each channel to the spool, before a commit."""
        for slot in self._changed:
            self._spool.keep(_name(slot), self._channels[slot].write(), now)
        self._changed.clear()

    # -- within -----------------------------------------------------------------------------

    def _take_up(self, now: float) -> None:
        known = {row.id for batch in self._open.values() for row in batch.rows}
        for waiting in self._spool.dated():
            if waiting.id not in known:
                self._join(_checked(waiting), now)

    @property
    def _after_crash_ms(self) -> int:
        """How much later than remembered a time may have been given: what a crash swallowed."""
        blind = self._spool.crashed and not self._steady
        return math.ceil((self._spool.commit_seconds + 1) * 1000) if blind else 0

    def _counted_on(self, reading: Reading, channel: Channel) -> Reading:
        """Turn a count since the start into the running count, which only a disk can promise."""
        counted = reading.values.get(TOTAL)
        if counted is None or counted.value is None:
            return reading
        total = channel.count(counted.value)
        if self._spool.memory:
            return less_total(reading)
        return replace(reading, values={**reading.values, TOTAL: replace(counted, value=total)})

    def _notice_turn(self) -> None:
        """End all stretches where the clock was set, or trust was lost or won."""
        if self._dates.turn != self._turn:
            self._turn = self._dates.turn
            for key, channel in self._channels.items():
                channel.close()
                self._changed.add(key)

    def _join(self, waiting: Waiting, now: float) -> list[Held]:
        key, closed = _key(waiting), list[Held]()
        batch = self._open.get(key)
        if batch is not None and (batch.rows[-1].at or 0) >= (waiting.at or 0):
            closed = self._close(key, now)
            batch = None
        if batch is None:
            batch = self._open[key] = _Open([], now)
        batch.rows.append(waiting)
        if len(batch.rows) >= MOST_ROWS or self._batch_seconds == 0:
            closed += self._close(key, now)
        return closed

    def _close(self, key: Key, now: float) -> list[Held]:
        rows = self._open.pop(key).rows
        bound = key.channel is not None and not self._spool.memory
        times = [waiting.at for waiting in rows if waiting.at is not None]
        held = self._add(rows, times, "synced", now, after_commit=bound)
        return [] if bound or held is None else [held]

    def _late(self, waiting: Waiting) -> tuple[ClockState, int]:
        """Find the date of a reading that waited: none where it is of another boot."""
        if waiting.undatable or waiting.boot != self._boot_id:
            return "never", 0
        at = self._dates.late(waiting.since)
        placed = None
        if at is not None:
            slot = _slot(waiting.reading)
            placed = self._channel(slot).place_late(at, self._twin(slot).names)
        return ("never", 0) if placed is None else ("late", placed)

    def _settle(
        self, clock: ClockState, members: list[tuple[Waiting, int]], moment: int, now: float
    ) -> Held | None:
        slot = _slot(members[0][0].reading)
        self._changed.add(slot)
        rows, times = [waiting for waiting, _ in members], [at for _, at in members]
        if clock == "never":
            twin = self._twin(slot)
            free = max(moment, twin.address + 1)
            first = self._channel(slot).place_undated(free, len(rows), twin.names)
            times = list(range(first, first + len(rows)))
        return self._add(rows, times, clock, now, after_commit=not self._spool.memory)

    def _add(
        self, rows: list[Waiting], times: list[int], clock: ClockState, now: float, *,
        after_commit: bool,
    ) -> Held | None:  # fmt: skip
        epoch, seq = self._spool.epoch, self._spool.next_seq
        if self._spool.memory:
            rows = [replace(row, reading=less_total(row.reading)) for row in rows]
        try:
            batch = columns(rows, times, clock, epoch=epoch, seq=seq, site=self._site)
        except (ValidationError, ValueError) as error:
            device, flaw = rows[0].reading.device, str(error)
            fit = write_count(len(rows), "reading fits", "readings fit")
            log.warning("%s: %s no batch: %s", device, fit, flaw)
            self._spool.discard(rows, "unsound", now)
            return None
        return self._spool.add(encode(batch), rows, times[0], now, after_commit=after_commit)

    def _channel(self, slot: Slot) -> Channel:
        if slot not in self._channels:
            known = self._spool.recall(_name(slot))
            self._channels[slot] = Channel.read(known, self._after_crash_ms)
        return self._channels[slot]

    def _twin(self, slot: Slot) -> Channel:
        """Find the other line of times of the same device: two batches need two names."""
        return self._channels.get(slot._replace(vitals=not slot.vitals), Channel())


def _slot(reading: Reading) -> Slot:
    first = QUANTITIES.get(reading.quantities[0]) if reading.values else None
    vitals = first is not None and first.measurement == "node"
    return Slot(reading.device, reading.channel, vitals)


def _name(slot: Slot) -> str:
    head = f"{'vitals' if slot.vitals else 'channel'}:{slot.device}"
    return head if slot.channel is None else f"{head}/{slot.channel}"


def _key(waiting: Waiting) -> Key:
    reading = waiting.reading
    return Key(
        reading.device, reading.channel, reading.quantities, waiting.model, waiting.boot,
        reading.every,
    )  # fmt: skip


def _checked(waiting: Waiting) -> Waiting:
    """Check what another version may have left in the file."""
    return replace(waiting, reading=sound(waiting.reading))
