"""A database that can't take readings for a cause that only a person can mend.

A gateway's core before a real broker, a collector's process, a real InfluxDB 1.6.7: whatever is
wrong with the database, the gateway forgets nothing, the collector says in words what is wrong, and
once it is mended every reading comes in.
"""

from __future__ import annotations

import json
import sys
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self

import pytest

from gateway.clock import FakeClock
from gateway.config.gateway import GatewayConfig
from gateway.edge.core import Core
from gateway.mqtt import Connection, Terms
from gateway.simulator.child import Child
from schemas.reading import Flag, Reading, Value
from schemas.topics import ROOT, Kind, build
from tests.influx import DATABASE, Influx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.mqtt import Event
    from tests.broker import Broker

GATEWAY = "gw-1"
READINGS = 30
DAY = 86_400.0
WITHIN = 30.0
"""Seconds that anything here may take."""

PACE = 50.0
"""How many times faster than ours the gateway's clock goes, so that nobody waits for a re-offer."""

_COLLECTOR = """\
[collector]
id = "collector-1"
dead_letters = "{folder}/dead"

[broker]
url = "{broker}"

[store]
url = "{influx}"
bucket = "{bucket}"
"""


class Pole:
    """A gateway without threads and sensors, on a clock of its own, with a real connection."""

    def __init__(self, broker: Broker, folder: Path, wall: float) -> None:
        self.clock = FakeClock(wall)
        self._events: SimpleQueue[Event] = SimpleQueue()
        config = GatewayConfig.model_validate(
            {
                "gateway": {"id": GATEWAY},
                "broker": {"url": broker.url},
                "clock": {"trust": "system"},
                "spool": {"path": folder / "spool.db", "commit_seconds": 1},
                "publish": {"reoffer_seconds": 5.0},
                "ports": [
                    {"url": "none", "devices": [{"id": "pm-1", "driver": "plantower.pms5003"}]}
                ],
            }
        )
        terms = Terms(GATEWAY, (build(ROOT, GATEWAY, Kind.RECEIPT),))
        self._connection = Connection(config.broker, terms, self._events.put)
        self.core = Core(config, self._connection, self.clock, watches={})

    def measure(self, number: int) -> None:
        """Measure one number each second."""
        reading = Reading("pm-1", None, {"pm2_5": Value(float(number), Flag.PASS)})
        self.core.measured(reading, self.clock.stamp(), "made.up", self.clock.monotonic())
        self.pass_by(1.0)

    def connect(self) -> None:
        """Let the broker hear of it."""
        self._connection.start()

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and take in what happened."""
        self.clock.advance(seconds)
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                break
            self.core.happened(event, self.clock.monotonic(), self.clock.stamp())
        self.core.tick(self.clock.monotonic(), self.clock.stamp())

    def go_on_until(self, condition: Callable[[], bool], what: str) -> None:
        """Go on at a quicker pace until something has become true."""
        before = deadline = time.monotonic()
        deadline += WITHIN
        while not condition():
            assert before < deadline, f"{what} did not come true within {WITHIN} s"
            now = time.monotonic()
            self.pass_by(PACE * (now - before))
            before = now

    @property
    def held(self) -> int:
        """Batches that it has not forgotten."""
        return self.core.spool.counts.held

    @property
    def refused(self) -> int:
        """Those among them that the collector refused."""
        return self.core.spool.counts.refused

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.stop()
        self.core.close(self.clock.monotonic())


class Centre:
    """A collector's process before an InfluxDB."""

    def __init__(self, broker: Broker, influx: Influx, folder: Path) -> None:
        self.influx = influx
        self.dead = folder / "dead"
        config = folder / "collector.toml"
        config.write_text(
            _COLLECTOR.format(folder=folder, broker=broker.url, influx=influx.url, bucket=DATABASE),
            encoding="utf-8",
        )
        run = [sys.executable, "-m", "gateway.collector.process", "--config", str(config)]
        self._process = Child("collector", run, folder / "collector.log")

    @property
    def said(self) -> str:
        """What it has logged so far."""
        return self._process.log.read_text("utf-8") if self._process.log.exists() else ""

    @property
    def numbers(self) -> list[int]:
        """Every number in the store, as often as it is there."""
        return [int(row["pm2_5"]) for row in self.influx.query("SELECT pm2_5 FROM air")]

    @property
    def letters(self) -> list[str]:
        """Why the dead letters are dead."""
        paths = self.dead.glob("*.json")
        return [json.loads(path.read_text("utf-8"))["detail"] for path in paths]

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stop(WITHIN), "the collector did not end by itself"


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    with Influx(tmp_path / "influx") as running:
        yield running


@pytest.fixture
def pole(broker: Broker, tmp_path: Path) -> Iterator[Pole]:
    with Pole(broker, tmp_path, time.time() - 3 * DAY) as running:
        for number in range(READINGS):
            running.measure(number)
        running.pass_by(11.0)
        running.clock.advance(3 * DAY)
        yield running


@pytest.fixture
def centre(broker: Broker, influx: Influx, tmp_path: Path) -> Iterator[Centre]:
    with Centre(broker, influx, tmp_path) as running:
        yield running


def everything_comes_in(pole: Pole, centre: Centre) -> None:
    """See that the gateway may forget all, since the store has all of it, once."""
    pole.go_on_until(lambda: not pole.held, "an empty spool")
    assert sorted(centre.numbers) == list(range(READINGS))
    assert centre.letters == []


def test_a_retention_policy_shorter_than_the_backlog_costs_no_reading(
    pole: Pole, centre: Centre, influx: Influx
) -> None:
    influx.execute(f"ALTER RETENTION POLICY autogen ON {DATABASE} DURATION 1d SHARD DURATION 1h")
    held = pole.held
    assert held > 2
    pole.connect()
    pole.go_on_until(lambda: pole.refused >= held, "all refused")
    assert pole.held >= held
    assert centre.numbers == []
    assert all("retention policy" in letter for letter in centre.letters)
    assert "lengthen its retention" in centre.said
    influx.execute(f"ALTER RETENTION POLICY autogen ON {DATABASE} DURATION INF")
    everything_comes_in(pole, centre)


def test_a_field_that_has_another_type_already_costs_no_reading(
    pole: Pole, centre: Centre, influx: Influx
) -> None:
    at = round((pole.clock.wall - 3 * DAY) * 1000)
    influx.write(f'air,device=by-hand pm2_5="twelve" {at}')
    held = pole.held
    pole.connect()
    pole.go_on_until(lambda: pole.refused >= held, "all refused")
    assert pole.held >= held
    assert all("type conflict" in letter and "pm2_5" in letter for letter in centre.letters)
    assert "field type conflict" in centre.said
    assert '"pm2_5"' in centre.said
    assert "take it out of that measurement" in centre.said
    influx.execute("DROP MEASUREMENT air")
    everything_comes_in(pole, centre)


def test_a_database_that_is_not_there_costs_no_reading(
    pole: Pole, centre: Centre, influx: Influx
) -> None:
    influx.execute(f"DROP DATABASE {DATABASE}")
    held = pole.held
    pole.connect()
    pole.go_on_until(lambda: f"CREATE DATABASE {DATABASE}" in centre.said, "the remedy")
    assert f'database not found: "{DATABASE}"' in centre.said
    assert pole.held >= held
    assert (pole.refused, centre.letters) == (0, [])
    influx.execute(f"CREATE DATABASE {DATABASE}")
    everything_comes_in(pole, centre)
