"""What is remembered of one channel for ever: times already given, so that none is given twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_STRETCHES: Final = 64
"""Stretches kept a channel; beyond, the two oldest become one, which errs on the safe side."""

_TIE_MS: Final = 10
"""How far behind the last reading one may lie to count as measured just after it."""


@dataclass(slots=True)
class Channel:
    """One device, of traffic one lane or direction.

    Attributes:
        measured: Readings handed to the spool since it was made.
        total: The running count of a traffic channel.
        counted: What its counter had when it was last read, since the process began.
        address: The last ms given to a reading without a date.
        undated: The ms that the last batch without dates is known by.
        closed: Stretches [first, last] of ms already given, between steps and openings.
        current: The stretch that readings extend now.
        late: The stretch that readings extend which waited for their date.
    """

    measured: int = 0
    total: float = 0.0
    counted: float = 0.0
    address: int = 0
    undated: int = 0
    closed: list[list[int]] = field(default_factory=list)
    current: list[int] | None = None
    late: list[int] | None = None

    @classmethod
    def read(cls, known: dict[str, Any] | None, after_crash_ms: int) -> Channel:
        """Read what an earlier opening remembered.

        Args:
            known: What `write` wrote; None for a channel never heard of.
            after_crash_ms: How much later than remembered times may have been given: what a crash
                swallowed. 0 where the last opening was closed, or the clock has not moved since.
        """
        if known is None:
            return cls()
        channel = cls()
        channel.learn(known, after_crash_ms)
        return channel

    def learn(self, known: Any, after_crash_ms: int, *, counts: bool = True) -> None:  # noqa: ANN401 - JSON
        """Add what an earlier opening remembered to what is known by now; see `read`.

        Args:
            known: What `write` wrote; what no version of ours wrote is passed over.
            after_crash_ms: As in `read`.
            counts: Whether what it counted is to be added too.
        """
        match known:
            case {"measured": int(measured), "total": float() | int() as total,
                  "address": int(address), "stretches": [*stretches]}:  # fmt: skip
                self.measured += measured if counts else 0
                self.total += total if counts else 0
                self.address = max(self.address, address)
                closed = [[first, last + after_crash_ms] for first, last in stretches]
                self.closed = _bounded([*self.closed, *closed])

    def count(self, counted: float) -> float:
        """Count on to what a counter has that began with the process; return the running count."""
        self.total += counted - self.counted if counted >= self.counted else counted
        self.counted = counted
        return self.total

    def write(self) -> dict[str, Any]:
        """Write it as JSON for the file."""
        return {
            "measured": self.measured,
            "total": self.total,
            "address": self.address,
            "stretches": _bounded([*self.closed, *self._live]),
        }

    @property
    def names(self) -> set[int]:
        """Moments that a batch may be known by: another line of the same device leaves them out."""
        return {self.undated, *(last for _, last in [*self.closed, *self._live])}

    def place(self, at: int, besides: Collection[int] = ()) -> int | None:
        """Give a reading its time, once.

        Args:
            at: When it was measured, ms since 1970.
            besides: Moments that are taken by another line of times of the same device.

        Returns:
            That time, some ms later where readings would share a millisecond; None where an older
            reading may bear it already.
        """
        if self.current is not None and 0 <= self.current[1] - at <= _TIE_MS:
            at = self.current[1] + 1
        while at == self.undated or at in besides:
            at += 1
        if self.current is not None and at <= self.current[1]:
            self.close()
        if self._given(at):
            return None
        if self.current is None:
            self.current = [at, at]
        self.current[1] = at
        return at

    def place_late(self, at: int, besides: Collection[int] = ()) -> int | None:
        """Give a reading that waited its time; see `place`."""
        if self.late is not None and 0 <= self.late[1] - at <= _TIE_MS:
            at = self.late[1] + 1
        while at == self.undated or at in besides:
            at += 1
        if self._given(at) or any(first <= at <= last for first, last in self._live):
            return None
        if self.late is None or at < self.late[0]:
            self._close_late()
            self.late = [at, at]
        self.late[1] = at
        return at

    def place_undated(self, now: int, rows: int, besides: Collection[int] = ()) -> int:
        """Find an address for rows without a date: from `now` on, on nobody's time.

        Args:
            now: The moment of encoding, ms since 1970.
            rows: How many milliseconds are needed.
            besides: As for `place`.
        """
        first = max(now, self.address + 1)
        taken = [*self.closed, *self._live, *([at, at] for at in besides)]
        for low, high in sorted(taken):
            if first <= high and low < first + rows:
                first = high + 1
        self.undated, self.address = first, first + rows - 1
        return first

    def close(self) -> None:
        """End the stretches: the clock was set, or trust was lost."""
        self._close_late()
        if self.current is not None:
            self.closed = _bounded([*self.closed, self.current])
        self.current = None

    def _close_late(self) -> None:
        if self.late is not None:
            self.closed = _bounded([*self.closed, self.late])
        self.late = None

    @property
    def _live(self) -> list[list[int]]:
        return [stretch for stretch in (self.late, self.current) if stretch is not None]

    def _given(self, at: int) -> bool:
        return any(first <= at <= last for first, last in self.closed)


def _bounded(stretches: list[list[int]]) -> list[list[int]]:
    """Join what overlaps, and the oldest where there are too many."""
    joined: list[list[int]] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    while len(joined) > MOST_STRETCHES:
        joined[:2] = [[joined[0][0], joined[1][1]]]
    return joined
