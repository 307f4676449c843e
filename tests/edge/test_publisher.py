from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schemas.receipt import Receipt
from tests.edge.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "spool.db", window=5)


def test_nothing_is_sent_without_a_broker(bench: Bench) -> None:
    bench.batch()
    assert bench.sent() == []


def test_the_present_comes_first_and_one_send_in_four_is_backlog(bench: Bench) -> None:
    wide = bench.publisher._window = 1000  # noqa: SLF001 - room for the whole order
    assert wide
    for _ in range(6):
        bench.batch("old")
    for number in range(6):
        bench.batch(f"new-{number}")
    bench.publisher.connected()
    order = [held.device for held in bench.sent()]
    assert order[:8] == ["old", "new-0", "new-1", "old", "new-2", "new-3", "new-4", "old"]
    assert sorted(order) == sorted(["old"] * 6 + [f"new-{n}" for n in range(6)])


def test_a_full_window_sends_only_a_probe_the_newest_live_batch(bench: Bench) -> None:
    bench.publisher.connected()
    for _ in range(5):
        bench.batch()
    assert len(bench.sent()) == 5
    bench.batch()
    bench.batch("other")
    assert bench.sent() == []
    bench.now += 10
    probes = bench.sent()
    assert [held.device for held in probes] == ["other"]


def test_probes_back_off_to_ten_minutes_and_the_window_stays_bounded(bench: Bench) -> None:
    bench.publisher.connected()
    gaps, last, sends = [], bench.now, 0
    for _ in range(4000):
        bench.batch()
        for _ in bench.sent():
            sends += 1
            gaps.append(bench.now - last)
            last = bench.now
    assert bench.publisher.unreceipted <= 6
    assert max(gaps) <= 601
    assert sends < 5 + 20


def test_any_receipt_makes_everything_due_and_the_newest_goes_at_once(bench: Bench) -> None:
    bench.publisher.connected()
    for _ in range(1000):
        bench.batch()
        bench.sent()
    bench.publisher.receipt(Receipt(), bench.now)
    again = bench.sent()
    assert again[0].seq == 1000
    assert len(again) >= 5


def test_a_reconnect_makes_everything_due(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    first = bench.sent()
    bench.publisher.disconnected()
    bench.publisher.connected()
    assert bench.sent() == first


def test_what_is_receipted_is_forgotten_and_what_is_not_is_sent_again(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    bench.batch()
    first, second = bench.sent()
    bench.receipt(first)
    assert bench.spool.read(first.id) is None
    bench.now += 11
    assert bench.sent() == [second]


@pytest.mark.parametrize(
    "ranges",
    [[(1, 10**15)], [(1, 9)], [(3, 3)], [(4, 10)]],
    ids=["endless", "beyond what was sent", "never sent", "beyond both"],
)
def test_a_receipt_for_what_was_never_sent_forgets_nothing(
    bench: Bench, ranges: list[tuple[int, int]]
) -> None:
    bench.publisher.connected()
    bench.batch()
    bench.batch()
    bench.sent()
    bench.publisher.disconnected()
    bench.batch()
    bench.publisher.receipt(Receipt(stored={bench.spool.epoch: ranges}), bench.now)
    assert bench.spool.counts.held == 3
    assert bench.publisher.counters["unbelieved"] == 1


def test_a_receipt_for_an_epoch_never_used_forgets_nothing(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    bench.sent()
    bench.publisher.receipt(Receipt(stored={"f" * 16: [(1, 1)]}), bench.now)
    assert bench.spool.counts.held == 1


def test_the_same_receipt_twice_forgets_once(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    bench.batch()
    first, _ = bench.sent()
    bench.receipt(first)
    bench.receipt(first)
    assert bench.spool.counts.held == 1


def test_a_refused_batch_is_kept_and_offered_again_in_its_time(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    (held,) = bench.sent()
    bench.refuse(held)
    bench.now += 86_399
    bench.publisher.reoffer(bench.now)
    assert bench.sent() == []
    assert (bench.spool.counts.held, bench.spool.counts.refused) == (1, 1)
    bench.now += 2
    bench.publisher.reoffer(bench.now)
    assert bench.sent() == [held]
    bench.receipt(held)
    assert (bench.spool.counts.held, bench.spool.counts.refused) == (0, 0)


def test_a_refusal_outlives_a_commit_and_a_restart(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    (held,) = bench.sent()
    bench.refuse(held)
    bench.close()
    again = Bench(bench.path, start=bench.now)
    again.publisher.connected()
    assert again.sent() == []
    assert again.spool.counts.refused == 1
    again.now += 90_000
    again.publisher.reoffer(again.now)
    assert [batch.seq for batch in again.sent()] == [held.seq]


def test_a_batch_never_answered_while_later_ones_are_is_set_aside(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch("mute")
    (mute,) = bench.sent()
    sends = 1
    for _ in range(10):
        bench.batch("pm-1")
        sent = bench.sent()
        sends += mute in sent
        bench.receipt(*(held for held in sent if held.device == "pm-1"))
        bench.now += 11
        sends += mute in bench.sent()
    assert sends == 5
    assert bench.spool.counts.refused == 1
    assert bench.publisher.unreceipted == 0


def test_a_batch_is_not_set_aside_while_nobody_is_answered(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    for _ in range(100):
        bench.sent()
        bench.now += 700
    assert bench.spool.counts.refused == 0


def test_with_the_broker_s_word_a_batch_is_forgotten_on_it(bench: Bench) -> None:
    bench.publisher.connected()
    bench.batch()
    (held,) = bench.sent()
    bench.publisher.confirmed(held.id, bench.now)
    assert bench.spool.counts.held == 0


def test_a_device_whose_batches_are_never_answered_does_not_block_the_others(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "spool.db", window=20)
    bench.publisher.connected()
    answered: list[int] = []
    for _ in range(300):
        bench.batch("mute")
        bench.batch("pm-1")
        born = bench.spool.next_seq - 1
        for _ in range(2):
            sent = [held for held in bench.sent() if held.device == "pm-1"]
            bench.receipt(*sent)
            answered += [held.seq for held in sent if held.seq == born]
            bench.now += 1
    assert len(answered) == 300


def test_ranges_that_lie_over_one_another_hide_nothing(bench: Bench) -> None:
    bench.publisher.connected()
    for _ in range(3):
        bench.batch()
    bench.sent()
    epoch = bench.spool.epoch
    bench.publisher.receipt(Receipt(stored={epoch: [(1, 3), (2, 2)]}), bench.now)
    assert bench.spool.counts.held == 0


def test_what_could_not_be_sent_is_not_waited_for_and_goes_first_next_time(bench: Bench) -> None:
    bench.publisher.connected()
    for _ in range(3):
        bench.batch()
    first = bench.publisher.next(bench.now)
    assert first is not None
    bench.publisher.put_back(first)
    assert bench.publisher.unreceipted == 0
    assert {held.seq for held in bench.sent()} == {1, 2, 3}


def test_a_batch_offered_again_that_finds_no_connection_is_not_forgotten(bench: Bench) -> None:
    bench.publisher.connected()
    for _ in range(3):
        bench.batch()
    bench.commit()
    sent = bench.sent()
    first = min(sent, key=lambda held: held.seq)
    bench.refuse(first)
    bench.receipt(*(held for held in sent if held is not first))
    bench.commit()
    for _ in range(3):
        bench.batch()
    bench.commit()
    bench.now += 86_401
    bench.publisher.reoffer(bench.now)
    held = bench.publisher.next(bench.now)
    while held is not None and held.seq != first.seq:
        bench.publisher.sent(held, bench.now)
        held = bench.publisher.next(bench.now)
    assert held is not None
    bench.publisher.put_back(held)
    bench.publisher.disconnected()
    bench.publisher.connected()
    bench.receipt(*bench.sent())
    bench.commit()
    bench.receipt(*bench.sent())
    assert bench.spool.counts.held == 0
