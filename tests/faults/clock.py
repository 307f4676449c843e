"""The gateway's wall clock, which can be set while CLOCK_BOOTTIME goes on: libfaketime.

libfaketime 0.9.10 reads the offset from a file at each call (`FAKETIME_NO_CACHE`), leaves monotonic
clocks and CLOCK_BOOTTIME alone (`FAKETIME_DONT_FAKE_MONOTONIC`) and file times too. Python's
`time.sleep` fails under it (EINVAL from `clock_nanosleep`), hence `tests.faults.faked`. Left to
itself it judges by the C library that waits on a monotonic condition need a correction; with a
current one they then end at once, and threads that wait for Python's lock spin on it: a queue took
200 times as long (`FAKETIME_FORCE_MONOTONIC_FIX=0` forbids it).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

LIBRARY: Final = next(
    (str(found) for found in sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None
)
"""libfaketime, where Debian's `faketime` is installed."""


class WallClock:
    """A wall clock that can be set, and the file whose touch says that it is right.

    Attributes:
        confirmed: The file.
    """

    def __init__(self, folder: Path) -> None:
        """Begin right, but not yet confirmed."""
        self._offset_file = folder / "faketime"
        self.confirmed = folder / "synchronised"
        self.set_by(0.0)

    @property
    def env(self) -> dict[str, str]:
        """What a process needs in its environment to live by this clock."""
        if LIBRARY is None:
            return {}
        return {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(self._offset_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }

    def set_by(self, seconds: float) -> None:
        """Set it to so many seconds off the truth; nothing else notices."""
        fresh = self._offset_file.with_suffix(".new")
        fresh.write_text(f"{seconds:+.0f}\n", encoding="ascii")
        fresh.replace(self._offset_file)

    def confirm(self) -> None:
        """Touch the file as a time daemon does when it has just set the clock right."""
        self.confirmed.touch()
        os.utime(self.confirmed, (time.time(),) * 2)


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module under such a clock."""
    return [sys.executable, "-m", "tests.faults.faked", module, *arguments]
