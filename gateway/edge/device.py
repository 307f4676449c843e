"""A device: all that lies between the bytes of a port and its judged readings."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gateway.config.gateway import TRAFFIC_INTERVAL
from gateway.config.sensor import sensor_of
from gateway.edge.conversation import Conversation, Observed
from gateway.edge.quality import Quality
from gateway.edge.sampler import Sampler
from gateway.edge.watch import Silence, Watch
from schemas.reading import Reading, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.driver import Driver, Line
    from gateway.clock import Stamp
    from gateway.config.gateway import DeviceConfig
    from gateway.edge.conversation import Event
    from gateway.edge.measured import Measured
    from gateway.edge.port import Chunk


log = logging.getLogger(__name__)


class Device:
    """Told what its port reads and what time it is, it says what was measured.

    Attributes:
        watch: What is known of it.
    """

    def __init__(
        self,
        config: DeviceConfig,
        line: Line,
        *,
        watch: Watch,
        turn: Callable[[], int],
        shared: bool = False,
    ) -> None:
        """Set up what the config says.

        Args:
            config: The device.
            line: The settings of its port.
            watch: Counts what happens.
            turn: Tells `Trust.turn`.
            shared: Whether others hang on its port.

        Raises:
            DriverError: There is no such driver, or it does not take these settings.
        """
        sensor = sensor_of(config)
        driver = sensor.driver
        interval = config.usual_interval(traffic=bool(driver.channels))
        self.watch = watch
        self._id = config.id
        self._turn = turn
        self._every = _every(driver, interval)
        self._sampler = Sampler(interval, config.calibration)
        self._quality = Quality(self._every, driver.warmup_seconds, confirmed=config.confirmed)
        if not config.confirmed:
            log.warning(
                "%s: nobody has confirmed that it is %s: no value of it is good",
                config.id, config.map or config.driver,
            )  # fmt: skip
        self._broken = self._was_broken = False
        self._vehicles = None
        if driver.channels:
            from gateway.edge.vehicles import Vehicles  # noqa: PLC0415 - gateways of air need it not

            length = interval or TRAFFIC_INTERVAL
            self._vehicles = Vehicles(
                config.id, driver.channels, length, driver.sums, driver.gap_seconds
            )
        pace = (driver.every if driver.channels else self._every) or 0.0
        self._conversation = Conversation(driver, sensor.settings, line, watch, pace, shared)

    @property
    def resting(self) -> bool:
        """Whether it is between two dialogues."""
        return self._conversation.resting

    @property
    def due(self) -> float:
        """When it wants to go on, monotonic."""
        return self._conversation.due

    def opened(self, stamp: Stamp, now: float) -> None:
        """Begin the conversation on a port that was opened."""
        self.watch.opened()
        self._conversation.begin(now)
        self._quality.woke(stamp)

    def closed(self, cause: Silence) -> None:
        """Note why the port is not open."""
        self.watch.closed(cause)

    def miss(self, stalled: float) -> None:
        """Note the seconds that nobody read its port."""
        if stalled:
            self.watch.stall(stalled)

    def hear(self, chunk: Chunk) -> list[Measured]:
        """Take what was read, or that nothing was; return the readings that are judged."""
        self.miss(chunk.stalled)
        readings: list[Measured] = []
        for event in self._conversation.hear(chunk):
            readings += self._observe(event)
        return readings + self.wait(chunk.stamp, chunk.now)

    def say(self) -> bytes:
        """Return what is to be written now; mostly nothing."""
        return self._conversation.say()

    def wait(self, stamp: Stamp, now: float) -> list[Measured]:
        """Let time pass, with or without a port."""
        self.watch.round(now)
        readings = self._quality.due(stamp)
        if self._vehicles is not None:
            observing = self.watch.cause is Silence.SPEAKING
            readings += self._judge(
                self._vehicles.observe(stamp, self._turn(), observing=observing)
            )
        return readings

    def finish(self) -> list[Measured]:
        """Return what is under way, before a stop."""
        counted = [] if self._vehicles is None else self._vehicles.close()
        return self._judge(counted) + self._quality.flush()

    # -- within -----------------------------------------------------------------------------

    def _observe(self, event: Event) -> list[Measured]:
        if not isinstance(event, Observed):
            self._quality.woke(event.stamp)
            return []
        sample = event.sample
        if self._vehicles is not None:
            self.watch.strayed(self._vehicles.take(sample, event.stamp))
            self._broken = bool(sample.fault)
            self._was_broken = self._was_broken or self._broken
            return []
        kept = self._sampler.keep(sample.values, event.stamp, sample.counters)
        if not kept:
            return []
        values = {name: Value(value) for name, value in kept.items()}
        reading = Reading(self._id, None, values, self._every)
        return self._quality.judge(reading, event.stamp, fault=bool(sample.fault))

    def _judge(self, counted: list[Measured]) -> list[Measured]:
        """Judge intervals; where the device said that it is broken within one, it fails whole."""
        if not counted:
            return []
        fault, self._was_broken = self._was_broken, self._broken
        return [judged for item in counted for judged in self._quality.judge(*item, fault=fault)]


def _every(driver: Driver, interval: float) -> float | None:
    """Return the seconds to expect between two readings; None where nothing is known."""
    return max(interval, driver.every or 0.0) or None
