"""The batcher: gives each reading its time, once, and each batch its company."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from gateway.edge.channels import Channel
from gateway.edge.columns import TOTAL, columns, without_total
from gateway.edge.held import Held, Waiting
from schemas.batch import encode
from schemas.reading import Flag, Reading, Value

if TYPE_CHECKING:
    from gateway.clock import Stamp
    from gateway.edge.spool import Spool
    from schemas.reading import ClockState

MOST_ROWS: Final = 500
"""Readings of one batch."""

DATED_AT_ONCE: Final = 500
"""Waiting readings that get their date in one round, so that the loop stays quick."""

_LAST: Final = "last"
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
        blind = spool.crashed and not steady
        self._after_crash_ms = math.ceil((spool.commit_seconds + 1) * 1000) if blind else 0
        self._open: dict[Key, _Open] = {}
        self._undated = True
        self._turn = dates.turn
        for waiting in spool.dated():
            self._join(waiting, now)

    # -- readings ---------------------------------------------------------------------------

    def append(self, reading: Reading, stamp: Stamp, model: str, now: float) -> list[Held]:
        """Take a reading in, under the time of its stamp or to wait for one.

        Returns:
            Batches that are ready to be published.
        """
        channel = self._channel(reading.device, reading.channel)
        channel.measured += 1
        if (total := reading.values.get(TOTAL)) is not None and total.value is not None:
            channel.total = total.value
        at = self._dates.date(stamp)
        self._notice_turn()
        placed = None if at is None else channel.place(at)
        undatable = at is not None and placed is None
        waiting = self._spool.hold(
            Waiting(0, _finite(reading), model, self._boot_id, stamp.boot, placed, undatable), now
        )
        self._changed.add((reading.device, reading.channel))
        if placed is None:
            self._undated = True
            return []
        self._spool.keep(_LAST, placed, now)
        return self._join(waiting, now)

    def total(self, device: str, channel: str | None) -> float:
        """Tell the running count of a traffic channel, to be counted on from."""
        return self._channel(device, channel).total or 0.0

    # -- batches ----------------------------------------------------------------------------

    def close_due(self, now: float) -> list[Held]:
        """Close the batches that waited long enough."""
        keys = [k for k, batch in self._open.items() if now >= batch.since + self._batch_seconds]
        return [held for key in keys for held in self._close(key, now)]

    def close_all(self, now: float) -> list[Held]:
        """Close all batches, before a stop."""
        return [held for key in list(self._open) for held in self._close(key, now)]

    @property
    def unsettled(self) -> bool:
        """Whether readings may wait for a date."""
        return self._undated

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
            rows = [_without_total(waiting) for waiting in rows]
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


def _without_total(waiting: Waiting) -> Waiting:
    """Leave the running count out: memory can't promise that it is given once."""
    values = {name: value for name, value in waiting.reading.values.items() if name != TOTAL}
    return replace(waiting, reading=replace(waiting.reading, values=values))


def _finite(reading: Reading) -> Reading:
    """Turn what is no number into a missing value, as a last guard."""
    if all(value.value is None or math.isfinite(value.value) for value in reading.values.values()):
        return reading
    values = {
        name: value
        if value.value is None or math.isfinite(value.value)
        else Value(None, Flag.MISSING)
        for name, value in reading.values.items()
    }
    return replace(reading, values=values)
