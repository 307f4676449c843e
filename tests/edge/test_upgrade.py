"""A spool of an older version is carried over, one of a newer version left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.spools import everything, export, objects
from tests.edge.bench import Bench, Dates
from tests.edge.older import to_layout_3, to_layout_4
from tests.edge.rows import query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.mark.parametrize("older", [to_layout_3, to_layout_4])
def test_a_spool_of_an_older_layout_is_carried_over_with_all_that_waits_in_it(
    path: Path, older: Callable[[Path], None]
) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    bench.measure("early", 5.0)
    bench.dates.win()
    for value in range(20):
        bench.batch(value=value)
    bench.spool.keep("mine", {"a": 1}, bench.now)
    bench.now += 1
    bench.measure(value=99.0)
    bench.count(4)
    bench.batcher.save(bench.now)
    bench.commit()
    bench.spool.abandon()
    epochs = query(path, "SELECT * FROM epochs")
    older(path)

    again = Bench(path, start=2000.0)

    assert not again.spool.alarms
    assert again.spool.counts.held == 20
    assert again.spool.counts.dropped == {}
    assert again.spool.recall("mine") == {"a": 1}
    assert query(path, "SELECT * FROM epochs")[: len(epochs)] == epochs
    assert query(path, "PRAGMA user_version") == [(5,)]
    again.publisher.connected()
    again.after(11)
    again.after(11)
    values = []
    while sent := again.send():
        values += [row[2] for batch in sent for row in batch.r]
        again.receipt(*sent)
        again.after(11)
    assert sorted(values) == sorted([5, *range(20), 99, 4])
    assert again.spool.counts.held == 0
    again.count(1)
    again.after(11)
    (batch,) = again.send()
    assert batch.r[0][3] == 5, "the running count goes on"
    again.close()


@pytest.mark.parametrize("older", [to_layout_3, to_layout_4])
def test_a_row_of_an_older_layout_that_is_none_any_more_costs_only_itself(
    path: Path, older: Callable[[Path], None]
) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    for value in range(3):
        bench.measure(value=value)
    bench.dates.win()
    bench.now += 1
    bench.measure(value=7.0)
    bench.batch("pm-2")
    bench.measure(value=8.0)
    bench.commit()
    bench.spool.abandon()
    older(path)
    query(path, "UPDATE pending SET reading = substr(reading, 1, 20) WHERE id IN (2, 6)")

    again = Bench(path, start=2000.0)

    assert again.spool.counts.dropped == {"damaged": 2}
    assert (again.spool.counts.held, again.spool.counts.undated) == (2, 2)
    assert not again.spool.alarms
    again.close()


@pytest.mark.parametrize("older", [to_layout_3, to_layout_4])
def test_a_card_of_an_older_layout_is_told_and_exported_and_stays_as_it_is(
    path: Path, older: Callable[[Path], None]
) -> None:
    bench = Bench(path)
    everything(bench)
    bench.spool.abandon()
    now = [{**one, "boot": None, "boot_ms": None} for one in objects(path)]
    older(path)
    before = path.read_bytes()

    told = objects(path)

    assert [{**one, "boot": None, "boot_ms": None} for one in told] == now
    assert len(told) == 8
    assert path.read_bytes() == before
    query(path, "PRAGMA user_version = 6")
    assert "layout 6" in str(export(path, "--format", "jsonl").exception)


def test_a_spool_of_a_newer_version_is_never_moved_aside(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(path)
    bench.batch(value=1)
    bench.close()
    query(path, "PRAGMA user_version = 6")
    before = path.read_bytes()

    again = Bench(path, start=2000.0)
    again.batch(value=2)
    again.commit()

    assert "a version of Simpang that knows layout 6" in caplog.text
    assert again.spool.alarms == {"memory"}
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["spool.db"]
    query(path, "PRAGMA user_version = 5")
    again.now += 61
    again.commit()
    again.publisher.connected()
    assert sorted(batch.r[0][2] for batch in again.send()) == [1, 2]
    again.close()
