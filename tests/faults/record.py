"""The record: what the engine itself did to whom and when, by a clock that nobody can set."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.simulator.player import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BEAT: Final = 0.1
_STUMBLE: Final = 0.5
"""A beat that comes so much too late means that this machine stood still, and not by our doing."""

_SPAN: Final = 1.5
_HUNGRY: Final = 0.7
"""Seconds in the queue, of the last so many, that explain why a gateway missed bytes."""


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
    """Beats in a thread of its own and records when this machine had no time for the gateway.

    The kernel is the witness: how late our own beats come, and how long the gateway's threads
    stood in the queue for a processor. That one of them waits for another is no excuse.
    """

    def __init__(self, record: Record, gateway: Callable[[], int]) -> None:
        """Write into `record`; `gateway` tells the process id of the gateway."""
        self._record = record
        self._gateway = gateway
        self._queued: dict[int, float] = {}
        self._waits: deque[tuple[float, float]] = deque()
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
            if after - before > _BEAT + _STUMBLE or self._starved(after):
                self._record.windows.append(
                    Window("machine", None, min(before, after - _SPAN), after)
                )
            before = after

    def _starved(self, at: float) -> bool:
        """Say whether the gateway stood in the queue for most of the last seconds."""
        queued = dict(_queues(self._gateway()))
        waited = sum(
            max(0.0, total - self._queued.get(tid, total)) for tid, total in queued.items()
        )
        self._queued = queued
        self._waits.append((at, waited))
        while self._waits[0][0] < at - _SPAN:
            self._waits.popleft()
        return sum(waited for _, waited in self._waits) > _HUNGRY


def _queues(pid: int) -> Iterator[tuple[int, float]]:
    """Tell how long each thread of a process has ever stood in the queue, s: see proc(5)."""
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            yield int(task.parent.name), int(task.read_text("ascii").split()[1]) / 1e9
