"""Quality: the flag and the cause of each value, final when a reading leaves this stage.

Nothing is dropped and nothing is corrected here. Tests and flags are QARTOD's (US IOOS, Manual for
the Use of Real-Time Oceanographic Data Quality Control Flags, 2020), as ioos_qc implements them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.edge.jumps import Jumps
from gateway.edge.measured import Measured
from gateway.edge.particles import disordered, swollen
from gateway.edge.stuck import Stuck
from schemas.quantity import QUANTITIES, RAW_SUFFIX
from schemas.reading import Cause, Flag, Reading, Value, stronger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.clock import Stamp

MOST_HELD_SECONDS: Final = 5.0
"""How long a reading waits at most for the neighbour that tells a spike from a change."""

_LATE: Final = 1.1
"""The share of an interval after which the next reading is late: the twin of the sampler's 0.9."""


class _Held(NamedTuple):
    """A reading that jumped, waiting for its neighbour."""

    reading: Reading
    stamp: Stamp
    fault: bool
    jumped: frozenset[str]


class Quality:
    """Judges the readings of one device, in order; a traffic sensor's channels share one."""

    def __init__(
        self, every: float | None, warmup_seconds: float = 0.0, *, confirmed: bool = True
    ) -> None:
        """Judge a device.

        Args:
            every: Seconds expected between two of its readings.
            warmup_seconds: How long its values are not to be trusted after power-on or wake.
            confirmed: Whether it is known to be what it is taken for; else no value passes.
        """
        self._confirmed = confirmed
        usual = MOST_HELD_SECONDS if not every else _LATE * every
        self._hold_seconds = usual if usual <= MOST_HELD_SECONDS else 0.0
        self._warmup_seconds = warmup_seconds
        self._woke_at = self._warm_at = -math.inf
        self._jumps = Jumps(every)
        self._stuck = Stuck()
        self._held: _Held | None = None

    def woke(self, stamp: Stamp) -> None:
        """Note that the port was opened, or that the sensor woke or may have.

        From then on it warms up, and nothing is compared with what was measured before.
        """
        self._woke_at = stamp.boot
        if self._warmup_seconds:
            self._warm_at = stamp.boot + self._warmup_seconds
        self._jumps.part(stamp.boot)

    def judge(self, reading: Reading, stamp: Stamp, *, fault: bool = False) -> list[Measured]:
        """Take a reading in; return what is now judged for good, in order.

        Args:
            reading: As it was measured.
            stamp: When.
            fault: Whether the device said that something in it is broken.
        """
        released = self._release(reading)
        jumped = frozenset() if fault else self._jumped(reading, stamp)
        held = _Held(reading, stamp, fault, jumped)
        if jumped and self._hold_seconds:
            self._held = held
        else:
            released.append(self._finish(held, None))
        return released

    def due(self, stamp: Stamp) -> list[Measured]:
        """Return the reading that has waited long enough for its neighbour."""
        if self._held is None or stamp.boot - self._held.stamp.boot < self._hold_seconds:
            return []
        return self.flush()

    def flush(self) -> list[Measured]:
        """Return the reading that is held, before a stop."""
        return self._release(None)

    # -- within -----------------------------------------------------------------------------

    def _release(self, follower: Reading | None) -> list[Measured]:
        held, self._held = self._held, None
        if held is None:
            return []
        return [self._finish(held, None if held.stamp.boot < self._woke_at else follower)]

    def _jumped(self, reading: Reading, stamp: Stamp) -> frozenset[str]:
        return frozenset(
            name
            for name, value in _Verdicts(reading).plausible().items()
            if self._jumps.jumped(name, value, stamp.boot)
        )

    def _finish(self, held: _Held, follower: Reading | None) -> Measured:
        reading = held.reading
        verdicts = _Verdicts(reading, fault=held.fault)
        if not held.fault:
            self._compare(held, follower, verdicts)
        verdicts.doubt(swollen(verdicts.plausible()), Cause.HUMIDITY)
        verdicts.doubt(disordered(verdicts.passed()), Cause.ORDER)
        if not self._confirmed:
            verdicts.doubt(reading.values, Cause.NONE)
        values = {name: verdicts.on(name, value.value) for name, value in reading.values.items()}
        judged = Reading(reading.device, reading.channel, values, reading.every)
        return Measured(judged, held.stamp)

    def _compare(self, held: _Held, follower: Reading | None, verdicts: _Verdicts) -> None:
        """Hold a reading against time: warming up, jumps, rest."""
        at = held.stamp.boot
        if at < self._warm_at:
            verdicts.doubt(held.reading.values, Cause.WARMING_UP)
        after = {} if follower is None else _Verdicts(follower).plausible()
        for name, value in verdicts.plausible().items():
            jumped = name in held.jumped
            if jumped:
                verdicts.doubt([name], self._jumps.judge(name, value, after.get(name)))
            self._jumps.settle(name, value, at, believed=not jumped)
            if self._stuck.judge(name, value, at):
                verdicts.doubt([name], Cause.STUCK)


class _Verdicts:
    """The verdict on each value of a reading, while the tests go over it."""

    def __init__(self, reading: Reading, *, fault: bool = False) -> None:
        """Begin with what each value says by itself."""
        self._values = {
            name: value.value
            for name, value in reading.values.items()
            if value.value is not None and math.isfinite(value.value)
        }
        self._found = {
            name: (Flag.FAIL, Cause.DEVICE_FAULT) if fault else _by_range(name, value)
            for name, value in self._values.items()
        }

    def plausible(self) -> dict[str, float]:
        """Return the values that can be measurements; not the raw ones, which share a verdict."""
        return {
            name: value
            for name, value in self._values.items()
            if self._found[name][0] is not Flag.FAIL and not name.endswith(RAW_SUFFIX)
        }

    def passed(self) -> dict[str, float]:
        """Return the values that no test has doubted."""
        return {
            name: value
            for name, value in self.plausible().items()
            if self._found[name][0] is Flag.PASS
        }

    def doubt(self, names: Iterable[str], cause: Cause) -> None:
        """Make values suspect, where nothing stronger is known."""
        for name in names:
            known = self._found.get(name)
            if known is not None and stronger(known[0], Flag.SUSPECT) is not known[0]:
                self._found[name] = (Flag.SUSPECT, cause)

    def on(self, name: str, value: float | None) -> Value:
        """Return a value with its verdict: a raw one has that of its quantity."""
        found = self._found.get(name.removesuffix(RAW_SUFFIX), self._found.get(name))
        if name not in self._values or found is None:
            return Value(None, Flag.MISSING)
        return Value(value, *found)


def _by_range(name: str, value: float) -> tuple[Flag, Cause]:
    quantity = QUANTITIES.get(name.removesuffix(RAW_SUFFIX))
    if quantity is None:
        return Flag.NOT_EVALUATED, Cause.NONE
    if quantity.low <= value <= quantity.high:
        return Flag.PASS, Cause.NONE
    return Flag.FAIL, Cause.RANGE
