"""The ledger where a wrong clock has dated what a gateway said: what waits is not lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.collector import ledger
from gateway.collector.ledger import Gap
from tests.collector.batches import GATEWAY, T

if TYPE_CHECKING:
    from tests.collector.books import Books

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
AHEAD = 7 * HOUR
"""A machine that takes local time for UTC, until it has asked somebody."""

OLD, NEW = "a" * 16, "b" * 16
WAITING = [Gap(NEW, 2, 4, "waiting")]
GONE = [Gap(OLD, 2, 3, "lost", "gone")]


def gaps(books: Books, at: int, since: int = 0) -> list[Gap]:
    """Read the ledger at a time."""
    return ledger.read(books.reader, GATEWAY, since, at).gaps


def restarted(books: Books, ahead: int = AHEAD) -> None:
    """Hear an epoch by a clock that is ahead, and an hour later the next one by one that is not."""
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 1, 1), at=T + ahead)
    books.say(OLD, (OLD, 2, 2), at=T + ahead + MINUTE)
    books.deliver(NEW, [1], at=T + HOUR)
    books.say(NEW, (NEW, 2, 5), at=T + HOUR)


def replaced(books: Books, ahead: int = 0) -> None:
    """Lose what waits in an epoch: an hour later, another card knows nothing of it."""
    books.deliver(OLD, [1, 4])
    books.say(OLD, (OLD, 2, 5), at=T + ahead)
    books.deliver(NEW, [1], at=T + HOUR)
    books.say(NEW, (NEW, 2, 2), at=T + HOUR)


@pytest.mark.parametrize("ahead", [0, AHEAD, 3650 * DAY])
@pytest.mark.parametrize("later", [HOUR, 2 * HOUR, AHEAD, AHEAD + HOUR, 30 * DAY])
def test_what_waits_is_waiting_though_a_clock_was_ahead_when_the_epoch_before_it_was_heard(
    books: Books, ahead: int, later: int
) -> None:
    restarted(books, ahead)

    assert gaps(books, T + later) == WAITING


def test_what_is_about_to_be_committed_is_no_crash_by_a_clock_that_was_ahead(books: Books) -> None:
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 2, 2), at=T + AHEAD)
    books.deliver(NEW, [1, 5], at=T + HOUR)
    books.say(NEW, (NEW, 2, 2), at=T + HOUR)

    assert gaps(books, T + 8 * HOUR) == WAITING


@pytest.mark.parametrize("ahead", [AHEAD, 3650 * DAY])
def test_a_clock_that_was_ahead_hides_no_loss_not_even_for_as_long_as_it_was(
    books: Books, ahead: int
) -> None:
    restarted(books, ahead)
    books.say(NEW, (NEW, 5, 5), at=T + HOUR + MINUTE)

    assert gaps(books, T + 2 * HOUR) == [Gap(NEW, 2, 4, "lost", "forgotten")]


def test_an_epoch_that_is_heard_after_the_wrong_time_has_passed_waits_though_nothing_grew(
    books: Books,
) -> None:
    books.say(OLD, (OLD, 1, 1), at=T + AHEAD)
    books.deliver(NEW, [1, 5])
    books.say(NEW, (NEW, 2, 5), at=T + HOUR)
    books.say(NEW, (NEW, 2, 5), at=T + 8 * HOUR)

    assert gaps(books, T + 9 * HOUR) == WAITING


def test_once_the_wrong_time_has_passed_the_epoch_that_goes_on_growing_is_the_one_of_now(
    books: Books,
) -> None:
    restarted(books)
    books.deliver(NEW, [6])
    books.say(NEW, (NEW, 5, 7), at=T + 8 * HOUR)

    assert gaps(books, T + 8 * HOUR) == [
        Gap(NEW, 2, 4, "lost", "forgotten"),
        Gap(NEW, 5, 5, "waiting"),
    ]


def test_an_epoch_that_only_a_clock_ahead_has_heard_is_waiting(books: Books) -> None:
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 2, 2), at=T)
    books.deliver(NEW, [1, 5])
    books.say(NEW, (NEW, 2, 5), at=T + AHEAD)

    assert gaps(books, T + HOUR) == WAITING
    assert gaps(books, T + 8 * HOUR) == WAITING


def test_a_reader_whose_own_clock_is_far_behind_calls_nothing_lost_of_what_waits(
    books: Books,
) -> None:
    restarted(books, ahead=0)

    assert gaps(books, 0) == WAITING


def test_what_is_gone_is_told_at_once_where_all_clocks_are_right(books: Books) -> None:
    replaced(books)

    assert gaps(books, T + HOUR) == GONE


def test_what_is_gone_is_told_though_the_gateway_once_dated_readings_years_ahead(
    books: Books,
) -> None:
    replaced(books)
    books.deliver(OLD, [5], at=T + 3650 * DAY)

    assert gaps(books, T + 2 * HOUR) == GONE


def test_what_is_gone_is_in_doubt_only_until_the_next_epoch_has_grown_twice(books: Books) -> None:
    """As it would be if the clock that heard it was ahead."""
    replaced(books, ahead=AHEAD)
    doubt = [Gap(OLD, 2, 3, "waiting")]

    assert gaps(books, T + 2 * HOUR) == doubt
    books.deliver(NEW, [2, 3], at=T + 8 * HOUR)
    books.say(NEW, (NEW, 3, 3), at=T + 8 * HOUR)
    assert gaps(books, T + 8 * HOUR) == doubt
    books.say(NEW, (NEW, 4, 4), at=T + 8 * HOUR + 1)
    assert gaps(books, T + 9 * HOUR) == GONE


@pytest.mark.parametrize("apart", [MINUTE, AHEAD])
def test_what_is_gone_is_told_though_the_clocks_of_two_collectors_differ(
    books: Books, apart: int
) -> None:
    books.deliver(OLD, [1, 4])
    books.deliver(NEW, range(1, 9), at=T + HOUR)
    for clock in (0, apart):
        books.say(OLD, (OLD, 2, 5), at=T + clock)
        for seq in range(1, 9):
            books.say(NEW, (NEW, seq, seq), at=T + HOUR + seq * HOUR + clock)

    assert gaps(books, T + 9 * HOUR) == GONE


def test_an_old_message_that_nobody_had_heard_before_calls_nothing_lost(books: Books) -> None:
    """A broker that was down for long comes back with what it remembers."""
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 2, 2), at=T)
    books.deliver(NEW, [1, 5])
    books.say(NEW, (NEW, 2, 5), at=T + HOUR)
    books.say(OLD, (OLD, 9, 9), at=T + 2 * HOUR)

    assert [gap for gap in gaps(books, T + 3 * HOUR) if gap.epoch == NEW] == WAITING


def test_an_old_message_that_comes_again_hides_no_loss(books: Books) -> None:
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 2, 2), at=T)
    books.deliver(NEW, [1, 5])
    books.say(NEW, (NEW, 6, 6), at=T + HOUR)
    books.say(OLD, (OLD, 2, 2), at=T + 2 * HOUR)

    assert gaps(books, T + 3 * HOUR) == [Gap(NEW, 2, 4, "lost", "forgotten")]


def test_an_old_message_is_not_the_last_word_though_its_epoch_began_before_the_window(
    books: Books,
) -> None:
    books.deliver(OLD, [1])
    books.say(OLD, (OLD, 2, 2), at=T)
    books.deliver(NEW, [1, 5], at=T + 30 * DAY)
    books.say(NEW, (NEW, 2, 5), at=T + 30 * DAY)
    books.say(OLD, (OLD, 2, 2), at=T + 30 * DAY + HOUR)

    at = T + 30 * DAY + 2 * HOUR
    assert gaps(books, at, since=T + 30 * DAY - HOUR) == WAITING
