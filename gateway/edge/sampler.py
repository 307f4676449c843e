"""The sampler: keeps a reading each interval, and corrects it by its calibration."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gateway.edge.counters import Counters
from schemas.quantity import RAW_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.sample import Counter
    from gateway.clock import Stamp
    from gateway.config.gateway import Calibration

_EARLY: Final = 0.9
"""The share of an interval after which the next reading counts as due: sensors are not punctual."""

_NONE: Final[Mapping[str, Counter]] = MappingProxyType({})

_DIGITS: Final = 6
"""Decimals of a corrected value: finer than any sensor, coarser than what a float makes up."""


class Sampler:
    """Chooses by the clock that nobody sets, so that a stepped wall clock makes no gap."""

    def __init__(self, interval: float, calibration: Mapping[str, Calibration]) -> None:
        """Keep a reading each `interval` seconds, every one with 0."""
        self._interval = interval
        self._calibration = calibration
        self._kept: float | None = None
        self._counters = Counters()

    def keep(
        self,
        values: Mapping[str, float | None],
        stamp: Stamp,
        counters: Mapping[str, Counter] = _NONE,
    ) -> dict[str, float | None] | None:
        """Return the values, corrected ones with their raw twins; None where it is too soon.

        Of counters, the values are what was added since the last reading that was kept.
        """
        if self._kept is not None and stamp.boot - self._kept < _EARLY * self._interval:
            return None
        self._kept = stamp.boot
        kept: dict[str, float | None] = {}
        added = self._counters.since(counters, stamp.boot)
        for name, raw in (*values.items(), *added.items()):
            correction = self._calibration.get(name)
            if correction is None:
                kept[name] = raw
                continue
            corrected = None if raw is None else correction.gain * raw + correction.offset
            kept[name] = None if corrected is None else round(corrected, _DIGITS)
            kept[name + RAW_SUFFIX] = raw
        return kept
