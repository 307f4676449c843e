"""An export that a person writes to the database is what the collector would have stored."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gateway.collector.sqlite import SqliteStore
from schemas.reading import Flag, Reading, Value
from schemas.topics import ROOT, Kind, build
from tests.cli.spools import everything, export
from tests.collector.batches import GATEWAY
from tests.collector.bench import Bench as Collector
from tests.edge.bench import Bench, Dates
from tests.influx import Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stored = dict[tuple[str, frozenset[tuple[str, str]], int], dict[str, float | int | str]]
"""Measurement, tags and time to fields."""

MEASUREMENTS = ("air", "traffic", "undated", "delivery")


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as running:
        yield running


def fill(path: Path) -> Bench:
    """A gateway that was offline through three boots, and lost its clock in one of them."""
    bench = Bench(path)
    everything(bench)
    bench.close()
    bench = Bench(path, boot_id="boot-2", dates=Dates(offset=None), start=5000.0)
    bench.measure(value=7.25)
    bench.count(2, "out")
    bench.close()
    bench = Bench(path, boot_id="boot-3", start=9000.0)
    bench.after(1)
    odd = {"pm10": Value(1e-7, Flag.SUSPECT), "pm10_raw": Value(-3e250), "co2": Value(400)}
    for place in range(700):
        bench.now += 0.5
        bench.put(Reading("odd-1.x_y", None, odd | {"co2": Value(300 + place)}, every=0.5))
    bench.measure(value=None)
    bench.after(100)
    bench.commit()
    return bench


def collected(bench: Bench, folder: Path) -> Stored:
    """Send all that waits the usual way, and read what is stored then."""
    collector = Collector(folder)
    collector.trusted = None
    bench.publisher.connected()
    bench.publisher.born(bench.batcher.close_all(bench.now))
    bench.commit()
    while sent := bench.sent():
        for held in sent:
            topic = build(ROOT, GATEWAY, Kind.READINGS, held.device)
            collector.take(held.payload, topic)
            bench.receipt(held)
        assert collector.write()
    for number in list(bench.spool.offer(bench.now + 1e6)):
        offered = bench.spool.read(number)
        assert offered is not None
        collector.take(offered.payload, build(ROOT, GATEWAY, Kind.READINGS, offered.device))
    assert collector.write()
    assert not collector.reasons()
    collector.store.close()
    with closing(SqliteStore(folder / "city.db")) as store:
        return {
            (measurement, frozenset(tags), at): fields
            for measurement in MEASUREMENTS
            for tags, at, fields in store.select(measurement, {})
        }


def imported(influx: Influx) -> Stored:
    """Read all that was written to InfluxDB."""
    return {
        (measurement, frozenset(_tags(series)), row[0]): {
            name: value
            for name, value in zip(series["columns"][1:], row[1:], strict=True)
            if value is not None
        }
        for measurement in MEASUREMENTS
        for series in influx.execute(f'SELECT * FROM "{measurement}" GROUP BY *')  # noqa: S608
        for row in series["values"]
    }


def _tags(series: dict[str, Any]) -> list[tuple[str, str]]:
    """Read the tags; a series that lacks what another has is told with an empty one."""
    return [(name, value) for name, value in series["tags"].items() if value]


def test_what_a_person_imports_is_what_a_collector_would_have_stored(
    tmp_path: Path, influx: Influx
) -> None:
    bench = fill(tmp_path / "spool.db")
    lines = export(bench.path, "--gateway", GATEWAY, "--site", "here").stdout.splitlines()
    influx.write(*lines)

    there = imported(influx)
    usual = collected(bench, tmp_path)

    no_ledger = {name: fields for name, fields in usual.items() if name[0] != "delivery"}
    assert {name[0] for name in no_ledger} == {"air", "traffic", "undated"}
    assert len(no_ledger) > 700
    assert {name: fields for name, fields in there.items() if name[0] != "delivery"} == no_ledger
    # Readings that were in no batch yet have no delivery, but those that were have theirs.
    delivered = {name: fields for name, fields in there.items() if name[0] == "delivery"}
    assert delivered.items() <= usual.items()
    assert len(delivered) >= 10
    influx.write(*lines)
    assert imported(influx) == there
    bench.close()


def test_the_aggregator_is_told_what_to_look_at_again(tmp_path: Path, influx: Influx) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch("far-1")
    bench.now += 7
    bench.batch("far-1")
    bench.close()

    influx.write(*export(bench.path, "--gateway", "gw-9").stdout.splitlines())

    (row,) = influx.query("SELECT * FROM touched WHERE gateway = 'gw-9'")
    assert (row["collector"], row["device"]) == ("export-gw-9", "far-1")
    assert row["last"] - row["first"] == 8000
