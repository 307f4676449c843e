"""Writes under way: several at a time, settled in the order in which their messages came."""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.backoff import Backoff
from gateway.collector.pulse import Pulse
from gateway.errors import StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from gateway.clock import Clock
    from gateway.collector.writer import Decision, Item, Writer

log = logging.getLogger(__name__)

Group = list["Item"]
"""The messages of one write."""

STUCK_SECONDS: Final = 1800.0
"""A write that has been silent for so long hangs: an honest one says something with each answer of
the store and each dead letter."""

_SOON: Final = 0.2
_LATE: Final = 15.0
"""Seconds between two attempts at a write: the first pause, and the longest."""


@dataclass(slots=True)
class _Flight:
    """One write: under way while it has a future, over when it has decisions, else held."""

    group: Group
    pulse: Pulse
    future: Future[list[Decision]] | None = None
    decisions: list[Decision] | None = None

    @property
    def held(self) -> bool:
        return self.future is None and self.decisions is None


class Flights:
    """Carries groups to the store, and tries each again until the store has it.

    Attributes:
        held: Why the store takes nothing now; empty while it does.
    """

    def __init__(
        self,
        writer: Writer,
        executor: Executor,
        most: int,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """Begin with nothing under way.

        Args:
            writer: Writes a group, in a thread of the executor, and settles it in ours.
            executor: Where writes run.
            most: How many at a time.
            clock: Whose monotonic seconds tell when a write is tried again.
            wake: Called, from any thread, when a write has ended.
        """
        self.held = ""
        self._writer = writer
        self._executor = executor
        self._most = most
        self._clock = clock
        self._wake = wake
        self._retry = Backoff(_SOON, _LATE)
        self._again_at = 0.0
        self._flights: deque[_Flight] = deque()

    @property
    def full(self) -> bool:
        """Whether the next group must wait: for a write to end, or for a store that takes it."""
        return bool(self.held) or len(self._flights) >= self._most

    def launch(self, group: Group) -> None:
        """Send a group off."""
        flight = _Flight(group, Pulse(self._clock.monotonic))
        self._flights.append(flight)
        self._submit(flight)

    def retry(self) -> None:
        """Send off again what is held."""
        for flight in self._flights:
            if flight.held:
                self._submit(flight)

    def stuck(self) -> bool:
        """Say whether a write neither ends nor fails: an answer that drips can last for ever."""
        return any(one.future and one.pulse.silent > STUCK_SECONDS for one in self._flights)

    def wait(self) -> float:
        """Return the seconds until a held write is due; infinite while none is held."""
        if any(flight.held for flight in self._flights):
            return self._again_at - self._clock.monotonic()
        return float("inf")

    def landed(self) -> Iterator[tuple[Group, list[Decision]]]:
        """Take out what is written, in order, as far as nothing before it is still to be."""
        for flight in self._flights:
            if flight.future is not None and flight.future.done():
                self._look(flight, flight.future)
        while self._flights and (decisions := self._flights[0].decisions) is not None:
            group = self._flights.popleft().group
            self._writer.settle(group, decisions)
            yield group, decisions

    def finish(self, within: float) -> bool:
        """Wait until each write under way has ended, well or badly; False if one has not."""
        futures = [flight.future for flight in self._flights if flight.future is not None]
        return not wait(futures, max(0.0, within)).not_done

    def _look(self, flight: _Flight, future: Future[list[Decision]]) -> None:
        """See how a write ended; hold it where the store did not take it."""
        flight.future = None
        try:
            flight.decisions = future.result()
        except (StoreBusy, StoreDenied) as error:
            self._hold(error)
            return
        if self.held and not any(one.held for one in self._flights):
            log.info("the store takes writes again")
            self.held = ""
            self._retry.reset()

    def _hold(self, error: StoreBusy | StoreDenied) -> None:
        """Say why once, and try again later."""
        if str(error) != self.held:
            level = logging.ERROR if isinstance(error, StoreDenied) else logging.WARNING
            log.log(level, "nothing is acknowledged until the store takes it: %s", error)
        self.held = str(error)
        pause = self._retry.next()
        if isinstance(error, StoreBusy) and error.after is not None:
            pause = max(pause, error.after)
        # Of two writes that failed, the one that was told to wait longer speaks for both.
        held = [one for one in self._flights if one.held]
        due = self._clock.monotonic() + pause
        self._again_at = due if len(held) == 1 else max(due, self._again_at)

    def _submit(self, flight: _Flight) -> None:
        flight.pulse.rest()
        flight.future = self._executor.submit(self._writer.write, flight.group, flight.pulse)
        flight.future.add_done_callback(lambda _: self._wake())
