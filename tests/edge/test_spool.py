from __future__ import annotations

import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.edge.held import MOST_RANGES, EpochRow
from gateway.errors import SpoolDamaged
from schemas.batch import decode
from tests.edge.bench import Bench


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "spool.db"


def crash(bench: Bench, to: Path) -> Path:
    """Copy what a power cut would leave of the spool."""
    to.mkdir(parents=True)
    for name in (bench.path, *(Path(f"{bench.path}{t}") for t in ("-wal", "-shm"))):
        if name.exists():
            shutil.copy(name, to / name.name)
    return to / bench.path.name


def test_a_commit_is_on_the_disk_before_it_returns(path: Path) -> None:
    bench = Bench(path)
    connection = bench.spool._disk.file._connection  # type: ignore[union-attr]  # noqa: SLF001
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_was_committed_survives_a_crash_and_is_sent_under_its_name(
    path: Path, tmp_path: Path
) -> None:
    bench = Bench(path)
    bench.batch(value=7)
    bench.commit()
    bench.publisher.connected()
    (before,) = bench.sent()
    again = Bench(crash(bench, tmp_path / "cut"))
    again.publisher.connected()
    (after,) = again.sent()
    assert (after.epoch, after.seq, after.payload) == (before.epoch, before.seq, before.payload)


def test_each_opening_is_a_new_epoch_and_a_crash_is_counted(path: Path, tmp_path: Path) -> None:
    bench = Bench(path)
    bench.batch()
    bench.commit()
    crashed = Bench(crash(bench, tmp_path / "cut"))
    assert crashed.spool.epoch != bench.spool.epoch
    assert (crashed.spool.crashed, crashed.spool.counts.crashes) == (True, 1)
    bench.close()
    clean = Bench(path)
    assert clean.spool.epoch != bench.spool.epoch
    assert (clean.spool.crashed, clean.spool.counts.crashes) == (False, 0)


def test_a_committed_reading_without_a_batch_comes_again_after_a_crash(
    path: Path, tmp_path: Path
) -> None:
    bench = Bench(path)
    bench.measure(value=7)
    bench.commit()
    again = Bench(crash(bench, tmp_path / "cut"))
    again.publisher.connected()
    again.after(11)
    (batch,) = again.send()
    assert batch.first == round((bench.stamp().wall) * 1000)
    assert batch.r == [[0, "1", 7]]


def test_a_reading_in_a_committed_batch_is_not_pending_any_more(path: Path, tmp_path: Path) -> None:
    bench = Bench(path)
    bench.measure()
    bench.commit()
    bench.after(11)
    bench.commit()
    again = Bench(crash(bench, tmp_path / "cut"))
    again.publisher.connected()
    again.after(11)
    assert len(again.send()) == 1


def test_a_batch_receipted_before_the_commit_never_touches_the_disk(path: Path) -> None:
    bench = Bench(path)
    bench.publisher.connected()
    bench.batch()
    bench.receipt(*bench.sent())
    bench.commit()
    rows = sqlite3.connect(path).execute("SELECT count(*) FROM batches").fetchone()
    assert rows == (0,)


def test_the_seqs_of_an_epoch_have_no_gap_and_low_follows_the_receipts(path: Path) -> None:
    bench = Bench(path)
    bench.publisher.connected()
    for _ in range(4):
        bench.batch()
    sent = sorted(bench.sent(), key=lambda held: held.seq)
    assert [held.seq for held in sent] == [1, 2, 3, 4]
    bench.commit()
    bench.receipt(sent[0], sent[2])
    bench.commit()
    (epoch,) = bench.spool.state().epochs
    assert (epoch.low, epoch.next, epoch.dropped) == (2, 5, [])
    bench.receipt(sent[1], sent[3])
    bench.commit()
    (epoch,) = bench.spool.state().epochs
    assert (epoch.low, epoch.next) == (5, 5)


def test_a_full_spool_gives_up_the_refused_first_then_the_oldest_and_says_so(path: Path) -> None:
    bench = Bench(path, max_bytes=400_000)
    bench.publisher.connected()
    bench.batch()
    (first,) = bench.sent()
    bench.commit()
    for _ in range(5):
        bench.batch("bad")
    for held in bench.sent():
        if held.device == "bad":
            bench.refuse(held)
    bench.commit()
    bench.publisher.disconnected()
    seen_first_alive = False
    for _ in range(30):
        for _ in range(100):
            bench.batch()
        bench.commit()
        if bench.spool.counts.dropped["full"] and not seen_first_alive:
            seen_first_alive = True
            dropped = bench.spool.state().epochs[-1].dropped
            assert dropped[0][2] == "full"
    (epoch,) = bench.spool.state().epochs
    assert bench.spool.counts.refused == 0
    assert epoch.dropped[0] == (1, epoch.low - 1, "full")
    assert first.seq < epoch.low
    assert epoch.next - epoch.low == bench.spool.counts.held
    assert bench.spool.counts.dropped["full"] == epoch.low - 1
    assert bench.spool.used() <= 400_000


def test_a_batch_given_up_is_not_sent(path: Path) -> None:
    bench = Bench(path, max_bytes=200_000)
    for _ in range(2000):
        bench.batch()
    bench.commit()
    bench.publisher.connected()
    low = bench.spool.state().epochs[-1].low
    assert all(held.seq >= low for held in bench.sent())


def test_max_age_counts_the_hours_of_an_open_spool(path: Path) -> None:
    bench = Bench(path, max_age_hours=1)
    bench.batch()
    bench.close()
    again = Bench(path, max_age_hours=1, start=5.0)
    again.now += 3000
    again.batch()
    again.commit()
    assert again.spool.counts.held == 2
    again.now += 700
    again.batch()
    again.commit()
    assert again.spool.counts.held == 2
    assert again.spool.counts.dropped == {"age": 1}


def test_traffic_is_published_after_its_commit_only(path: Path) -> None:
    bench = Bench(path, batch_seconds=0)
    bench.publisher.connected()
    bench.count(5)
    assert bench.send() == []
    bench.commit()
    (batch,) = bench.send()
    assert batch.r == [[0, "1", 5, 5]]


def test_an_old_epoch_is_listed_while_it_holds_something(path: Path) -> None:
    first = Bench(path)
    first.batch()
    first.close()
    names = [first.spool.epoch]
    for _ in range(12):
        bench = Bench(path)
        names.append(bench.spool.epoch)
        bench.close()
    again = Bench(path)
    again.commit()
    again.commit()
    listed = [epoch.epoch for epoch in again.spool.state().epochs]
    assert listed[0] == names[0]
    assert len(listed) == 9
    assert again.spool.state().now == listed[-1]


def test_the_bytes_of_a_batch_never_change(path: Path) -> None:
    bench = Bench(path)
    bench.batch()
    bench.publisher.connected()
    (fresh,) = bench.sent()
    bench.commit()
    stored = bench.spool.read(fresh.id)
    assert stored is not None
    assert stored.payload == fresh.payload
    assert decode(stored.payload).seq == 1


def test_what_is_told_of_an_epoch_is_what_a_crash_falls_back_to(path: Path) -> None:
    bench = Bench(path)
    bench.batch()
    bench.commit()
    bench.batch()
    (epoch,) = bench.spool.state().epochs
    assert (epoch.low, epoch.next) == (1, 2)


def test_what_was_given_up_here_and_there_stays_a_short_list(path: Path) -> None:
    bench = Bench(path, max_bytes=100_000, window=10_000)
    bench.publisher.connected()
    for number in range(3000):
        bench.batch("bad" if number % 3 else "good")
    for held in bench.sent():
        if held.device == "bad":
            bench.refuse(held)
    while bench.spool.used() > 100_000:
        bench.commit()
        bench.batch()
    (epoch,) = bench.spool.state().epochs
    assert len(epoch.dropped) <= MOST_RANGES
    assert all(high < epoch.low or cause == "full" for _, high, cause in epoch.dropped)
    assert bench.spool.counts.refused == 0


def test_a_bound_that_was_lowered_is_reached_over_several_commits(path: Path) -> None:
    bench = Bench(path)
    for _ in range(6000):
        bench.batch()
    bench.close()
    again = Bench(path, max_bytes=100_000)
    again.commit()
    kept = [again.spool.counts.held]
    while again.spool.used() > 100_000:
        again.batch()
        again.commit()
        kept.append(again.spool.counts.held)
    assert len(kept) > 2
    assert max(before - after for before, after in pairwise(kept)) <= 2048


def test_ranges_of_one_cause_with_nothing_held_between_are_one_where_they_are_too_many() -> None:
    row = EpochRow(1, "e")
    for seq in range(1, 2 * MOST_RANGES, 2):
        row.drop(seq, "full", above=1)
    row.drop(2, "full", above=1)
    assert row.dropped[:2] == [(1, 3, "full"), (5, 5, "full")]
    assert len(row.dropped) == MOST_RANGES - 1
    row.drop(100, "memory", above=99)
    row.drop(110, "full", above=1)
    assert row.dropped == [(1, 110, "full"), (100, 100, "memory")]


def test_what_was_delivered_is_in_no_range_of_what_went_with_a_file(path: Path) -> None:
    bench = Bench(path)
    bench.publisher.connected()
    for _ in range(20):
        bench.batch()
    bench.receipt(*(held for held in bench.sent() if held.seq <= 15))
    bench.commit()
    bench.spool._disk.damage = SpoolDamaged("a page went")  # noqa: SLF001 - as any read may find
    bench.commit()
    (lost, *_) = bench.spool.state().epochs
    assert lost.dropped == [(16, 20, "damaged")]
    assert bench.spool.counts.dropped == {"damaged": 5}


def test_the_oldest_batch_tells_how_long_it_waits(path: Path) -> None:
    bench = Bench(path)
    assert bench.spool.oldest_age(bench.now) is None
    bench.batch()
    bench.commit()
    bench.now += 100
    bench.batch()
    assert bench.spool.oldest_age(bench.now) == 101
