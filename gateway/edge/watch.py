"""What is known of one device: what it sent, what went wrong, and why it is silent."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from devices.errors import DeviceFault, DriverError, NoReply, NotReady

if TYPE_CHECKING:
    from collections.abc import Collection

    from devices.driver import Driver

_LEAST_PATIENCE: Final = 10.0
_SAMPLES_MISSED: Final = 3

_UNREADY_SECONDS: Final = 3600.0
"""Whoever is not ready for longer is broken: no sensor needs an hour to wake."""


class Silence(IntEnum):
    """Why nothing is measured; the numbers are on the dashboards and never change."""

    SPEAKING = 0
    PORT_GONE = 1
    PORT_BUSY = 2
    PORT_DENIED = 3
    NO_BYTES = 4
    ONLY_JUNK = 5
    NO_REPLY = 6
    NOT_READY = 7
    FAULT = 8
    STALLED = 9
    NONSENSE = 10


OF_THE_PORT: Final = frozenset({Silence.PORT_GONE, Silence.PORT_BUSY, Silence.PORT_DENIED})
"""Why a device is silent whose port is not open."""


class Watch:
    """Counts, in the device's own thread; whoever else reads it sees each number as it is now.

    Attributes:
        frames: Whole frames.
        errors: Exchanges that failed: no reply, nonsense, not ready, faults.
        junk: Bytes that belonged to no frame.
        stalled: Seconds that nobody read, by the gateway's own fault.
        fault: What the device says is broken; None while it says nothing.
        last_frame: When the last whole frame came, monotonic; None before the first.
        cause: Why the last thing that happened was no sample; SPEAKING where it was one.
    """

    def __init__(self, driver: Driver) -> None:
        """Know nothing yet."""
        self.frames = 0
        self.errors = 0
        self.junk = 0
        self.stalled = 0.0
        self.fault: str | None = None
        self.last_frame: float | None = None
        self.cause = Silence.PORT_GONE
        self._nothing = Silence.NO_BYTES
        self._regular = driver.every is not None
        self._patience = max(_LEAST_PATIENCE, _SAMPLES_MISSED * (driver.every or 0.0))
        self._unready = -math.inf
        self._sampled = -float("inf")
        self._now = -float("inf")
        self._unread = False

    @property
    def silence(self) -> Silence:
        """Why the device is silent: what last went wrong, once samples are overdue."""
        if self.cause in OF_THE_PORT:
            return self.cause
        if self._now - self._sampled <= self._patience:
            return Silence.SPEAKING
        unread = self.cause is Silence.SPEAKING and self._regular and self._unread
        return Silence.STALLED if unread else self.cause

    def round(self, now: float) -> None:
        """Let time pass."""
        self._now = now

    def opened(self) -> None:
        """Note that the port is open; nothing has come yet."""
        self.cause = self._nothing = Silence.NO_BYTES
        self._unready = -math.inf

    def closed(self, cause: Silence) -> None:
        """Note why the port is not open."""
        self.cause = cause

    def framed(self, now: float) -> None:
        """Count a frame."""
        self.frames += 1
        self.last_frame = now
        self._nothing = Silence.NONSENSE

    def junked(self, size: int) -> None:
        """Count bytes that belong to no frame."""
        self.junk += size
        if self._nothing is Silence.NO_BYTES:
            self._nothing = Silence.ONLY_JUNK

    def prepared(self) -> None:
        """Note that the sensor answered when it was prepared."""
        self.cause, self._nothing = Silence.SPEAKING, Silence.NO_BYTES

    def sampled(self, now: float, fault: str) -> None:
        """Note a sample."""
        self.prepared()
        self._sampled = now
        self._unread = False
        self._unready = -math.inf
        self.fault = fault or None

    def strayed(self, channels: Collection[str]) -> None:
        """Count what it told of lanes that it does not have."""
        if channels:
            self.errors += len(channels)
            self.fault = f"it tells of a lane that was not set up: {min(channels)}"

    def failed(self, error: DriverError, *, asked: bool) -> None:
        """Count what went wrong instead of a sample.

        A sensor that speaks only of events, and was asked nothing, has not failed to reply.
        """
        if isinstance(error, NoReply) and not asked and not self._regular:
            return
        self.errors += 1
        match error:
            case NotReady(why=why):
                self.cause = Silence.NOT_READY
                self._not_ready(why)
            case DeviceFault(why=why):
                self.cause, self.fault = Silence.FAULT, why
            case NoReply() if asked and self._nothing is Silence.NO_BYTES:
                self.cause = Silence.NO_REPLY
            case NoReply():
                self.cause = self._nothing
            case _:
                self.cause = Silence.NONSENSE
        self._nothing = Silence.NO_BYTES

    def _not_ready(self, why: str) -> None:
        """Note that it does not measure yet; one whose lamp is dead says so for ever."""
        if not math.isfinite(self._unready):
            self._unready = self._now
        elif self._now - self._unready > _UNREADY_SECONDS + self._patience:
            self.fault = f"not ready for over an hour: {why}"

    def stall(self, seconds: float) -> None:
        """Count time that nobody read: the device may have spoken."""
        self.stalled += seconds
        self._unread = True
