from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway.edge import spool as spool_module
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


def in_memory(bench: Bench) -> bool:
    """Ask anew each time: a type checker would believe the first answer."""
    return bench.spool.memory


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


def test_a_damaged_file_is_moved_aside_and_the_gateway_goes_on(path: Path) -> None:
    bench = Bench(path)
    bench.batch()
    bench.close()
    path.write_bytes(b"no database at all" * 1000)
    again = Bench(path)
    again.batch(value=9)
    again.commit()
    again.publisher.connected()
    assert [batch.r[0][2] for batch in again.send()] == [9]
    assert "damaged" in again.spool.alarms
    assert path.with_name("spool.db.damaged.1").exists()


def test_a_file_damaged_under_us_costs_only_what_it_alone_held(path: Path) -> None:
    bench = Bench(path)
    for _ in range(3):
        bench.batch()
    bench.commit()
    bench.batch(value=9)
    connection = bench.spool._disk.file._connection  # type: ignore[union-attr]  # noqa: SLF001
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
    connection.execute("PRAGMA shrink_memory")
    bench.commit()
    bench.commit()
    bench.publisher.connected()
    assert [batch.r[0][2] for batch in bench.send()] == [9]
    assert not in_memory(bench)


def test_damage_that_shows_on_reading_is_moved_aside_too(path: Path) -> None:
    bench = Bench(path)
    for _ in range(300):
        bench.batch()
    bench.commit()
    connection = bench.spool._disk.file._connection  # type: ignore[union-attr]  # noqa: SLF001
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(os.urandom(path.stat().st_size - 8 * 4096))
    connection.execute("PRAGMA shrink_memory")
    bench.publisher.connected()
    while bench.sent():
        bench.receipt()
        bench.now += 700
    assert bench.spool.wants_commit(bench.now)
    bench.commit()
    bench.batch(value=9)
    bench.commit()
    assert 9 in [batch.r[0][2] for batch in bench.send()]
    assert "damaged" in bench.spool.alarms


def test_no_more_than_three_damaged_files_are_kept(path: Path) -> None:
    for _ in range(6):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no database" * 1000)
        Bench(path).close()
    kept = sorted(file.name for file in path.parent.glob("*.damaged.*"))
    assert kept == [f"spool.db.damaged.{number}" for number in (4, 5, 6)]


def test_where_the_disk_fails_memory_takes_over_and_moves_back(path: Path, tmp_path: Path) -> None:
    bench = Bench(path)
    bench.batch(value=1)
    bench.commit()
    hidden = tmp_path / "hidden.db"
    path.rename(hidden)
    bench.batch(value=2)
    path.mkdir()
    bench.commit()
    assert in_memory(bench)
    bench.batch(value=3)
    bench.publisher.connected()
    sent = bench.send()
    assert sorted(batch.r[0][2] for batch in sent) == [1, 2, 3]
    bench.receipt(*(batch for batch in sent if batch.r[0][2] < 3))
    path.rmdir()
    hidden.rename(path)
    bench.now += spool_module.RETRY_SECONDS
    assert bench.spool.wants_commit(bench.now)
    bench.commit()
    assert not in_memory(bench)
    bench.close()
    again = Bench(path)
    again.publisher.connected()
    assert [batch.r[0][2] for batch in again.send()] == [3]


def test_a_gateway_without_a_disk_begins_in_memory_and_moves_to_the_disk(path: Path) -> None:
    path.parent.write_text("in the way")
    bench = Bench(path)
    assert in_memory(bench)
    bench.batch(value=1)
    bench.publisher.connected()
    assert len(bench.send()) == 1
    path.parent.unlink()
    bench.now += 61
    bench.commit()
    assert not in_memory(bench)
    bench.close()
    again = Bench(path)
    again.publisher.connected()
    assert [batch.r[0][2] for batch in again.send()] == [1]


def test_memory_is_bounded_and_what_it_gives_up_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "MEMORY_BYTES", 50_000)
    path.parent.write_text("in the way")
    bench = Bench(path)
    for _ in range(1000):
        bench.batch()
        bench.after(0)
    assert bench.spool._changes.size < 60_000  # noqa: SLF001
    (epoch,) = bench.spool.state().epochs
    dropped = bench.spool.counts.dropped["memory"]
    assert epoch.dropped == [(1, dropped, "memory")]
    assert dropped + bench.spool.counts.held == 1000


def test_a_memory_spool_gives_no_running_count(path: Path) -> None:
    path.parent.write_text("in the way")
    bench = Bench(path)
    bench.publisher.connected()
    bench.count(5)
    bench.after(11)
    assert [batch.q for batch in bench.send()] == [["count"]]


def test_traffic_that_waits_for_a_commit_goes_without_its_count_when_the_disk_fails(
    path: Path,
) -> None:
    bench = Bench(path, batch_seconds=0)
    bench.publisher.connected()
    bench.count(5)
    bench.commit()
    assert [batch.q for batch in bench.send()] == [["count", "count_total"]]
    bench.count(2)
    path.rename(path.with_name("gone"))
    path.mkdir()
    bench.commit()
    assert [batch.q for batch in bench.send()] == [["count"]]


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
