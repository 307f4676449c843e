"""A satellite receiver that stands still: each second RMC and GGA, in one burst."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from devices.driver import Driver, Line

_KINDS: Final = ("RMC", "GGA")
_APART: Final = 0.08
"""Seconds between two sentences: about what one takes at 9600 baud."""

_SEARCHES: Final = 3.0
"""Seconds after power-on until it has a fix."""

_LATITUDE: Final = -7.3881
_LONGITUDE: Final = 109.3636
_SPREAD: Final = 2e-5
"""Degrees that a position wanders."""

_SECONDS_OF_DAY: Final = 86_400


class Receiver:
    """A receiver; the seconds of its time count from power-on."""

    def __init__(self, driver: Driver, seed: int) -> None:
        """Stand in the middle of the city."""
        self._driver = driver
        self._random = random.Random(seed)  # noqa: S311 - a signal, not a secret
        self._on = self._due = 0.0
        self._number = 0

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Begin to search."""
        self._on = self._due = at

    def due(self) -> float:
        """Tell when the next sentence is due."""
        return self._due

    def speak(self, at: float) -> Spoken:
        """Send a sentence; the next one of the second follows at once."""
        second, place = divmod(self._number, len(_KINDS))
        self._number += 1
        is_last = place == len(_KINDS) - 1
        self._due = self._due + (1.0 - place * _APART if is_last else _APART)
        self._due = max(self._due, at)
        fields = self._say(
            _KINDS[place], second % _SECONDS_OF_DAY, is_fixed=at >= self._on + _SEARCHES
        )
        return Spoken(self._driver.encode(fields), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Hear nothing."""
        del data, at
        return []

    def _say(self, kind: str, second: int, *, is_fixed: bool) -> dict[str, Any]:
        minutes, seconds = divmod(second, 60)
        hours, minutes = divmod(minutes, 60)
        fields: dict[str, Any] = {
            "talker": "GN",
            "type": kind,
            "utc": f"{hours:02}{minutes:02}{seconds:02}.00",
        }
        if is_fixed:
            fields["lat"] = round(self._random.gauss(_LATITUDE, _SPREAD), 7)
            fields["lon"] = round(self._random.gauss(_LONGITUDE, _SPREAD), 7)
        if kind == "RMC":
            return fields | {
                "status": "AV"[not is_fixed],
                "mode": "AN"[not is_fixed],
                "speed_kn": 0.02,
            }
        if not is_fixed:
            return fields | {"fix_quality": 0, "num_sats": 0, "hdop": 99.99}
        return fields | {
            "fix_quality": 1,
            "num_sats": 9,
            "hdop": 0.9,
            "altitude_m": 61.7,
            "geoid_m": 5.2,
        }
