"""The embedded store: the same point in the same shape, on the disk when it says so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway.collector import sqlite
from gateway.collector.points import Point, of_batch
from gateway.collector.sqlite import SqliteStore
from gateway.errors import StoreBusy, StoreDenied
from tests.collector.batches import GATEWAY, batch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.collector.points import Fields

TAGS = (("device", "pm-1"), ("gateway", "gw-1"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "city.db")) as opened:
        yield opened


def point(time: int, **values: float) -> Point:
    return Point("air", TAGS, time, {**values})


def test_a_point_comes_back_as_it_went_in(store: SqliteStore) -> None:
    fields: Fields = {"pm2_5": 12.0, "pm2_5_qf": 1, "large": 1e300, "text": 'a "quoted" ✓'}
    assert store.write([Point("air", TAGS, 5, fields)]) == []
    ((tags, time, stored),) = store.select("air", {})
    assert (tags, time, stored) == (TAGS, 5, fields)
    assert type(stored["pm2_5"]) is float
    assert type(stored["pm2_5_qf"]) is int


def test_the_same_points_again_change_nothing(store: SqliteStore) -> None:
    points = of_batch(GATEWAY, batch())
    for _ in range(3):
        store.write(points)
        store.write([*points, *points])
    assert store.count("air") == 2
    assert [fields for _, _, fields in store.select("air", {})] == [p.fields for p in points]


def test_fields_of_one_point_unite_and_the_newer_wins(store: SqliteStore) -> None:
    store.write([point(5, pm2_5=1.0, pm10=2.0)])
    store.write([point(5, pm10=3.0, co2=400.0)])
    ((_, _, fields),) = store.select("air", {})
    assert fields == {"pm2_5": 1.0, "pm10": 3.0, "co2": 400.0}
    assert type(fields["pm2_5"]) is float


def test_other_tags_are_another_series(store: SqliteStore) -> None:
    store.write([point(5, pm2_5=1.0), Point("air", (("device", "pm-2"),), 5, {"pm2_5": 2.0})])
    store.write([Point("weather", TAGS, 5, {"temperature": 3.0})])
    assert store.count("air") == 2
    assert [tags for tags, _, _ in store.select("air", {"device": "pm-2"})] == [
        (("device", "pm-2"),)
    ]
    assert [tags for tags, _, _ in store.select("air", {"gateway": "gw-1"})] == [TAGS]


def test_points_are_selected_by_tag_and_time_in_the_order_of_time(store: SqliteStore) -> None:
    store.write([point(time, pm2_5=float(time)) for time in (3, 1, 2)])
    assert [time for _, time, _ in store.select("air", {"gateway": "gw-1"}, since=2)] == [2, 3]
    assert list(store.select("air", {"gateway": "gw-2"})) == []


def test_the_newest_point_is_found_or_there_is_none(store: SqliteStore) -> None:
    assert store.newest("air", {}) is None
    store.write([point(7, pm2_5=1.0), point(3, pm2_5=1.0)])
    assert store.newest("air", {"device": "pm-1"}) == 7
    assert store.newest("air", {"device": "pm-2"}) is None


def test_a_write_is_on_the_disk_before_it_returns(store: SqliteStore) -> None:
    store.write([point(1, pm2_5=1.0)])
    database = store._database  # noqa: SLF001 - a pragma speaks of its own connection only
    assert database is not None
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert not database.in_transaction


def test_another_process_may_read_while_we_write(store: SqliteStore) -> None:
    store.write([point(1, pm2_5=1.0)])
    with closing(SqliteStore(store.path)) as reader:
        assert reader.count("air") == 1
        store.write([point(2, pm2_5=1.0)])
        assert reader.count("air") == 2


def test_a_locked_file_is_busy_and_nothing_of_the_write_is_in_it(store: SqliteStore) -> None:
    store.write([point(1, pm2_5=1.0)])
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            store.write([Point("new", TAGS, 2, {"x": 1.0})])
        other.execute("ROLLBACK")
    store.write([Point("new", TAGS, 2, {"x": 1.0})])
    assert store.count("new") == 1


def test_a_full_disk_is_busy_and_takes_the_same_points_later(store: SqliteStore) -> None:
    store.write([point(0, pm2_5=1.0)])
    points = [Point(f"m{time}", TAGS, time, {"x": float(time)}) for time in range(2000)]
    assert store._database is not None  # noqa: SLF001 - a limit is set on the connection itself
    store._database.execute("PRAGMA max_page_count = 1")  # noqa: SLF001
    with pytest.raises(StoreBusy, match="full"):
        store.write(points)
    store.write(points)
    assert sum(store.count(f"m{time}") for time in range(0, 2000, 100)) == 20


def test_a_folder_that_is_not_there_is_denied_until_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with closing(SqliteStore(folder / "city.db")) as store:
        with pytest.raises(StoreDenied, match="folder"):
            store.write([point(1, pm2_5=1.0)])
        folder.mkdir()
        store.write([point(1, pm2_5=1.0)])
        assert store.count("air") == 1


def test_a_file_that_is_no_database_is_denied(tmp_path: Path) -> None:
    path = tmp_path / "city.db"
    path.write_bytes(b"no database" * 1000)
    with closing(SqliteStore(path)) as store, pytest.raises(StoreDenied):
        store.write([point(1, pm2_5=1.0)])


def test_a_write_that_fails_in_the_middle_leaves_no_series_behind(store: SqliteStore) -> None:
    bad = Point("new", TAGS, 2**70, {"x": 1.0})
    with pytest.raises(OverflowError):
        store.write([Point("new", TAGS, 1, {"x": 1.0}), bad])
    store.write([Point("new", TAGS, 1, {"x": 1.0})])
    assert store.count("new") == 1


def test_series_without_end_do_not_fill_the_memory(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_SERIES", 20)
    for again in range(2):
        for opening in range(100):
            tags = (("epoch", f"{opening:016x}"), ("gateway", "gw-1"))
            store.write([Point("delivery", tags, 5, {"seq": again})])
    assert store.count("delivery") == 100
    assert len(store._ids) <= 20  # noqa: SLF001 - what is remembered can't be seen from outside
