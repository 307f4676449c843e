"""Rows a second from the broker into the database: a collector, the relay, the database alone."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bench import made, process
from bench.city import City, running
from bench.figure import at_least, figure
from bench.hose import pour
from gateway.config.collector import InfluxStore
from tests.influx import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.figure import Figure
    from bench.made import Load
    from bench.run import Run
    from gateway.simulator.child import Child

BATCHES: Final = {10: 30_000, 100: 5_000}
"""How many batches of how many rows."""

LEAST: Final = {10: 0.50, 100: 0.75}
"""The share of the relay that a collector is to reach."""

CONNECTIONS: Final = 2

_PATIENCE: Final = 120.0


def measure(run: Run) -> Iterator[Figure]:
    """Carry a backlog that the broker holds, with batches of 10 and of 100 rows."""
    with City(run.folder) as city:
        for rows, batches in BATCHES.items():
            yield from _of_size(run, city, rows, made.load(run.part(batches), rows))


def _of_size(run: Run, city: City, rows: int, load: Load) -> Iterator[Figure]:
    paces: dict[str, list[float]] = {"collector": [], "relay": [], "alone": []}
    cheapness: dict[str, list[float]] = {"collector": [], "relay": []}
    lines = [("lines/gw-00/pm-0", text) for text in load.lines]
    relay = city.python("relay", "bench.relay", city.broker.url, city.influx.url, "lines/#")
    pairs = ((city.collector(), load.messages), (relay, lines))
    for child, _ in pairs:
        city.settle(child)
    for _ in run.rounds(f"rows, batches of {rows}"):
        for child, messages in pairs:
            city.empty()
            pour(city.broker.port, messages)
            seconds, used = carry(city, child, load.rows)
            paces[child.name].append(load.rows / seconds)
            cheapness[child.name].append(load.rows / used)
        city.empty()
        paces["alone"].append(load.rows / feed(city, load.bodies(InfluxStore().write_rows)))
    of, ours = f"batches of {rows} × 3", paces["collector"]
    yield figure(
        f"rows a second, {of}", "1/s", ours, "relay", paces["relay"], at_least(LEAST[rows])
    )
    yield figure(f"rows a second, {of}", "1/s", ours, "InfluxDB alone", paces["alone"])
    yield figure(
        f"rows a CPU second, {of}", "1/s", cheapness["collector"], "relay", cheapness["relay"]
    )


def carry(city: City, child: Child, rows: int) -> tuple[float, float]:
    """Let a process carry what the broker holds for it; return its seconds and CPU seconds.

    The broker stands still until the process has loaded what it needs and waits for an answer.
    """
    city.broker.freeze()
    try:
        with running(child):
            _, used = process.rest(child.pid)
            began = time.monotonic()
            city.broker.thaw()
            ended, total = process.watch(child, lambda: city.rows() == rows, _PATIENCE)
            return ended - began, total - used
    finally:
        city.broker.thaw()


def feed(city: City, bodies: Sequence[bytes]) -> float:
    """Write ready-made bodies over two connections; return the seconds."""
    began = time.monotonic()
    threads = [
        Thread(target=_write, args=(city.influx.url, bodies[number::CONNECTIONS]))
        for number in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def _write(url: str, bodies: Sequence[bytes]) -> None:
    connection = HTTPConnection(urlsplit(url).netloc)
    for body in bodies:
        connection.request("POST", f"/api/v2/write?bucket={DATABASE}&precision=ms", body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:  # noqa: PLR2004 - the only yes of InfluxDB
            raise OSError(f"InfluxDB answers {answer.status}")
    connection.close()
