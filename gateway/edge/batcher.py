"""The batcher: gives each reading its time, once, and each batch its company."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from gateway.edge.channels import Channel
from gateway.edge.columns import TOTAL, columns, without_total
from gateway.edge.held import Held, Waiting
from schemas.base import is_id
from schemas.batch import LARGEST_VALUE, encode
from schemas.quantity import find
from schemas.reading import Flag, Reading, Value

if TYPE_CHECKING:
    from gateway.clock import Stamp
    from gateway.edge.spool import Spool
    from schemas.reading import ClockState

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
        self._channels: dict[tuple[str, str | None], Channel] = {}
        self._changed: set[tuple[str, str | None]] = set()
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
        reading = _sound(reading)
        if not reading.values:
            return []
        channel = self._channel(reading.device, reading.channel)
        channel.measured += 1
        reading = self._counted_on(reading, channel)
        at = self._dates.date(stamp)
        self._notice_turn()
        placed = None if at is None else channel.place(at)
        undatable = at is not None and placed is None
        waiting = self._spool.hold(
            Waiting(0, reading, model, self._boot_id, stamp.boot, placed, undatable), now
        )
        self._changed.add((reading.device, reading.channel))
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
        rows = self._spool.undated(DATED_AT_ONCE)
        groups: dict[tuple[Key, ClockState], list[tuple[Waiting, int]]] = {}
        for waiting in rows:
            clock, at = self._late(waiting)
            groups.setdefault((_key(waiting), clock), []).append((waiting, at))
        self._undated = bool(rows)
        made = [self._settle(*group, members, moment, now) for group, members in groups.items()]
        return [held for held in made if not held.after_commit]

    def learn(self, now: float) -> None:
        """The file could be read only now: take up what an earlier opening left in it."""
        for (device, channel), state in self._channels.items():
            known = self._spool.recall(_name(device, channel))
            if known is not None:
                state.learn(known, self._after_crash_ms)
        self._changed.update(self._channels)
        self._take_up(now)

    def look_again(self) -> None:
        """The disk is back: readings that it holds may wait for a date."""
        self._undated = True

    def unbind(self) -> list[Held]:
        """In memory: let traffic go without its running count, since no commit comes."""
        return self._spool.unbind(without_total)

    def save(self, now: float) -> None:
        """Hand what is remembered of each channel to the spool, before a commit."""
        for device, channel in self._changed:
            fact = self._channels[device, channel].write()
            self._spool.keep(_name(device, channel), fact, now)
        self._changed.clear()

    # -- within -----------------------------------------------------------------------------

    def _take_up(self, now: float) -> None:
        for waiting in self._spool.dated():
            self._join(waiting, now)

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
            return _without_total(reading)
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
        if self._spool.memory:
            rows = [replace(row, reading=_without_total(row.reading)) for row in rows]
        times = [waiting.at for waiting in rows if waiting.at is not None]
        held = self._add(rows, times, "synced", now, after_commit=bound)
        return [] if bound else [held]

    def _late(self, waiting: Waiting) -> tuple[ClockState, int]:
        """Find the date of a reading that waited: none where it is of another boot."""
        if waiting.undatable or waiting.boot != self._boot_id:
            return "never", 0
        at = self._dates.late(waiting.since)
        reading = waiting.reading
        placed = None
        if at is not None:
            placed = self._channel(reading.device, reading.channel).place_late(at)
        return ("never", 0) if placed is None else ("late", placed)

    def _settle(
        self, key: Key, clock: ClockState, members: list[tuple[Waiting, int]], moment: int,
        now: float,
    ) -> Held:  # fmt: skip
        channel = self._channel(key.device, key.channel)
        self._changed.add((key.device, key.channel))
        rows, times = [waiting for waiting, _ in members], [at for _, at in members]
        if clock == "never":
            first = channel.place_undated(moment, len(rows))
            times = list(range(first, first + len(rows)))
        return self._add(rows, times, clock, now, after_commit=not self._spool.memory)

    def _add(
        self, rows: list[Waiting], times: list[int], clock: ClockState, now: float, *,
        after_commit: bool,
    ) -> Held:  # fmt: skip
        batch = columns(
            rows, times, clock, epoch=self._spool.epoch, seq=self._spool.next_seq, site=self._site
        )
        return self._spool.add(encode(batch), rows, times[0], now, after_commit=after_commit)

    def _channel(self, device: str, channel: str | None) -> Channel:
        key = (device, channel)
        if key not in self._channels:
            known = self._spool.recall(_name(device, channel))
            self._channels[key] = Channel.read(known, self._after_crash_ms)
        return self._channels[key]


def _name(device: str, channel: str | None) -> str:
    return f"channel:{device}" if channel is None else f"channel:{device}/{channel}"


def _key(waiting: Waiting) -> Key:
    reading = waiting.reading
    return Key(
        reading.device, reading.channel, reading.quantities, waiting.model, waiting.boot,
        reading.every,
    )  # fmt: skip


def _without_total(reading: Reading) -> Reading:
    """Leave the running count out: memory can't promise that it is given once."""
    values = {name: value for name, value in reading.values.items() if name != TOTAL}
    return replace(reading, values=values)


def _sound(reading: Reading) -> Reading:
    """Leave out what no batch can carry, as a last guard: one bad driver must not stop all."""
    values: dict[str, Value] = {}
    if reading.channel is not None and not is_id(reading.channel):
        log.error("%s has a channel that is no id: %r", reading.device, reading.channel)
        return replace(reading, values={})
    for name, value in reading.values.items():
        if find(name) is None:
            log.error("%s measures %s, which is no quantity", reading.device, name)
        elif value.value is None or abs(value.value) < LARGEST_VALUE:
            values[name] = value
        else:
            values[name] = Value(None, Flag.MISSING)
    return replace(reading, values=values)
