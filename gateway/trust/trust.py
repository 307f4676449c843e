"""Trust: whether the wall clock can be believed, and so whether a reading can be dated.

A small computer without a battery wakes up in 1970, or where it was switched off; later NTP sets
its clock. Until a source confirms the wall clock, nothing is dated. Once confirmed, it is believed
until the boot ends or somebody sets it: both are seen by comparing it with the seconds since boot,
which nobody can set. A source that falls silent takes nothing away (*holdover*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

from gateway.trust.sources import STEP_SECONDS, Source, find
from schemas.base import EARLIEST_MS, LATEST_MS

if TYPE_CHECKING:
    from gateway.clock import Stamp

_DAY_MS: Final = 86_400_000

_FINEST: Final = 0.01
"""Seconds: the offset that is remembered follows the clock in no finer steps than this, so that
what reads two clocks a microsecond apart does not look like news each time."""


class Kept(NamedTuple):
    """All that is known of the clock: with it, a restart in the same boot goes on as if none was.

    Attributes:
        boot_id: The boot that all of this is true of.
        offset: Wall minus boot, s: what the wall clock is compared with.
        trusted: Whether the wall clock is believed.
        seen: What the source has already judged; see `Source.seen`.
        source: The source that judged it: another one begins anew.
    """

    boot_id: str
    offset: float
    trusted: bool = False
    seen: int = 0
    source: str = ""


class Trust:
    """Told stamps, it says which of them can be dated; it reads no clock of its own.

    Attributes:
        kept: What is known, as of the last poll; to be stored wherever it outlives the process.
        steps: How often the wall clock was set since this process began.
        turn: A number that changes whenever the clock was set, or trust was won: intervals end
            there.
    """

    def __init__(self, source: Source, boot_id: str, kept: Kept | None = None) -> None:
        """Go on from `kept`, where that is of this boot and this source."""
        self._source = source
        self._boot_id = boot_id
        self.kept: Kept | None = None
        self.steps = 0
        self.turn = 0
        self._offset: float | None = None
        self._trusted = False
        self._newest = float("-inf")
        self._polled: float | None = None
        self._confirmed = 0.0
        if kept is not None and (kept.boot_id, kept.source) == (boot_id, source.name):
            self.kept = kept
            self._offset, self._trusted = kept.offset, kept.trusted
            source.resume(kept.seen, kept.offset)

    @classmethod
    def of(cls, source: str, boot_id: str, kept: Kept | None = None) -> Self:
        """Trust what a config's `[clock] trust` names."""
        return cls(find(source), boot_id, kept)

    def poll(self, stamp: Stamp) -> None:
        """Look at the clock and ask the source; to be called about each second."""
        self._compare(stamp)
        if self._polled is None:
            self._confirmed = stamp.boot
        self._polled = stamp.boot
        if self._source.confirms(stamp) and not self._differs(stamp):
            self._win(stamp)
        self.kept = Kept(
            self._boot_id, self._known(stamp), self._trusted, self._source.seen, self._source.name
        )

    def date(self, stamp: Stamp) -> int | None:
        """Give the time of a stamp, ms since 1970; None where its wall clock can't be believed.

        The first stamp after a step ends trust, whether or not a poll has seen the step.
        """
        self._compare(stamp)
        if not self._trusted or self._differs(stamp):
            return None
        return _believable(stamp.wall)

    def late(self, boot_seconds: float) -> int | None:
        """Give the time of a moment of this boot, ms since 1970; None while none can be given."""
        if not self._trusted or self._offset is None:
            return None
        return _believable(boot_seconds + self._offset)

    @property
    def state(self) -> Literal["trusted", "holdover", "waiting"]:
        """Say whether readings are dated, and whether the source still stands behind that."""
        if not self._trusted or not self._possible:
            return "waiting"
        return "holdover" if self.holdover_seconds else "trusted"

    @property
    def holdover_seconds(self) -> float:
        """How long the clock has been believed without its source; 0 while that confirms it."""
        if not self._trusted or self._polled is None:
            return 0.0
        silent = self._polled - self._confirmed
        return silent if silent > self._source.patience else 0.0

    @property
    def problem(self) -> str:
        """Why readings are not dated, or soon may not be, for a person; empty while all is well."""
        if self._trusted and not self._possible:
            return "it stands before 2020 or beyond 2100: set it"
        return self._source.problem

    # -- within -----------------------------------------------------------------------------

    @property
    def _possible(self) -> bool:
        """Whether the clock, when it was last looked at, told a time that a batch can carry."""
        if self._polled is None or self._offset is None:
            return True
        return _believable(self._polled + self._offset) is not None

    def _known(self, stamp: Stamp) -> float:
        return stamp.offset if self._offset is None else self._offset

    def _differs(self, stamp: Stamp) -> bool:
        return abs(stamp.offset - self._known(stamp)) > STEP_SECONDS

    def _compare(self, stamp: Stamp) -> None:
        """See whether the clock was set; a stamp older than one seen before has nothing to say."""
        if stamp.boot < self._newest:
            return
        self._newest = stamp.boot
        if self._differs(stamp):
            self.steps += 1
            self.turn += 1
            self._offset = stamp.offset
            self._trusted = self._source.believes_steps
        elif self._offset is None:
            self._offset = stamp.offset

    def _win(self, stamp: Stamp) -> None:
        self._confirmed = stamp.boot
        if not self._trusted:
            self._trusted = True
            self.turn += 1
            self._offset = stamp.offset
        elif abs(stamp.offset - self._known(stamp)) > _FINEST:
            self._offset = stamp.offset


def _believable(seconds: float) -> int | None:
    """Turn seconds since 1970 into ms; None where no batch could carry them (2020 … 2100)."""
    at = round(seconds * 1000)
    return at if EARLIEST_MS <= at <= LATEST_MS - _DAY_MS else None
