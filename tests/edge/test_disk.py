from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from gateway.edge import spool as spool_module
from gateway.edge.spool_file import SpoolFile
from gateway.errors import SpoolUnwritable
from tests.edge.bench import Bench, Dates

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.edge.held import Held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "spool.db"


def in_memory(bench: Bench) -> bool:
    """Ask anew each time: a type checker would believe the first answer."""
    return bench.spool.memory


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
        file.seek(8 * 1024)
        file.write(os.urandom(path.stat().st_size - 8 * 1024))
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


def test_what_can_not_be_read_for_a_while_is_sent_once_it_can(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(path)
    for value in range(5):
        bench.batch(value=value)
    bench.commit()
    bench.publisher.connected()

    def fails(*_: object) -> None:
        raise SpoolUnwritable("I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(SpoolFile, "read", fails)
        broken.setattr(SpoolFile, "oldest", fails)
        assert bench.sent() == []
        bench.batch("pm-2", 9)
        assert [batch.r[0][2] for batch in bench.send()] == [9]
    bench.publisher.reoffer(bench.now)
    assert sorted(batch.r[0][2] for batch in bench.send()) == [0, 1, 2, 3]
    bench.now += 601
    bench.publisher.reoffer(bench.now)
    assert 4 in [batch.r[0][2] for batch in bench.send()]


def test_one_batch_that_can_not_be_read_holds_up_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(path)
    for value in range(5):
        bench.batch(value=value)
    bench.commit()
    bench.publisher.connected()
    reads = SpoolFile.read

    def one_fails(file: SpoolFile, number: int) -> Held | None:
        held = reads(file, number)
        if held is not None and held.seq == 2:
            raise SpoolUnwritable("I/O error")
        return held

    monkeypatch.setattr(SpoolFile, "read", one_fails)
    assert sorted(batch.seq for batch in bench.send() + bench.send()) == [1, 3, 4, 5]
    assert bench.spool.counts.refused == 1


def test_two_openings_without_a_disk_never_meet_on_it(path: Path) -> None:
    for _ in range(2):
        path.parent.exists() and path.parent.rename(path.parent.with_name("aside"))
        path.parent.write_text("in the way")
        bench = Bench(path, dates=Dates(offset=None))
        bench.measure(offset=0)
        path.parent.unlink()
        aside = path.parent.with_name("aside")
        aside.exists() and aside.rename(path.parent)
        bench.now += 61
        bench.commit()
        assert not in_memory(bench)
        bench.spool.abandon()


def test_the_counts_are_committed_with_what_had_to_go(path: Path) -> None:
    bench = Bench(path, max_bytes=200_000)
    for _ in range(2000):
        bench.batch()
    bench.commit()
    held = bench.spool.counts.held
    bench.spool.abandon()
    assert Bench(path).spool.counts.held == held < 2000


def test_a_damaged_file_that_can_not_be_moved_stops_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 1000)

    def denied(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr("pathlib.Path.rename", denied)
    bench = Bench(path)
    bench.batch(value=9)
    bench.publisher.connected()
    assert in_memory(bench)
    assert [batch.r[0][2] for batch in bench.send()] == [9]
    assert {"damaged", "memory"} <= bench.spool.alarms


def test_bytes_that_can_not_be_read_block_no_commit_that_gives_their_batch_up(
    path: Path,
) -> None:
    bench = Bench(path)
    for value in range(100):
        bench.batch(value=value)
    bench.close()
    again = Bench(path, max_bytes=1)
    file = again.spool._disk.file  # noqa: SLF001 - to wear a row of it
    assert file is not None

    def worn(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
        if any(column[0] == "payload" for column in cursor.description):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return row

    file._connection.row_factory = worn  # noqa: SLF001 - the same
    again.commit()
    assert not again.spool.alarms
    assert again.spool.counts.held == 0


def test_memory_names_nothing_that_it_keeps_as_given_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "MEMORY_BYTES", 20_000)
    dates = Dates()
    bench = Bench(path, dates=dates)
    bench.commit()
    for _ in range(3):
        bench.batch()
    dates.offset = None
    bench.now += 1
    bench.measure()
    dates.win()
    bench.after(1)
    with monkeypatch.context() as broken:
        broken.setattr(SpoolFile, "apply", unwritable)
        bench.commit()
        for _ in range(400):
            bench.batch()
            bench.after(0)
    bench.after(61)
    (epoch,) = bench.spool.state().epochs
    given_up = {seq for low, high, _ in epoch.dropped for seq in range(low, high + 1)}
    assert epoch.low == 4
    assert 4 not in given_up
    assert len(given_up) == bench.spool.counts.dropped["memory"]


def unwritable(*_: object, **__: object) -> None:
    raise SpoolUnwritable("full")
