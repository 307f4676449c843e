"""How late readings came: the collectors tell, in `touched`, when they stored how old ones.

It is told minute by minute and device by device, so a late batch beside a live one is seen, though
not how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.collector.points import TOUCHED

if TYPE_CHECKING:
    from gateway.collector.questions import Questions

LATE_MS: Final = 900_000
"""Older than this is late: more than the longest batch of a metered gateway and its way here."""


@dataclass(frozen=True, slots=True)
class Late:
    """Readings that came late.

    Attributes:
        minutes: Minutes in which any came.
        longest_ms: How old the oldest was when it came.
        device: Whose it was.
        at: When it came, ms since 1970.
    """

    minutes: int
    longest_ms: int
    device: str
    at: int


def find_late(store: Questions, gateway: str, since: int, before: int) -> Late | None:
    """Find out how late readings came between two moments; None if none did.

    Raises:
        StoreBusy: The store can't answer now.
        StoreDenied: It does not let us in, or is not there.
    """
    moments: set[int] = set()
    worst = (0, 0, "")
    told = store.minutes(TOUCHED, "min", "first", ("device",), {"gateway": gateway}, since, before)
    for tags, at, fields in told:
        age = at - int(fields["first"])
        if age > LATE_MS:
            moments.add(at)
            worst = max(worst, (age, at, dict(tags).get("device", "")))
    if not moments:
        return None
    age, at, device = worst
    return Late(len(moments), age, device, at)
