"""A world that knows the true time, a computer in it, and the touched file that it trusts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.clock import FakeClock, Stamp
from gateway.trust import Trust

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.trust import Kept

YEAR = 365 * 86400.0


@dataclass(frozen=True)
class Moment:
    """A moment as the computer saw it, and as it was."""

    boot_id: str
    stamp: Stamp
    true: float


class World:
    """Time passes by the second at most between two polls, as in the gateway's loop."""

    def __init__(self, file: Path, wrong: float = 0.0) -> None:
        self.file = file
        self.clock = FakeClock()
        self.true = self.clock.wall
        self.clock.step(wrong)
        self.kept: Kept | None = None
        self.trust = self._started()

    def _started(self) -> Trust:
        trust = Trust.of(f"file:{self.file}", self.clock.boot_id, self.kept)
        trust.poll(self.clock.stamp())
        return trust

    @property
    def error(self) -> float:
        return self.clock.wall - self.true

    def poll(self) -> None:
        self.trust.poll(self.clock.stamp())
        self.kept = self.trust.kept

    def wait(self, seconds: float) -> None:
        for part in (min(seconds, 1.0), max(0.0, seconds - 1.0)):
            self.clock.advance(part)
            self.true += part
            self.poll()

    def set_clock(self, error: float) -> None:
        self.clock.step(error - self.error)

    def touch(self) -> None:
        at = round(self.clock.wall * 1e9)
        self.file.touch()
        os.utime(self.file, ns=(at, at))

    def restart(self) -> None:
        """Kill the process and start it again; what it kept is on the disk."""
        self.trust = self._started()

    def reboot(self, off: float, error: float) -> None:
        """Cut the power for `off` seconds; the file is on a file system of this boot."""
        self.true += off
        self.clock.reboot()
        self.set_clock(error)
        self.file.unlink(missing_ok=True)
        self.restart()

    def moment(self) -> Moment:
        return Moment(self.clock.boot_id, self.clock.stamp(), self.true)

    def dated(self) -> int | None:
        """Date a reading of just now: ms off the true time, or None."""
        at = self.trust.date(self.clock.stamp())
        return None if at is None else round(at - self.true * 1000)

    def dated_late(self, moment: Moment) -> int | None:
        """Date a reading that waited: ms off the true time, or None."""
        at = self.trust.late(moment.stamp.boot)
        return None if at is None else round(at - moment.true * 1000)
