"""What becomes of a spool when its file is damaged, or is suddenly another one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway.edge.spool_file import SpoolFile
from gateway.errors import SpoolDamaged, SpoolUnwritable
from tests.edge.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "spool.db"


@pytest.mark.parametrize(
    "change",
    ["pending SET reading = CAST(x'ff' AS TEXT)", "kept SET value = CAST(x'22ff22' AS TEXT)",
     "batches SET device = CAST(x'ff' AS TEXT)"],
)  # fmt: skip
def test_a_byte_that_flipped_in_a_text_stops_no_start(path: Path, change: str) -> None:
    bench = Bench(path)
    bench.batch()
    bench.measure()
    bench.commit()
    bench.spool.abandon()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE {change}")
    again = Bench(path, start=5000.0)
    again.batch(value=9)
    again.commit()
    again.commit()
    again.publisher.connected()
    assert 9 in [row[2] for batch in again.send() for row in batch.r]


def test_damage_under_another_file_mixes_no_readings(path: Path, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other.db")
    for value in range(8):
        other.now += 1
        other.measure(value=100 + value)
    other.close()
    bench = Bench(path, start=5000.0)
    bench.commit()
    for value in range(3):
        bench.now += 1
        bench.measure(value=value)
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink()
    (tmp_path / "other.db").replace(path)
    bench.spool._disk.damage = SpoolDamaged("seen on the file before")  # noqa: SLF001
    bench.commit()
    bench.after(20)
    bench.commit()
    bench.spool.abandon()
    again = Bench(path, start=6000.0)
    again.publisher.connected()
    again.after(20)
    values = [row[2] for batch in again.send() for row in batch.r]
    assert sorted(values) == [0, 1, 2, *range(100, 108)]


def test_a_file_adopted_by_a_disk_that_takes_nothing_is_counted_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Bench(path)
    for _ in range(5):
        first.batch()
    first.close()
    hidden = path.parent.with_name("hidden")
    path.parent.rename(hidden)
    path.parent.write_text("in the way")
    bench = Bench(path)
    bench.batch(value=7)
    path.parent.unlink()
    hidden.rename(path.parent)
    with monkeypatch.context() as broken:
        broken.setattr(SpoolFile, "apply", unwritable)
        bench.now += 61
        bench.commit()
        bench.publisher.connected()
        assert bench.spool.counts.held == 6
        bench.receipt(*bench.sent())
        assert bench.spool.counts.held == 0


def test_what_was_counted_without_a_disk_is_counted_once_when_there_is_one(path: Path) -> None:
    path.parent.write_text("in the way")
    bench = Bench(path)
    bench.count(5)
    bench.commit()
    path.parent.unlink()
    bench.now += 61
    bench.commit()
    bench.count(2)
    bench.after(11)
    bench.commit()
    bench.publisher.connected()
    assert [batch.r[0][2:] for batch in bench.send() if "count_total" in batch.q] == [[2, 7]]


def test_damage_names_all_that_went_and_a_clean_stop_stays_clean(path: Path) -> None:
    bench = Bench(path)
    for _ in range(5):
        bench.batch()
    bench.commit()
    bench.spool._disk.damage = SpoolDamaged("as if seen on reading")  # noqa: SLF001
    bench.commit()
    assert bench.spool.state().epochs[0].dropped == [(1, 5, "damaged")]
    bench.close()
    assert not Bench(path).spool.crashed


def unwritable(*_: object, **__: object) -> None:
    raise SpoolUnwritable("full")
