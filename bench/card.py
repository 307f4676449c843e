"""The card: bytes that a day writes to the disk of a gateway, as the kernel counts them.

A fake clock makes hours take seconds; the readings, the commits and the file are real. What the
file system writes for its own journal is not in it, neither for us nor for the yardstick.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from bench.figure import at_most, figure
from bench.process import written
from devices import registry
from gateway.clock import FakeClock
from gateway.config.gateway import ClockConfig
from gateway.config.load import load_gateway
from gateway.edge.core import Core
from gateway.edge.watch import Watch
from gateway.mqtt.events import Arrived, Connected
from gateway.simulator.air import Air
from gateway.simulator.plantower import Plantower
from schemas.batch import decode
from schemas.reading import Flag, Reading, Value
from schemas.topics import Kind, build, parse
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figure import Figure, Target
    from bench.run import Run
    from gateway.config.gateway import GatewayConfig
    from gateway.mqtt.events import Event

EXAMPLE: Final = ROOT / "deploy/examples/gateway-metered.toml"
"""The shipped config for a modem: one PMS5003 at 1 Hz."""

DAY: Final = 86_400
SPAN: Final = DAY // 4
"""Seconds that pass for us; what is written is the same from hour to hour."""

PLAIN_SPAN: Final = DAY // 48
"""Seconds that pass for the yardstick, which has a commit for each."""

TARGET: Final[Target] = at_most(30.0)

_MODEL: Final = "plantower.pms5003"
_RECEIPT_SECONDS: Final = 2.0
"""A collector's receipt comes at the latest so long after the first batch that it names."""


def measure(run: Run) -> Iterator[Figure]:
    """Let hours pass with the link up, and with it down, and make days of them."""
    days: dict[str, list[float]] = {"up": [], "down": []}
    plain: list[float] = []
    spans = run.part(SPAN), run.part(PLAIN_SPAN)
    for number in run.rounds("bytes to disk"):
        for link, found in days.items():
            folder = run.folder / f"{link}-{number}"
            found.append(_live(folder, spans[0], seed=number, link=link) / spans[0] * DAY / 1e6)
        plain.append(_commit_each(run.folder, spans[1], number) / spans[1] * DAY / 1e6)
    for link, found in days.items():
        name = f"written to disk a day, metered, link {link}"
        yield figure(name, "MB", found, "a commit each reading", plain, TARGET)


def _live(folder: Path, seconds: int, *, seed: int, link: str) -> int:
    """Run a gateway for so many seconds; return the bytes written."""
    shipped = load_gateway(EXAMPLE)
    spool = shipped.spool.model_copy(update={"path": folder / "spool.db"})
    config = shipped.model_copy(update={"spool": spool, "clock": ClockConfig(trust="system")})
    before = written()
    clock = _Clock()
    city = _City(clock, config)
    core = Core(config, city, clock, watches={"pm-1": Watch(registry.find(_MODEL))})
    if link == "up":
        core.happened(Connected(), clock.monotonic(), clock.stamp())
    for reading in readings(seconds, seed):
        now, stamp = clock.monotonic(), clock.stamp()
        core.measured(reading, stamp, _MODEL, now)
        for event in city.due(now):
            core.happened(event, now, stamp)
        core.tick(now, stamp)
        clock.advance(1.0)
    core.close(clock.monotonic())
    return written() - before


def readings(number: int, seed: int) -> Iterator[Reading]:
    """Measure so many times, a second apart, what a real driver makes of a real frame."""
    driver = registry.find(_MODEL)
    sensor = Plantower(driver, Air(seed))
    sensor.power_on(0.0)
    for at in range(1, number + 1):
        sample = driver.sample(driver.decode(sensor.speak(float(at)).data, {}), {})
        measured = sample.values if sample else {}
        values = {name: Value(value, Flag.PASS) for name, value in measured.items()}
        yield Reading("pm-1", None, values, 1.0)


class _Clock(FakeClock):
    """A clock whose boot has a name as long as the kernel's are."""

    @property
    def boot_id(self) -> str:
        return str(UUID(int=self._boots))


class _City:
    """A broker and a collector that answer on time; without them nothing is heard of again."""

    def __init__(self, clock: FakeClock, config: GatewayConfig) -> None:
        self._clock = clock
        self._config = config
        self._owed: dict[str, list[tuple[int, int]]] = {}
        self._due = 0.0
        self._mids = count(1)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        parsed = parse(self._config.broker.root, topic)
        if not retain and parsed is not None and parsed.kind is Kind.READINGS:
            if not self._owed:
                self._due = self._clock.monotonic() + _RECEIPT_SECONDS
            batch = decode(payload)
            self._owed.setdefault(batch.epoch, []).append((batch.seq, batch.seq))
        return next(self._mids)

    def due(self, now: float) -> Iterator[Event]:
        """Hand over the receipt that is due."""
        if self._owed and now >= self._due:
            receipt = json.dumps({"v": 1, "stored": self._owed}).encode()
            topic = build(self._config.broker.root, self._config.gateway.id, Kind.RECEIPT)
            self._owed = {}
            yield Arrived(topic, receipt, retained=False, token=None)


def _commit_each(folder: Path, seconds: int, seed: int) -> int:
    """Write each reading into a table of SQLite as it comes; return the bytes written."""
    before = written()
    with closing(sqlite3.connect(folder / f"{uuid4().hex}.db", isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute("CREATE TABLE readings (id INTEGER PRIMARY KEY, reading TEXT)")
        for reading in readings(seconds, seed):
            values = {name: value.value for name, value in reading.values.items()}
            file.execute("INSERT INTO readings (reading) VALUES (?)", (json.dumps(values),))
    return written() - before
