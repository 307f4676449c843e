"""What has been added to a sensor's counters since the last reading: rain, as a rule.

A counter may stand anywhere when it is first read, may wrap, may be set to zero, and may be read
wrongly; whatever is more than can have fallen meanwhile was not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.sample import Counter

_A_SECOND: Final = {"rain": 0.1}
"""The most that is added in a second: six mm of rain a minute is more than a cloudburst."""

_SLACK: Final = 2.0
"""What is believed at any moment, in the unit of the quantity."""

_DIGITS: Final = 6
"""Decimals of a difference: finer than any counter."""


class Counters:
    """Remembers where each counter stood at the last reading."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._last: dict[str, tuple[Counter, float]] = {}

    def since(self, counters: Mapping[str, Counter], at: float) -> dict[str, float | None]:
        """Return what was added since the last reading; None where that can't be told.

        Args:
            counters: Quantity to where its counter stands.
            at: When, seconds since boot.
        """
        added: dict[str, float | None] = {}
        for name, counter in counters.items():
            last = self._last.get(name)
            self._last[name] = counter, at
            added[name] = None if last is None else _difference(name, *last, counter, at)
        return added


def _difference(
    name: str, before: Counter, before_at: float, now: Counter, at: float
) -> float | None:
    """Return the difference: across a wrap, or since a reset, where that is what it can be."""
    rate = _A_SECOND.get(name)
    most = QUANTITIES[name].high if rate is None else rate * (at - before_at) + _SLACK
    differences = [now.value - before.value]
    if differences[0] < 0:
        differences = [now.value]
        if now.wraps is not None and differences[0] + now.wraps / 2 < before.value:
            differences.insert(0, now.value + now.wraps - before.value)
    added = next((each for each in differences if 0 <= each <= most), None)
    return None if added is None else round(added, _DIGITS)
