"""What the ledger and data capture ask of a store, so that it counts where the points lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from gateway.collector.store import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gateway.collector.points import Fields, Tags

Pick = Literal["min", "max"]
"""Which value of a minute is wanted."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a field of whole numbers comes to over many points.

    Attributes:
        count: How many.
        total: Their sum.
        low: The smallest.
        high: The largest.
    """

    count: int
    total: int
    low: int
    high: int


class Questions(Reader, Protocol):
    """A store that answers questions, too; times in ms, `since` included and `before` not.

    Each of them raises StoreBusy where there is no answer now, and StoreDenied where a person must
    do something.
    """

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""

    def names(self, measurement: str, tag: str) -> list[str]:
        """List the values that a tag has in a measurement, sorted."""

    def tally(
        self,
        measurement: str,
        field: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
    ) -> dict[Tags, Tally]:
        """Sum up a field of whole numbers, for each combination of the tags `by`."""

    def values(
        self,
        measurement: str,
        field: str,
        tags: Mapping[str, str],
        since: int = 0,
        before: int | None = None,
        least: int = 0,
    ) -> Iterator[int]:
        """Iterate over a field of whole numbers, over those that are at least so large."""

    def minutes(
        self,
        measurement: str,
        pick: Pick,
        suffix: str,
        by: Sequence[str],
        tags: Mapping[str, str],
        since: int,
        before: int,
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Pick one value a minute of each field whose name has that suffix.

        Minutes in which no such field has a value are left out.
        """

    def close(self) -> None:
        """Let go of it."""
