"""A card wears by what is written to it; what is left out must not be missed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from devices import registry
from gateway.edge.held import read_reading, write_reading
from gateway.simulator.air import Air
from gateway.simulator.plantower import Plantower
from schemas.reading import Flag, Reading, Value
from tests.edge.bench import Bench, Dates

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "plantower.pms5003"


def test_a_reading_of_twelve_values_is_kept_in_sixty_bytes_and_comes_back_whole() -> None:
    driver = registry.find(MODEL)
    sensor = Plantower(driver, Air(7))
    sensor.power_on(0.0)
    for second in range(1, 101):
        sample = driver.sample(driver.decode(sensor.speak(second).data, {}), {})
        measured = sample.values if sample else {}
        values = {name: Value(value, Flag.PASS) for name, value in measured.items()}
        reading = Reading("pm-1", None, values, 1.0)
        assert len(values) == 12
        packed = write_reading(reading, MODEL)
        assert len(packed) <= 60
        assert read_reading(reading.device, reading.channel, packed) == (reading, MODEL)


def test_pages_that_are_free_again_are_not_written_as_zeros(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    connection = bench.spool._disk.file._connection  # type: ignore[union-attr]  # noqa: SLF001
    assert connection.execute("PRAGMA secure_delete").fetchone() == (0,)


def test_only_what_waits_for_its_date_is_kept_with_its_boot(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db", boot_id="boot-7", dates=Dates(offset=None))
    bench.measure("early")
    bench.dates.win()
    bench.measure("dated")
    bench.commit()
    with closing(sqlite3.connect(bench.path)) as database:
        rows = dict(database.execute("SELECT device, boot FROM pending"))
        since = dict(database.execute("SELECT device, since FROM pending"))
    assert rows == {"early": "boot-7", "dated": None}
    assert since == {"early": 1000.0, "dated": None}


def test_what_several_boots_left_with_dates_goes_out_once_each_at_its_time(tmp_path: Path) -> None:
    path, times = tmp_path / "spool.db", list[int]()
    for number in (1, 2, 3):
        bench = Bench(path, boot_id=f"boot-{number}", start=1000.0 * number)
        times.append(round(bench.stamp().wall * 1000))
        bench.measure(value=float(number))
        bench.commit()
        if number < 3:
            bench.spool.abandon()
    bench.publisher.connected()
    bench.after(11)
    rows = sorted((batch.t + row[0], row[2]) for batch in bench.send() for row in batch.r)
    assert rows == list(zip(times, [1.0, 2.0, 3.0], strict=True))
