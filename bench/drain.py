"""A gateway that was cut off comes back: a million readings from its spool into the database."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

from bench import made, process
from bench.city import City, running
from bench.figure import Target, at_most, figure
from bench.rows import feed
from gateway.config.collector import InfluxStore
from gateway.edge.held import Waiting
from gateway.edge.spool import Spool
from schemas.batch import encode
from schemas.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figure import Figure
    from bench.made import Load
    from bench.run import Run

READINGS: Final = 1_000_000
ROWS: Final = 100
"""Rows of a batch."""

SECONDS: Final[Target] = at_most(60.0)

_PATIENCE: Final = 300.0

_GATEWAY: Final = """\
[gateway]
id = "gw-00"
site = "alun-alun"

[broker]
url = "{broker}"

[clock]
trust = "system"

[spool]
path = "{spool}"
"""


def measure(run: Run) -> Iterator[Figure]:
    """Fill a spool once; let a gateway drain a copy of it, and the same lines go straight in."""
    load = made.load(run.part(READINGS) // ROWS, ROWS, gateways=1)
    full = run.folder / "full.db"
    _fill(full, load)
    bodies = load.bodies(InfluxStore().write_rows)
    drained: list[float] = []
    alone: list[float] = []
    peaks: dict[str, list[float]] = {"gateway": [], "collector": []}
    with City(run.folder) as city:
        spool = run.folder / "spool.db"
        config = run.folder / "gateway.toml"
        config.write_text(_GATEWAY.format(broker=city.broker.url, spool=spool), encoding="utf-8")
        gateway = city.python("gateway", "gateway.edge.process", "--config", str(config))
        collector = city.collector()
        for _ in run.rounds("drain"):
            shutil.copy(full, spool)
            city.empty()
            with running(collector):
                process.rest(collector.pid)
                began = time.monotonic()
                with running(gateway):
                    ended, _ = process.watch(collector, lambda: city.rows() == load.rows, _PATIENCE)
                    drained.append(ended - began)
                    for child in (gateway, collector):
                        peaks[child.name].append(process.resident(child.pid, peak=True))
            city.empty()
            alone.append(feed(city, bodies))
    name = f"{load.rows:,} readings drained, batches of {ROWS}"
    target = SECONDS if load.rows == READINGS else None
    yield figure(name, "s", drained, "InfluxDB alone", alone, target)
    yield figure(
        "peak memory meanwhile, gateway", "MB", peaks["gateway"], "collector", peaks["collector"]
    )


def _fill(path: Path, load: Load) -> None:
    """Lay batches into a spool as if they had been born there."""
    spool = Spool(path, now=0.0)
    for _, batch in load.batches:
        reading = Reading(batch.device, None, {}, batch.every)
        waiting = spool.hold(Waiting(0, reading, batch.model, "boot", 0.0, batch.t), 0.0)
        name = {"epoch": spool.epoch, "seq": spool.next_seq}
        payload = encode(batch.model_copy(update=name))
        spool.add(payload, [waiting] * len(batch.r), batch.t, 0.0, after_commit=False)
        if spool.wants_commit(0.0):
            spool.commit(0.0)
    spool.close(0.0)
