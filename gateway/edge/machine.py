"""The machine under the gateway: what the kernel tells of CPU, memory, power and disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

_TEMPERATURE: Final = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_MACHINE_ID: Final = Path("/etc/machine-id")


def machine_digest(path: Path = _MACHINE_ID) -> str:
    """Name this machine without telling its id (machine-id(5) asks for that): 12 hex digits."""
    try:
        known = path.read_bytes().strip()
    except OSError:
        known = os.uname().nodename.encode()
    return hashlib.sha256(b"simpang" + known).hexdigest()[:12]


class Machine:
    """Reads the vitals of this machine; what it does not have, it leaves out.

    Sources: proc(5); raspberrypi.com documentation, `vcgencmd get_throttled` (bit 0 under-voltage
    now, bit 16 since boot; sysfs has the same word).
    """

    def __init__(self, disk: Path) -> None:
        """Watch the file system that holds `disk`."""
        self._disk = disk
        self._busy, self._total = _cpu_ticks()

    def vitals(self) -> dict[str, float]:
        """Read what can be read, by quantity, in the table's units.

        `cpu` is the share since the last call.
        """
        found: dict[str, float] = {}
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            busy, total = _cpu_ticks()
            found["cpu"] = round(100 * (busy - self._busy) / (total - self._total), 1)
            self._busy, self._total = busy, total
        with contextlib.suppress(OSError, ValueError):
            found["cpu_temperature"] = int(_TEMPERATURE.read_text("ascii")) / 1000
        with contextlib.suppress(OSError, ValueError, KeyError, ZeroDivisionError):
            memory = _meminfo()
            share = 1 - memory["MemAvailable"] / memory["MemTotal"]
            found["memory"] = round(100 * share, 1)
        with contextlib.suppress(OSError, ValueError):
            found["power"] = float(int(_THROTTLED.read_text("ascii"), 16))
        with contextlib.suppress(OSError):
            disk = os.statvfs(self._disk)
            found["disk_free"] = float(disk.f_bavail * disk.f_frsize)
        with contextlib.suppress(OSError, ValueError, KeyError):
            found["disk_written"] = float(_own_io()["write_bytes"])
        return found


def _cpu_ticks() -> tuple[int, int]:
    """Read how long the CPUs were busy, and how long there was."""
    with Path("/proc/stat").open(encoding="ascii") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


def _meminfo() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def _own_io() -> dict[str, int]:
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return {name: int(rest) for name, _, rest in (line.partition(":") for line in lines)}
