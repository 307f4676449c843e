"""What the gateway could have read: the fate of each number, from the engine's own record.

Whatever is not excused here must be in the store. So the excuses are few and narrow, and none of
them is the gateway's own word.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.simulator.player import Sent
    from tests.faults.record import Record, Window

OPENING_SECONDS: Final = 1.5
"""After it opened a port, a gateway flushes it and starts the sensor: what came by then is gone."""

STALL_SECONDS: Final = 0.8
"""A gateway that was away for about a second flushes what it finds; for less than this, never."""

REOPEN_SECONDS: Final = 10.0
"""The longest that a gateway may take to open a port that it could open."""

_BEFORE: Final = 0.2
"""Bytes that had arrived, but were not yet read."""

_NOTICED: Final = 0.05
"""How long after it was opened a port may be noted as open."""

_AFTER: Final = 0.5
"""A frame that was half flushed."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number that was sent, and whether it must be in the store.

    Attributes:
        device: The sensor.
        number: The number.
        began: When its first byte was sent, seconds of CLOCK_BOOTTIME.
        ended: When its last byte had arrived.
        excuse: Why it may be missing; empty where it must be there.
        read: Whether it can have been read at all.
    """

    device: str
    number: int
    began: float
    ended: float
    excuse: str = ""
    read: bool = True


def judge(
    device: str, sent: Iterable[Sent], presence: Sequence[tuple[float, bool]], record: Record
) -> list[Number]:
    """Judge every number that one sensor sent in one frame."""
    openings = [at for at, opened in presence if opened]
    away = [
        (window.begin - _BEFORE, window.end + _AFTER, window.cause)
        for window in record.of(device, "frozen", "machine", "unplugged")
        if window.cause == "unplugged" or window.end - window.begin > STALL_SECONDS
    ]
    return [
        Number(
            device,
            one.number,
            one.began,
            one.ended,
            _excuse(one, openings, away),
            one.whole and one.heard,
        )
        for one in sent
    ]


def _excuse(sent: Sent, openings: Sequence[float], away: Sequence[tuple[float, float, str]]) -> str:
    if not sent.whole:
        return "spoilt"
    if not sent.heard:
        return "closed"
    if any(-_NOTICED <= sent.began - at < OPENING_SECONDS for at in openings):
        return "opening"
    return next(
        (cause for begin, end, cause in away if sent.ended >= begin and sent.began <= end), ""
    )


def passages(lines: Iterable[Number]) -> list[Number]:
    """Join the lines about each vehicle: it must be counted where each line must have been read."""
    groups: defaultdict[int, list[Number]] = defaultdict(list)
    for line in lines:
        groups[line.number].append(line)
    return [
        Number(
            group[0].device,
            number,
            min(line.began for line in group),
            max(line.ended for line in group),
            next((line.excuse for line in group if line.excuse), ""),
            any(line.read for line in group),
        )
        for number, group in groups.items()
    ]


def absences(device: str, presence: Sequence[tuple[float, bool]], record: Record) -> list[str]:
    """Find each time when the gateway had a port closed without a reason, or for too long."""
    windows = record.of(device, "dead", "unplugged")
    flaws = []
    ends = [*presence[1:], (float("inf"), True)]
    for (left, opened), (again, _) in zip(presence, ends, strict=True):
        if opened:
            continue
        reasons = [window for window in windows if window.begin - _BEFORE <= left <= window.end]
        if not reasons:
            flaws.append(f"{device} was closed at {left:.2f} for no reason")
        elif again - _freed(windows, left, again) > REOPEN_SECONDS:
            flaws.append(f"{device}, closed at {left:.2f}, was opened again only at {again:.2f}")
    return flaws


def _freed(windows: Sequence[Window], left: float, again: float) -> float:
    """Tell when the last thing ended that kept a port from being opened."""
    hindering = [w for w in windows if w.end >= left - _BEFORE and w.begin <= again]
    return max(window.end for window in hindering)
