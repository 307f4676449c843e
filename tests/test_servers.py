"""The servers that other tests lean on do what those tests believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from tests.influx import DATABASE, Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    with Influx(tmp_path / "influx") as running:
        yield running


def test_an_old_influxdb_behind_the_mapping_takes_what_influxdb_client_writes(
    influx: Influx,
) -> None:
    with InfluxDBClient(influx.url, token="none", org="none") as client:  # noqa: S106 - no secret
        line = "air,device=pm-1 pm2_5=12.5,pm2_5_qf=1i 1764000000000"
        client.write_api(write_options=SYNCHRONOUS).write(
            DATABASE, record=line, write_precision="ms"
        )
    assert influx.query("SELECT pm2_5, pm2_5_qf FROM air") == [
        {"time": 1764000000000, "pm2_5": 12.5, "pm2_5_qf": 1}
    ]


def test_what_was_written_survives_the_death_of_the_database(influx: Influx) -> None:
    influx.write("air,device=pm-1 pm2_5=12.5 1764000000000")
    influx.kill()
    influx.start()
    assert influx.query("SELECT count(pm2_5) FROM air GROUP BY device") == [
        {"time": 0, "count": 1, "device": "pm-1"}
    ]
