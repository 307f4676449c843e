"""Sources of time: whoever can confirm that the wall clock is right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from gateway.clock import Stamp
from gateway.trust.adjtimex import adjtimex

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.trust.adjtimex import KernelTime

UNSYNCHRONISED: Final = 16.0
"""Seconds of possible error at which the kernel calls its clock unsynchronised: NTP_PHASE_LIMIT in
its ntp.c."""

STEP_SECONDS: Final = 1.0
"""A movement of the wall clock against the seconds since boot beyond which it was set. (NTP's
gentle corrections move both alike; a leap second is no more than this.)"""

_SLACK: Final = 0.25
"""Seconds between a file's time, which the kernel takes from its last tick, and the wall clock's;
well below a step."""


class Source(ABC):
    """Confirms the wall clock, or not.

    Attributes:
        name: As a config writes it.
        patience: Seconds that a confirmation lasts before the source counts as silent.
        believes_steps: Whether a wall clock that was set is believed as before.
        seen: What this source has already judged, to be told to the next run (`resume`).
        problem: Why it does not confirm, for a person; empty when it does.
    """

    name: str
    patience: ClassVar[float] = 0.0
    believes_steps: ClassVar[bool] = False
    seen: int = 0
    problem: str = ""

    def resume(self, seen: int, offset: float) -> None:  # noqa: B027 - most have nothing to go on
        """Go on where an earlier run in this boot stopped, wall minus boot being `offset` s."""

    @abstractmethod
    def confirms(self, stamp: Stamp) -> bool:
        """Say whether the wall clock of `stamp`, which was read just now, is right."""


class System(Source):
    """Believes the wall clock whatever it says: for an RTC, a container, the demo."""

    name = "system"
    believes_steps = True

    def confirms(self, _stamp: Stamp) -> bool:
        """Say yes."""
        return True


class TouchedFile(Source):
    """Confirms each time its file is touched, as systemd-timesyncd does on each synchronisation.

    A touch says that the clock is right at that moment. When the clock was set between two looks,
    the time of the file tells which came first: it must make sense by the clock as it is now, and
    none by the clock as it was. A touch that makes sense by neither is left open: the clock may
    have been set after the stamp was read.

    The file must be on a file system that a reboot clears, such as `/run`, and nobody else may
    touch it. timesyncd polls at least each 2048 s (PollIntervalMaxSec in timesyncd.conf(5)), so
    that a file older than 35 minutes means that it has lost its server.
    """

    patience = 2100.0

    def __init__(self, path: Path) -> None:
        """Watch `path`, which need not be there yet."""
        self.name = f"file:{path}"
        self._path = path
        self._previous: Stamp | None = None
        """The latest moment of which everything was understood."""

    def resume(self, seen: int, offset: float) -> None:
        """Judge what was touched since, as if the earlier run had last looked at boot."""
        self.seen = seen
        self._previous = Stamp(boot=0.0, wall=offset)

    def confirms(self, stamp: Stamp) -> bool:
        """Say whether the file was touched since the last look, and by the clock as it is now.

        At the first look of a boot, whether it was touched in this boot.
        """
        at = self._touched()
        first = self._previous is None
        previous = self._previous or Stamp(boot=0.0, wall=stamp.offset)
        if at in {0, self.seen}:
            self._previous = stamp
            return False
        gap = stamp.boot - previous.boot
        touched = at / 1e9
        by_now = -_SLACK <= stamp.wall - touched <= gap + _SLACK
        by_then = -_SLACK <= touched - previous.wall <= gap + _SLACK
        stepped = abs(stamp.offset - previous.offset) > STEP_SECONDS
        confirmed = by_now and not (stepped and by_then)
        if first or by_now or by_then:
            self.seen = at
            self._previous = stamp
        if not confirmed:
            self.problem = f"{self._path} was touched by another clock: the clock was set since"
        return confirmed

    def _touched(self) -> int:
        """Return when the file was touched, ns since 1970; 0 where it can't be read."""
        try:
            at = self._path.stat().st_mtime_ns
        except OSError as error:
            self.problem = f"{self._path} can't be read: {error.strerror}"
            return 0
        self.problem = ""
        return at


class Kernel(Source):
    """Confirms while the kernel says that an NTP daemon keeps its clock.

    That is, while the largest possible error is below 16 s, as timedatectl(1) judges: setting the
    clock raises it to 16 s, and without a daemon it grows there in 9 hours. STA_UNSYNC would
    misjudge chronyd, which leaves it set unless told `rtcsync`.
    """

    name = "kernel"

    def __init__(self, ask: Callable[[], KernelTime] = adjtimex) -> None:
        """Ask adjtimex(2), or whoever is given."""
        self._ask = ask

    def confirms(self, stamp: Stamp) -> bool:
        """Say whether the kernel's clock is kept, and is the one that was read."""
        try:
            answer = self._ask()
        except OSError as error:
            self.problem = f"adjtimex is not allowed here: {error.strerror}"
            return False
        if answer.max_error >= UNSYNCHRONISED:
            self.problem = "no NTP daemon keeps the kernel's clock"
        elif abs(answer.wall - stamp.wall) > STEP_SECONDS:
            self.problem = "the wall clock is not the kernel's: it was set just now, or is faked"
        else:
            self.problem = ""
        return not self.problem


def find(name: str) -> Source:
    """Return the source that a config names: `kernel`, `system` or `file:PATH`."""
    if name.startswith("file:"):
        return TouchedFile(Path(name.removeprefix("file:")))
    return System() if name == "system" else Kernel()
