"""The ledger, rule by rule: lost is only what its gateway can no longer send."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway.collector.ledger import Gap, missing
from gateway.collector.points import of_delivery, of_spool
from gateway.collector.sqlite import SqliteStore
from schemas.spool import EpochState, SpoolState
from tests.collector.batches import GATEWAY, T, batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

OLD, NEW, NEWER = "a" * 16, "b" * 16, "c" * 16


class Books:
    """A store that is filled the short way, and asked."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.time = T

    def deliver(self, epoch: str, seqs: Iterable[int], gateway: str = GATEWAY) -> None:
        self.store.write([of_delivery(gateway, batch(seq, epoch=epoch)) for seq in seqs])

    def say(
        self,
        now: str,
        *epochs: tuple[str, int, int] | tuple[str, int, int, list[tuple[int, int, str]]],
        more: bool = False,
    ) -> None:
        """Say that of each epoch seqs from `low` below `next` are held, and what was dropped."""
        states = [
            EpochState(epoch=epoch, low=low, next=end, dropped=dropped[0] if dropped else [])
            for epoch, low, end, *dropped in epochs
        ]
        self.time += 1000
        spool = SpoolState(now=now, epochs=states, more=more)
        self.store.write(of_spool(GATEWAY, spool, self.time))

    @property
    def missing(self) -> list[Gap]:
        return missing(self.store, GATEWAY)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with closing(SqliteStore(tmp_path / "city.db")) as store:
        yield Books(store)


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
    assert missing(books.store, "gw-2") == [Gap(OLD, 2, 2, "unknown")]


def test_a_long_history_of_epochs_ends_with_nothing_waiting(books: Books) -> None:
    epochs = [f"{number:016x}" for number in range(30)]
    for now in epochs:
        books.deliver(now, range(1, 4))
        books.say(now, (now, 4, 4))
    assert books.missing == []
