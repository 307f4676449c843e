"""Stores that fail on command, and threads that run at once, for whoever must survive them."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from gateway.collector.pulse import UNWATCHED
from gateway.collector.store import Refusal
from gateway.errors import StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.collector.points import Point
    from gateway.collector.sqlite import SqliteStore
    from schemas.batch import Batch


class FaultyStore:
    """The embedded store with faults in front of it; set its attributes at any time.

    Attributes:
        busy: Whether every write is put off.
        denied: Whether every write is denied.
        after: What a busy store asks to wait, s.
        refuses: Says of a point that it is never taken.
        attempts: Writes tried.
        fails_after: Attempts after which every one is put off.
        written: The points of each write that was taken, in order.
    """

    def __init__(self, inner: SqliteStore) -> None:
        """Stand in front of a store."""
        self.inner = inner
        self.writers = inner.writers
        self.tellers = inner.tellers
        self.busy = False
        self.denied = False
        self.after: float | None = None
        self.refuses: Callable[[Point], bool] = lambda _: False
        self.attempts = 0
        self.fails_after: int | None = None
        self.written: list[list[Point]] = []

    def rows(self, gateway: str, batch: Batch) -> list[Point]:
        """Ask the store behind."""
        return self.inner.rows(gateway, batch)

    def row(self, point: Point) -> Point:
        """Ask the store behind."""
        return self.inner.row(point)

    def write(
        self, rows: Sequence[Point], _alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Write what is not refused, unless busy or denied."""
        self.attempts += 1
        if self.fails_after is not None and self.attempts > self.fails_after:
            raise StoreBusy("the store is busy")
        if self.busy:
            raise StoreBusy("the store is busy", after=self.after)
        if self.denied:
            raise StoreDenied("the store does not let us in", "check the token")
        refusals = [
            Refusal(place, "out of range")
            for place, point in enumerate(rows)
            if self.refuses(point)
        ]
        out = {refusal.index for refusal in refusals}
        taken = [point for place, point in enumerate(rows) if place not in out]
        self.inner.write(taken)
        self.written.append(taken)
        return refusals

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Ask the store behind."""
        return self.inner.newest(measurement, tags)

    def close(self) -> None:
        """Close the store behind."""
        self.inner.close()


class Inline(Executor):
    """Runs whatever is submitted at once, in the thread that submits it."""

    def submit(
        self,
        work: Callable[..., Any],
        /,
        *arguments: Any,  # noqa: ANN401 - as its parent has it
        **named: Any,  # noqa: ANN401 - the same
    ) -> Future[Any]:
        """Run it, and hand over how it ended."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - whatever it is, the future tells it
            future.set_exception(error)
        return future
