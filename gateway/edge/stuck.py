"""Stuck: a value that has not moved for longer than the quantity ever rests."""

from __future__ import annotations

from typing import Final, NamedTuple

_LEAST_READINGS: Final = 10
"""Fewer equal readings than this prove nothing, however long they took."""

_LONGEST_GAP: Final = 900.0
"""Seconds without a reading after which it begins anew."""


class _Rest(NamedTuple):
    """How long a quantity may rest.

    Attributes:
        seconds: So long it may stay the same.
        above: Only values above this can be stuck.
        below: Only values below this can be stuck.
    """

    seconds: float
    above: float
    below: float


_RESTS: Final = {
    # Whole µg/m³ stay the same for an hour in clean air; above 20 they never do.
    **dict.fromkeys(
        ("pm1_0", "pm2_5", "pm4_0", "pm10", "pm1_0_cf1", "pm2_5_cf1", "pm10_cf1"),
        _Rest(3600, 20, float("inf")),
    ),
    "temperature": _Rest(21_600, float("-inf"), float("inf")),
    # A tropical night saturates a hygrometer until morning.
    "humidity": _Rest(21_600, 0, 95),
    "pressure": _Rest(43_200, 0, float("inf")),
    "sound_level": _Rest(3600, 0, float("inf")),
}
"""Wide on purpose: a stuck sensor stays stuck, so that nothing is lost by waiting, while a calm
night must not look broken. Quantities with a floor that they often lie on (gases, wind, rain,
light) are not judged."""


class Stuck:
    """Remembers since when each quantity has had its value."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._runs: dict[str, tuple[float, float, float, int]] = {}

    def judge(self, name: str, value: float, at: float) -> bool:
        """Take a value in, and say whether it is stuck.

        Args:
            name: The quantity.
            value: Its value.
            at: When it was measured, seconds since boot.
        """
        rest = _RESTS.get(name)
        if rest is None:
            return False
        known, since, last, count = self._runs.get(name, (value, at, at, 0))
        if known != value or at - last > _LONGEST_GAP:
            since, count = at, 0
        self._runs[name] = value, since, at, count + 1
        long = at - since >= rest.seconds and count >= _LEAST_READINGS
        return long and rest.above < value < rest.below
