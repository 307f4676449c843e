"""The record: what the engine itself did to whom and when, by a clock that nobody can set."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.simulator.player import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_BEAT: Final = 0.1
_STUMBLE: Final = 0.5
"""A beat that comes so much too late means that this machine stood still, and not by our doing."""

_SPAN: Final = 1.5
_HUNGRY: Final = 0.7
_MODEST: Final = 0.5
"""Of a span of so many seconds, those in the queue that explain why a gateway missed bytes, unless
it used more than so many itself."""


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
        committed: Epoch to the seq behind the last one that its disk had.
    """

    at: float
    memory_since: float | None = None
    committed: Mapping[str, int] = field(default_factory=dict)


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

    The kernel is the witness: how late our own beats come, and how long a thread of the gateway
    stood in the queue for a processor while the gateway itself used little. That one of its threads
    waits for another is no excuse.
    """

    def __init__(self, record: Record, gateway: Callable[[], int]) -> None:
        """Write into `record`; `gateway` tells the process id of the gateway."""
        self._record = record
        self._gateway = gateway
        self._looks: deque[tuple[float, dict[int, _Spent]]] = deque()
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
                begin = min(before, after - _SPAN)
                self._record.windows.append(Window("machine", None, begin, after))
            before = after

    def _starved(self, at: float) -> bool:
        """Say whether the gateway stood in the queue for most of the last span."""
        self._looks.append((at, dict(_spent(self._gateway()))))
        while self._looks[0][0] < at - _SPAN:
            self._looks.popleft()
        then, last = self._looks[0][1], self._looks[-1][1]
        both = then.keys() & last.keys()
        queued = max((last[tid].queued - then[tid].queued for tid in both), default=0.0)
        used = sum(last[tid].used - then[tid].used for tid in both)
        return queued > _HUNGRY and used < _MODEST


class _Spent(NamedTuple):
    """How long a thread ever used a processor and stood in the queue for one, s."""

    used: float
    queued: float


def _spent(pid: int) -> Iterator[tuple[int, _Spent]]:
    """Look at each thread of a process: `schedstat`, see proc(5)."""
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            used, queued, _ = task.read_text("ascii").split()
            yield int(task.parent.name), _Spent(int(used) / 1e9, int(queued) / 1e9)
