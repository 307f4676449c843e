"""Writes under way: more than one at a time, and settled in order all the same."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from gateway.clock import FakeClock
from gateway.collector.flights import Flights
from gateway.errors import StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.collector.pulse import Pulse


class Slow(Executor):
    """Runs nothing until it is told how a write ends.

    Attributes:
        futures: What was submitted and has not ended, oldest first.
        groups: What each of them writes.
        pulses: The pulse of each write that ever was submitted.
    """

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []
        self.groups: list[Any] = []
        self.pulses: list[Pulse] = []

    def submit(
        self,
        _work: Callable[..., Any],
        /,
        *arguments: Any,  # noqa: ANN401 - as its parent has it
        **_: Any,  # noqa: ANN401 - the same
    ) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        self.groups.append(arguments[0])
        self.pulses.append(arguments[1])
        return future

    def end(self, place: int, error: Exception | None = None) -> None:
        """Let the write at a place end, well or badly."""
        future, group = self.futures.pop(place), self.groups.pop(place)
        if error is None:
            future.set_result(group)
        else:
            future.set_exception(error)


class Air:
    """Flights of two at most over an executor that obeys."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.executor = Slow()
        self.woken = 0
        self.settled: list[Any] = []
        self.flights = Flights(self, self.executor, 2, self.clock, self._wake)  # type: ignore[arg-type]

    def write(self, _group: Any, _pulse: Pulse) -> list[Any]:  # noqa: ANN401 - of any test
        """Stand for the writer; the executor runs nothing."""
        return []

    def settle(self, group: Any, _decisions: Any) -> None:  # noqa: ANN401 - the same
        """Note what the writer was told to settle."""
        self.settled.append(group)

    def _wake(self) -> None:
        self.woken += 1

    def launch(self, *groups: Sequence[Any]) -> None:
        for group in groups:
            self.flights.launch(list(group))

    def land(self) -> list[Any]:
        return [group for group, _ in self.flights.landed()]


@pytest.fixture
def air() -> Air:
    return Air()


def test_two_writes_are_under_way_and_a_third_waits(air: Air) -> None:
    room = []
    for group in ("a", "b"):
        air.launch(group)
        room.append(not air.flights.full)
    assert room == [True, False]
    assert air.executor.groups == [["a"], ["b"]]


def test_what_is_written_first_is_not_settled_before_what_came_first(air: Air) -> None:
    air.launch("a", "b")
    air.executor.end(1)
    assert (air.woken, air.land()) == (1, [])
    assert air.flights.full
    air.executor.end(0)
    assert (air.woken, air.land(), air.settled) == (2, [["a"], ["b"]], [["a"], ["b"]])
    assert not air.flights.full


def test_a_write_that_failed_is_held_and_tried_again_when_it_is_due(air: Air) -> None:
    air.launch("a")
    air.executor.end(0, StoreBusy("full", after=40.0))
    assert air.land() == []
    assert (air.flights.held, air.flights.full) == ("full", True)
    assert air.flights.wait() == pytest.approx(40.0)
    assert air.executor.groups == []
    air.flights.retry()
    assert air.executor.groups == [["a"]]
    air.executor.end(0)
    assert (air.land(), air.flights.held, air.flights.full) == ([["a"]], "", False)


def test_a_later_write_that_succeeds_neither_frees_nor_hurries_the_one_that_is_held(
    air: Air,
) -> None:
    air.launch("a", "b")
    air.executor.end(0, StoreDenied("no token"))
    assert air.land() == []
    air.executor.end(0)
    pauses = []
    for _ in range(12):
        assert air.land() == []
        assert air.flights.held == "no token"
        pauses.append(air.flights.wait())
        air.clock.advance(max(pauses[-1], 0.0))
        air.flights.retry()
        air.executor.end(0, StoreDenied("no token"))
    assert max(pauses) > 5, "the pauses grow"
    assert air.land() == []
    air.flights.retry()
    air.executor.end(0)
    assert air.land() == [["a"], ["b"]]


def test_the_same_trouble_is_said_once(air: Air, caplog: pytest.LogCaptureFixture) -> None:
    air.launch("a", "b")
    for _ in range(3):
        air.executor.end(1, StoreBusy("disk full"))
        air.executor.end(0, StoreBusy("disk full"))
        assert air.land() == []
        air.flights.retry()
    said = [one for one in caplog.messages if "disk full" in one]
    assert len(said) == 1


def test_a_fault_of_our_own_is_not_swallowed(air: Air) -> None:
    air.launch("a")
    air.executor.end(0, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        _ = air.land()


def test_of_two_that_are_held_the_longer_wait_counts(air: Air) -> None:
    air.launch("a", "b")
    air.executor.end(0, StoreBusy("too many", after=200.0))
    air.executor.end(0, StoreBusy("too many"))
    assert air.land() == []
    assert air.flights.wait() == pytest.approx(200.0)


def test_a_write_that_neither_ends_nor_fails_is_noticed(air: Air) -> None:
    air.launch("a")
    air.executor.pulses[0].beat()
    air.clock.advance(1700)
    assert not air.flights.stuck()
    air.clock.advance(200)
    assert air.flights.stuck()
    air.executor.end(0, StoreBusy("slow"))
    assert air.land() == []
    assert not air.flights.stuck(), "what is held is tried again"
    air.flights.retry()
    assert not air.flights.stuck(), "a new attempt has not begun yet"


def test_a_write_that_waits_for_its_turn_does_not_hang(air: Air) -> None:
    air.launch("a")
    lane = Lock()
    for _ in range(2):
        air.clock.advance(5000)
        assert not air.flights.stuck()
        with air.executor.pulses[0].turn(lane):
            air.clock.advance(1700)
            assert not air.flights.stuck()
        air.executor.pulses[0].rest()


def test_a_write_may_last_for_hours_while_it_gets_on(air: Air) -> None:
    air.launch("a")
    for _ in range(10):
        air.executor.pulses[0].beat()
        air.clock.advance(1700)
        assert not air.flights.stuck()


def test_the_end_does_not_wait_for_a_write_that_hangs(air: Air) -> None:
    air.launch("a", "b")
    air.executor.end(1)
    assert not air.flights.finish(0.0)
    air.executor.end(0)
    assert air.flights.finish(0.0)
