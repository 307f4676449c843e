"""A bus: the devices of one port, of which one has the floor at a time.

From its question to the end of its dialogue nobody else is asked; then whoever has been due the
longest. A device that is alone has the floor for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devices.driver import Line
    from gateway.clock import Stamp
    from gateway.config.gateway import PortConfig
    from gateway.edge.device import Device
    from gateway.edge.measured import Measured
    from gateway.edge.port import Chunk
    from gateway.edge.watch import Silence

_GAP_SECONDS: Final = 0.05
"""Between an answer and the next question where several devices share a port: cheap converters are
slow to turn round."""

_GAP_CHARACTERS: Final = 3.5
"""The least silence by which a device tells the end of a frame."""

_FAST_GAP: Final = 0.00175
"""The same where a line is so fast that it would be shorter."""


class Bus:
    """Told what a port reads and what time it is, it says whose question is next."""

    def __init__(self, devices: Sequence[Device], gap: float) -> None:
        """Share a port.

        Args:
            devices: All that hang on it.
            gap: Seconds of silence before each question.
        """
        self._devices = tuple(devices)
        self._gap = gap
        self._alone = self._devices[0] if len(self._devices) == 1 else None
        self._floor = self._alone
        self._busy_until = -float("inf")

    @property
    def asking(self) -> Device:
        """The device that has the floor; the first one where nobody has."""
        return self._floor or self._devices[0]

    def opened(self, stamp: Stamp, now: float) -> None:
        """Begin with all of them on a port that was opened."""
        self._floor, self._busy_until = self._alone, now
        for device in self._devices:
            device.opened(stamp, now)

    def closed(self, cause: Silence) -> None:
        """Note why the port is not open."""
        for device in self._devices:
            device.closed(cause)

    def hear(self, chunk: Chunk) -> list[Measured]:
        """Take what was read, or that nothing was; whose turn it is hears it."""
        if chunk.data:
            self._busy_until = chunk.now
        readings: list[Measured] = []
        for device in self._devices:
            if device is self._floor:
                readings += device.hear(chunk)
            else:
                device.miss(chunk.stalled)
                readings += device.wait(chunk.stamp, chunk.now)
        if self._alone is None and (self._floor is None or self._floor.resting):
            self._floor = self._next(chunk.now)
            if self._floor is not None:
                readings += self._floor.hear(replace(chunk, data=b"", stalled=0.0))
        return readings

    def say(self) -> bytes:
        """Return what is to be written, once the line has been silent; mostly nothing."""
        return b"" if self._floor is None else self._floor.say()

    def hush(self, now: float) -> float:
        """Return the seconds that the line must still be silent before something is written."""
        return max(0.0, self._busy_until + self._gap - now)

    def wait(self, stamp: Stamp, now: float) -> list[Measured]:
        """Let time pass without a port."""
        return [measured for device in self._devices for measured in device.wait(stamp, now)]

    def finish(self) -> list[Measured]:
        """Return what is under way, before a stop."""
        return [measured for device in self._devices for measured in device.finish()]

    def _next(self, now: float) -> Device | None:
        """Return who has been due the longest."""
        due = [device for device in self._devices if device.due <= now]
        return min(due, key=lambda device: device.due, default=None)


def gap_of(port: PortConfig, line: Line) -> float:
    """Return the seconds of silence before each question on a port."""
    usual = _GAP_SECONDS if port.devices[1:] else 0.0
    wanted = usual if port.gap_seconds is None else port.gap_seconds
    return max(wanted, _GAP_CHARACTERS * line.byte_seconds, _FAST_GAP)
