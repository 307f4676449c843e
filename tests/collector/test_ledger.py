"""The ledger, rule by rule: lost is only what its gateway can no longer send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.collector.ledger import Conflict, Gap, missing
from gateway.collector.points import Point
from tests.collector.batches import GATEWAY, T

if TYPE_CHECKING:
    from tests.collector.books import Books

HOUR, DAY = 3_600_000, 86_400_000
OLD, NEW, NEWER = "a" * 16, "b" * 16, "c" * 16


def test_nothing_is_missing_of_who_was_never_heard(books: Books) -> None:
    assert books.missing == []


def test_nothing_is_missing_when_all_is_there(books: Books) -> None:
    books.deliver(OLD, range(1, 10))
    books.say(OLD, (OLD, 10, 10))
    assert books.missing == []


def test_a_gap_is_unknown_while_no_spool_was_heard(books: Books) -> None:
    books.deliver(OLD, [1, 2, 5])
    assert books.missing == [Gap(OLD, 3, 4, "unknown")]


def test_what_the_gateway_holds_is_waiting(books: Books) -> None:
    books.deliver(OLD, [1, 2, 5])
    books.say(OLD, (OLD, 3, 8))
    assert books.missing == [Gap(OLD, 3, 4, "waiting"), Gap(OLD, 6, 7, "waiting")]


def test_what_is_held_is_waiting_even_if_nothing_newer_was_ever_stored(books: Books) -> None:
    books.say(OLD, (OLD, 1, 8))
    assert books.missing == [Gap(OLD, 1, 7, "waiting")]


def test_the_backlog_behind_the_live_batches_is_waiting(books: Books) -> None:
    books.deliver(OLD, [100, 101])
    books.say(OLD, (OLD, 1, 102))
    assert books.missing == [Gap(OLD, 1, 99, "waiting")]


def test_what_was_published_before_its_commit_is_waiting_while_its_epoch_lasts(
    books: Books,
) -> None:
    books.deliver(OLD, [1, 2, 6])
    books.say(OLD, (OLD, 3, 4))
    assert books.missing == [Gap(OLD, 3, 5, "waiting")]


def test_what_was_published_before_its_commit_is_lost_with_its_epoch(books: Books) -> None:
    books.deliver(OLD, [1, 2, 6])
    books.say(OLD, (OLD, 3, 4))
    books.say(NEW, (OLD, 3, 4), (NEW, 1, 1))
    assert books.missing == [Gap(OLD, 3, 3, "waiting"), Gap(OLD, 4, 5, "lost", "crash")]


def test_what_was_dropped_is_lost_with_its_cause(books: Books) -> None:
    books.deliver(OLD, [1, 9])
    books.say(OLD, (OLD, 7, 10, [(2, 4, "full"), (6, 6, "age")]))
    assert books.missing == [
        Gap(OLD, 2, 4, "lost", "full"),
        Gap(OLD, 5, 5, "lost", "forgotten"),
        Gap(OLD, 6, 6, "lost", "age"),
        Gap(OLD, 7, 8, "waiting"),
    ]


def test_what_was_dropped_from_within_the_held_is_lost(books: Books) -> None:
    books.say(OLD, (OLD, 1, 5, [(2, 3, "full")]))
    assert books.missing == [
        Gap(OLD, 1, 1, "waiting"),
        Gap(OLD, 2, 3, "lost", "full"),
        Gap(OLD, 4, 4, "waiting"),
    ]


def test_what_was_dropped_and_yet_arrived_is_not_missing(books: Books) -> None:
    books.deliver(OLD, [1, 2, 3])
    books.say(OLD, (OLD, 4, 4, [(1, 3, "full")]))
    assert books.missing == []


def test_below_low_and_above_the_lowest_stored_is_lost(books: Books) -> None:
    books.deliver(OLD, [3, 5])
    books.say(OLD, (OLD, 6, 6))
    assert books.missing == [Gap(OLD, 4, 4, "lost", "forgotten")]


def test_retention_is_no_loss(books: Books) -> None:
    books.deliver(OLD, [4711, 4712])
    books.say(OLD, (OLD, 4713, 4713))
    assert books.missing == []


def test_an_epoch_that_is_listed_no_longer_is_lost(books: Books) -> None:
    books.deliver(OLD, [1, 4])
    books.say(OLD, (OLD, 2, 4))
    books.say(NEW, (NEW, 1, 1))
    assert books.missing == [Gap(OLD, 2, 3, "lost", "gone")]


def test_an_epoch_that_is_not_listed_for_want_of_room_is_waiting(books: Books) -> None:
    books.deliver(OLD, [1, 4])
    books.say(OLD, (OLD, 2, 4))
    books.say(NEW, (NEWER, 1, 3), more=True)
    assert [gap for gap in books.missing if gap.epoch == OLD] == [Gap(OLD, 2, 3, "waiting")]


def test_an_epoch_that_was_never_listed_is_unknown_and_not_lost(books: Books) -> None:
    books.say(OLD, (OLD, 1, 1))
    books.deliver(NEW, [1, 3])
    assert books.missing == [Gap(NEW, 2, 2, "unknown")]


def test_the_epoch_that_is_now_is_waiting_even_if_the_list_was_cut_before_it(
    books: Books,
) -> None:
    books.say(NEW, (OLD, 5, 5), more=True)
    books.deliver(NEW, [1, 3])
    assert [gap for gap in books.missing if gap.epoch == NEW] == [Gap(NEW, 2, 2, "waiting")]


def test_an_old_message_that_comes_again_calls_nothing_lost(books: Books) -> None:
    books.say(OLD, (OLD, 1, 5))
    books.say(NEW, (OLD, 1, 5), (NEW, 1, 3))
    waiting = books.missing
    books.say(OLD, (OLD, 1, 5))  # a broker that came back with what it remembered
    assert books.missing == waiting


def test_an_old_message_of_an_epoch_long_gone_calls_nothing_lost(books: Books) -> None:
    books.say(OLD, (OLD, 5, 5))
    books.say(NEW, (NEW, 1, 3))
    books.deliver(NEW, [3])
    waiting = books.missing
    books.say(OLD, (OLD, 5, 5))
    assert waiting == [Gap(NEW, 1, 2, "waiting")]
    assert books.missing == waiting


def test_an_older_message_of_the_same_epoch_brings_back_none_that_is_gone(books: Books) -> None:
    books.deliver(OLD, [1, 4])
    books.say(NEW, (OLD, 2, 4), (NEW, 1, 1))
    books.say(NEW, (NEW, 1, 3))
    missing = books.missing
    books.say(NEW, (OLD, 2, 4), (NEW, 1, 1))

    assert Gap(OLD, 2, 3, "lost", "gone") in missing
    assert books.missing == missing


def test_within_an_epoch_the_message_with_the_larger_numbers_is_the_newer(books: Books) -> None:
    books.deliver(OLD, range(1, 6))
    books.deliver(OLD, [8])
    books.say(OLD, (OLD, 9, 9, [(6, 7, "full")]))
    books.say(OLD, (OLD, 2, 6))
    assert books.missing == [Gap(OLD, 6, 7, "lost", "full")]


def test_gateways_keep_their_own_books(books: Books) -> None:
    books.deliver(OLD, [1, 3], gateway="gw-2")
    books.say(OLD, (OLD, 1, 1))
    assert books.missing == []
    assert missing(books.reader, "gw-2") == [Gap(OLD, 2, 2, "unknown")]


def test_a_long_history_of_epochs_ends_with_nothing_waiting(books: Books) -> None:
    epochs = [f"{number:016x}" for number in range(30)]
    for now in epochs:
        books.deliver(now, range(1, 4))
        books.say(now, (now, 4, 4))
    assert books.missing == []


# -- what is there is summed up by the store, and read only where the sums do not fit ------------


def test_one_batch_twice_hides_no_other_that_is_missing(books: Books) -> None:
    """Their number is that of a ledger without a gap; their sum is not."""
    books.deliver(OLD, [*range(1, 2000), *range(2001, 4001)])
    books.deliver(OLD, [1000], device="pm-2")
    books.say(OLD, (OLD, 4001, 4001))
    account = books.since(0)

    assert account.gaps == [Gap(OLD, 2000, 2000, "lost", "forgotten")]
    assert account.conflicts == [Conflict(OLD, 1000, 1000)]
    assert account.stored == 4000


def test_doubles_are_found_within_the_last_hour_and_before(books: Books) -> None:
    books.deliver(OLD, range(1, 1001))
    books.deliver(OLD, [5, 6, 990], device="pm-2")

    assert books.since(0).conflicts == [Conflict(OLD, 5, 6), Conflict(OLD, 990, 990)]


def test_a_gap_far_behind_the_last_hour_is_found(books: Books) -> None:
    books.deliver(OLD, [*range(1, 500), *range(503, 3000)])
    books.say(OLD, (OLD, 3000, 3000))

    assert books.missing == [Gap(OLD, 500, 502, "lost", "forgotten")]


def test_the_seqs_of_a_gateway_that_lies_cost_memory_for_what_is_there_only(books: Books) -> None:
    largest = 2**53 - 1
    books.deliver(OLD, [1, 2])
    books.deliver(OLD, [largest - 1], every_ms=0, device="pm-2")
    books.deliver(OLD, [largest], every_ms=0, device="pm-3")
    books.say(OLD, (OLD, 3, 3))

    assert books.missing == [Gap(OLD, 3, largest - 2, "waiting")]


def test_what_retention_took_from_the_store_is_not_missing(books: Books) -> None:
    books.deliver(OLD, range(5000, 9000))
    books.deliver(NEW, range(1, 3000))
    books.say(OLD, (OLD, 8500, 9000))
    books.say(NEW, (NEW, 3000, 3000))

    assert books.missing == []


def test_points_of_others_in_our_measurements_do_no_harm(books: Books) -> None:
    books.deliver(OLD, [1, 2, 4])
    books.say(OLD, (OLD, 5, 5))
    for name in ("delivery", "spool"):
        books.write([Point(name, (("gateway", GATEWAY),), T + 1, {"x": 1.0})])

    assert books.missing == [Gap(OLD, 3, 3, "lost", "forgotten")]


# -- a window of time ----------------------------------------------------------------------------


def test_a_window_cuts_an_epoch_apart_and_calls_nothing_lost_that_began_before_it(
    books: Books,
) -> None:
    """Devices take turns, and their batches begin at times that do not rise with their seqs."""
    books.deliver(OLD, range(1, 6001, 2), every_ms=5000, at=T - 25_000)
    books.deliver(OLD, range(2, 6001, 2), every_ms=5000, device="pm-2")
    books.say(OLD, (OLD, 6001, 6001))
    account = books.since(T + 5000 * 3000)

    assert account.gaps == []
    assert 2990 < account.stored < 3010


def test_what_began_long_before_a_window_is_looked_for_before_it_is_called_lost(
    books: Books,
) -> None:
    books.deliver(OLD, [*range(1, 700), *range(701, 1001)])
    books.deliver(OLD, [700], at=T - DAY)
    books.say(OLD, (OLD, 1001, 1001))

    assert books.since(T + 10_000 * 600).gaps == []


def test_what_was_lost_before_a_window_is_not_told_again(books: Books) -> None:
    books.deliver(OLD, [1, *range(5, 1000)])
    books.say(OLD, (OLD, 5, 6, [(2, 3, "full")]), at=T + 60_000)
    books.say(OLD, (OLD, 1000, 1000, [(2, 3, "full")]), at=T + 10_000_000)

    assert books.since(T + 5_000_000).gaps == []
    assert books.missing == [Gap(OLD, 2, 3, "lost", "full"), Gap(OLD, 4, 4, "lost", "forgotten")]


def test_what_was_given_up_within_a_window_is_told_however_old_it_was(books: Books) -> None:
    books.deliver(OLD, [*range(1, 20), *range(40, 1000)])
    books.say(OLD, (OLD, 20, 30), at=T + 300_000)
    books.say(OLD, (OLD, 1000, 1000, [(20, 39, "full")]), at=T + 10_000_000)

    assert books.since(T + 5_000_000).gaps == [Gap(OLD, 20, 39, "lost", "full")]


def test_what_was_given_up_within_a_window_and_yet_arrived_before_it_is_not_missing(
    books: Books,
) -> None:
    books.deliver(OLD, [*range(1, 20), *range(25, 1000)])
    books.say(OLD, (OLD, 1000, 1000, [(20, 39, "full")]), at=T + 10_000_000)

    assert books.since(T + 5_000_000).gaps == [Gap(OLD, 20, 24, "lost", "full")]


def test_what_waits_is_told_however_long_it_has_waited(books: Books) -> None:
    books.deliver(OLD, [1, 2, 5])
    books.deliver(NEW, range(1, 100), at=T + 30 * DAY)
    books.say(NEW, (OLD, 3, 8), (NEW, 100, 100), at=T + 30 * DAY)

    waiting = [Gap(OLD, 3, 4, "waiting"), Gap(OLD, 6, 7, "waiting")]
    assert books.since(T + 30 * DAY - HOUR).gaps == waiting


def test_an_epoch_without_room_in_the_list_waits_from_what_it_held(books: Books) -> None:
    books.deliver(OLD, range(1, 2000))
    books.say(OLD, (OLD, 1500, 2003), at=T + 19_000_000)
    books.say(NEW, (NEWER, 1, 1), more=True, at=T + 19_100_000)
    gaps = [Gap(OLD, 2000, 2002, "waiting")]

    assert books.since(T + 18_000_000).gaps == gaps
    assert books.missing == gaps


def test_the_last_word_counts_though_it_was_said_before_the_window(books: Books) -> None:
    books.deliver(OLD, [1, 2])
    books.say(OLD, (OLD, 3, 8), at=T)

    assert books.since(T + 30 * DAY).gaps == [Gap(OLD, 3, 7, "waiting")]
