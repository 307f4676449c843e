"""The record: what the engine itself did to whom and when, by a clock that nobody can set."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from gateway.simulator.player import now

_BEAT: Final = 0.1
_STUMBLE: Final = 0.5
"""A beat that comes so much too late means that this machine stood still, and not by our doing."""


@dataclass(slots=True)
class Window:
    """A span of time, seconds of CLOCK_BOOTTIME; open at its end until it is closed.

    Attributes:
        cause: What was going on.
        device: To which sensor; None where it was the gateway itself.
        begin: Since when.
        end: Until when.
    """

    cause: str
    device: str | None
    begin: float
    end: float = float("inf")


@dataclass(frozen=True, slots=True)
class Kill:
    """The gateway was killed.

    Attributes:
        at: When it was dead, seconds of CLOCK_BOOTTIME.
        memory_since: Since when its spool had been in memory; None where it was on the disk.
    """

    at: float
    memory_since: float | None = None


@dataclass(slots=True)
class Record:
    """Windows and kills, in the order in which they began.

    Attributes:
        windows: `dead`, `frozen` and `machine` of the gateway, `unplugged` of a sensor.
        kills: Each SIGKILL of the gateway.
    """

    windows: list[Window] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)

    def begin(self, cause: str, device: str | None = None) -> None:
        """Note that something begins now."""
        self.windows.append(Window(cause, device, now()))

    def end(self, cause: str, device: str | None = None) -> None:
        """Note that it is over."""
        for window in reversed(self.windows):
            if (window.cause, window.device) == (cause, device):
                window.end = now()
                return

    def of(self, device: str, *causes: str) -> list[Window]:
        """Return what befell a sensor or the gateway that reads it."""
        return [
            window
            for window in self.windows
            if window.cause in causes and window.device in {None, device}
        ]


class Heart:
    """Beats in a thread of its own and records when this whole machine stood still."""

    def __init__(self, record: Record) -> None:
        """Write into `record`."""
        self._record = record
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        before = now()
        while not self._stopping.wait(_BEAT):
            after = now()
            if after - before > _BEAT + _STUMBLE:
                self._record.windows.append(Window("machine", None, before, after))
            before = after
