"""The duty cycle of a sensor whose laser and fan wear: woken, warmed up, read, put to sleep.

Its readings are the means of some frames in a row, one each period. What it says while it warms up
is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devices.dialogue import Ask, Dialogue, Pause, Received, Step
from devices.driver import Setting
from devices.errors import DriverError, NoReply
from devices.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.command import Command
    from devices.driver import Driver, Settings

FRAMES: Final = 5
"""Frames that make one reading."""

_TRIES: Final = 3
_WITHIN: Final = 3.0
"""Seconds that an answer may take, or the first frame of one that was woken."""

_SETTLED: Final = 0.2
"""The same where nothing comes."""

_APART: Final = 1.0
"""Seconds between two frames: a sensor that only answers repeats itself if it is asked sooner."""

_LONGEST: Final = 3600
"""Seconds between two readings at most."""


@dataclass(frozen=True, slots=True)
class _Periods:
    """What a period may be: 0, or seconds from `least` on; listed, they would take a megabyte."""

    least: int

    def __contains__(self, seconds: object) -> bool:
        return seconds == 0 or seconds in range(self.least, _LONGEST + 1)


def setting(warmup: float) -> Setting:
    """Return the setting `duty_seconds` of a sensor that warms up so many seconds.

    A period is at least twice as long: shorter ones save nothing.
    """
    return Setting(
        0,
        _Periods(round(2 * warmup)),
        f"seconds between two readings, asleep in between: 0 (always awake) or {2 * warmup:g} to "
        f"{_LONGEST}",
    )


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """How one kind of sensor is woken and put to sleep.

    Attributes:
        wake: The command that wakes it.
        sleep: The command that puts it to sleep.
        warmup: Seconds after which its values are good.
        told: Whether anything comes behind these commands: an answer, or frames.
    """

    wake: Command
    sleep: Command
    warmup: float
    told: bool = True

    def read(self, driver: Driver, settings: Settings) -> Dialogue:
        """Take one reading; whatever comes of it, the sensor sleeps afterwards.

        Raises:
            NoReply: It did not wake, or fell silent: it is prepared as at the start.
        """
        yield from self._wake()
        yield Pause(self.warmup, deaf=True)
        try:
            samples = yield from _some(driver, settings)
        except NoReply:
            yield from driver.start(settings)
            yield from self._sleep()
            raise
        except DriverError:
            yield from self._sleep()
            raise
        yield from self._sleep()
        return _mean(samples)

    @property
    def _tries(self) -> int:
        return _TRIES if self.told else 1

    @property
    def _within(self) -> float:
        return _WITHIN if self.told else _SETTLED

    def _wake(self) -> Generator[Step, Received, None]:
        """Wake it: any frame tells that it is awake, and not every one answers."""
        for _ in range(self._tries):
            try:
                yield Ask(self.wake.data, self._within)
            except NoReply:
                continue
            return

    def _sleep(self) -> Generator[Step, Received, None]:
        """Put it to sleep; one that does not answer is tried again in the next period."""
        for _ in range(self._tries):
            try:
                received = yield Ask(self.sleep.data, self._within, aside=True)
            except NoReply:
                continue
            if self.sleep.answered_by(received.fields):
                return


def _some(driver: Driver, settings: Settings) -> Generator[Step, Received, list[Sample]]:
    samples: list[Sample] = []
    while len(samples) < FRAMES:
        if samples:
            yield Pause(_APART)
        sample = yield from driver.listen(settings)
        samples.append(sample)
    return samples


def _mean(samples: list[Sample]) -> Sample:
    """Return the means; a value that is missing once is left out of its mean."""
    fault = next((sample.fault for sample in samples if sample.fault), "")
    values = {
        name: _mean_of([sample.values.get(name) for sample in samples])
        for name in samples[0].values
    }
    return Sample(values, fault=fault)


def _mean_of(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 6) if known else None
