"""What a process costs, told by the kernel: CPU, memory, and whether it has anything to do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.simulator.child import Child

_GLANCE: Final = 0.02

_CPU_CLOCK: Final = 2
"""CPUCLOCK_SCHED of linux/posix-timers.h: the CPU time of a process, exact to the nanosecond."""

_RESTING: Final = 0.003
"""CPU seconds in a rest below which a process has nothing to do."""


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used, threads that ended included."""
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK)


def resident(pid: int, *, peak: bool = False) -> float:
    """Return the resident memory of a process, now or at its highest, in MB: millions of bytes."""
    name = "VmHWM" if peak else "VmRSS"
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)


def written() -> int:
    """Return the bytes that this process has made the kernel write to disks."""
    text = Path("/proc/self/io").read_text("ascii")
    return next(
        int(line.split()[1]) for line in text.splitlines() if line.startswith("write_bytes")
    )


def rest(pid: int, seconds: float = 0.3) -> tuple[float, float]:
    """Wait until a process has had nothing to do for so long.

    Returns:
        When it last had (monotonic), and its CPU seconds by then.
    """
    moved, used = time.monotonic(), cpu(pid)
    while time.monotonic() - moved < seconds:
        time.sleep(_GLANCE)
        now = cpu(pid)
        if now - used > _RESTING:
            moved, used = time.monotonic(), now
    return moved, used


def watch(child: Child, done: Callable[[], bool], within: float) -> tuple[float, float]:
    """Wait until a process rests and `done` says that it may; see `rest`.

    Raises:
        TimeoutError: It ended, or did not come to that within so many seconds.
    """
    deadline = time.monotonic() + within
    while child.alive and time.monotonic() < deadline:
        found = rest(child.pid)
        if done():
            return found
    raise TimeoutError(f"the {child.name} is not done:\n{child.last_lines()}")
