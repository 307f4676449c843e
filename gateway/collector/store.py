"""What a store must be able to do; what it says no to, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from gateway.collector.pulse import UNWATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gateway.collector.points import Fields, Point, Tags
    from schemas.batch import Batch

Row = TypeVar("Row")
"""What a point is to a store: whatever it writes without a further thought."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A point that the store will never take.

    Attributes:
        index: Its place among the rows of that write.
        reason: What the store said.
    """

    index: int
    reason: str


class Store(Protocol[Row]):
    """Where points end up; the same points written again change nothing.

    Attributes:
        writers: How many writes of readings may be under way at a time, each in its own thread.
        tellers: How many writes of what tells of readings may be under way beside them;
            with none, one that has written readings goes on to tell of them.
    """

    writers: int
    tellers: int

    def rows(self, gateway: str, batch: Batch) -> list[Row]:
        """Turn all of a batch's readings into rows, the delivery not among them."""

    def row(self, point: Point) -> Row:
        """Turn one point into a row."""

    def write(
        self, rows: Sequence[Row], alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Store rows, safe from a power cut on return, and name those that it never takes.

        Where that takes more than one step, `alive` is called after each.

        Raises:
            StoreBusy: It can't now; all, some or none of the rows may be in it.
            StoreDenied: It does not let us in, is not there, or is damaged.
        """

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None.

        Raises:
            StoreBusy: It can't answer now.
            StoreDenied: It does not let us in, is not there, or is damaged.
        """

    def close(self) -> None:
        """Let go of it."""


class Reader(Protocol):
    """What can be asked of a store."""

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Iterate over points, series by series, each in the order of time, from `since` (ms)."""
