"""The account: every number that was sent, against what the store holds."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.faults.fates import Number
    from tests.faults.losses import Losses
    from tests.faults.record import Kill
    from tests.grafana.queries import Report

MISDATED_SECONDS: Final = 1.5
"""A stored time further than this from the true one is wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """A number as it was found in the store.

    Attributes:
        device: The sensor.
        number: The number.
        begin: The time it is stored under, seconds since 1970; of a vehicle, its interval's start.
        end: The same; of a vehicle, its interval's end.
        dated: False where it lies in `undated`.
    """

    device: str
    number: int
    begin: float
    end: float
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kill of the gateway cost: its loss window.

    Attributes:
        kill: When, and whether its spool was in memory.
        lost: The numbers that are missing from before it, back to the kill before.
    """

    kill: Kill
    lost: list[Number]

    def window(self, *devices: str) -> float:
        """Tell how far before the kill the oldest lost number of these sensors lay, s."""
        ends = [number.ended for number in self.lost if number.device in devices]
        return self.kill.at - min(ends, default=self.kill.at)


@dataclass(slots=True)
class Account:
    """What became of all numbers.

    Attributes:
        sent: Device to how many numbers were sent.
        stored: Device to how many of them were found.
        excused: (device, excuse) to how many may be missing and are.
        kills: What each kill cost.
        breaches: Every broken promise, in a sentence.
        tally: `lost`, `doubled`, `mis-dated`, `invented`, `never`: how many of each.
        losses: What became of the batches; None where nobody looked.
        dashboards: What their queries found; None where the store is no database.
    """

    sent: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)
    excused: Counter[tuple[str, str]] = field(default_factory=Counter)
    kills: list[Cost] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    losses: Losses | None = None
    dashboards: Report | None = None

    def breach(self, what: str, sentence: str) -> None:
        """Note a broken promise."""
        self.tally[what] += 1
        self.breaches.append(f"{what}: {sentence}")


def settle(
    numbers: Sequence[Number],
    found: Iterable[Found],
    kills: Sequence[Kill],
    allowed: Mapping[str, float],
    offset: float,
) -> Account:
    """Hold what was sent against what was found.

    Args:
        numbers: Every number that was sent, of all sensors.
        found: Everything in the store that bears a number.
        kills: The kills of the gateway, in order.
        allowed: Device to the loss window that one kill may have, in seconds.
        offset: Seconds since 1970 at CLOCK_BOOTTIME 0.
    """
    account = Account()
    by_number: defaultdict[tuple[str, int], list[Found]] = defaultdict(list)
    for one in found:
        by_number[one.device, one.number].append(one)
    missing = []
    for number in numbers:
        account.sent[number.device] += 1
        rows = by_number.pop((number.device, number.number), [])
        if rows:
            account.stored[number.device] += 1
            _check_found(account, number, rows, offset)
        elif number.excuse:
            account.excused[number.device, number.excuse] += 1
        else:
            missing.append(number)
    for (device, number_found), rows in sorted(by_number.items()):
        account.breach("invented", f"{device} never sent {number_found}, stored at {rows[0].begin}")
    _attribute(account, missing, kills, allowed)
    return account


def _check_found(account: Account, number: Number, rows: Sequence[Found], offset: float) -> None:
    name = f"{number.device} {number.number}, sent at {number.ended + offset:.3f},"
    if not number.read:
        account.breach("invented", f"{name} is stored, but never arrived whole ({number.excuse})")
    if len(rows) > 1:
        times = ", ".join(f"{row.begin:.3f}" for row in rows)
        account.breach("doubled", f"{name} is stored at {times}")
    for row in rows:
        if not row.dated:
            account.breach("never", f"{name} lies in `undated`")
        elif not (
            number.began + offset - MISDATED_SECONDS <= row.end
            and row.begin <= number.ended + offset + MISDATED_SECONDS
        ):
            account.breach("mis-dated", f"{name} is stored at {row.begin:.3f}")


def _attribute(
    account: Account,
    missing: Sequence[Number],
    kills: Sequence[Kill],
    allowed: Mapping[str, float],
) -> None:
    """Charge each missing number to the kill behind it, and call it lost beyond its window."""
    account.kills = [Cost(kill, []) for kill in kills]
    times = [kill.at for kill in kills]
    for number in missing:
        at = bisect_left(times, number.ended)
        sentence = f"{number.device} {number.number}, sent at {number.ended:.3f}"
        if at == len(kills):
            account.breach("lost", f"{sentence}, with no kill behind it")
            continue
        kill = kills[at]
        account.kills[at].lost.append(number)
        since = kill.at if kill.memory_since is None else kill.memory_since
        if number.ended < since - allowed[number.device]:
            account.breach("lost", f"{sentence}, {kill.at - number.ended:.3f} s before a kill")
