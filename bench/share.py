"""Two collectors on a share against one, fed live: such a share has no backlog at the broker."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from bench import made, process
from bench.city import City, running
from bench.figure import figure
from bench.hose import pour

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.figure import Figure
    from bench.made import Load
    from bench.run import Run
    from gateway.simulator.child import Child

BATCHES: Final = 20_000
ROWS: Final = 10

_PATIENCE: Final = 120.0


def measure(run: Run) -> Iterator[Figure]:
    """Pour batches of 10 rows on one collector of a share, then on two of them."""
    load = made.load(run.part(BATCHES), ROWS)
    paces: dict[int, list[float]] = {1: [], 2: []}
    with City(run.folder) as city:
        collectors = [city.collector(f"collector-{number}", "city") for number in (1, 2)]
        for _ in run.rounds("two collectors"):
            for number, found in paces.items():
                city.empty()
                found.append(load.rows / _share(city, collectors[:number], load))
    name = f"rows a second, batches of {ROWS} × 3, two collectors"
    yield figure(name, "1/s", paces[2], "one collector", paces[1])


def _share(city: City, collectors: Sequence[Child], load: Load) -> float:
    """Let collectors share a load; return the seconds until the last of them rests."""
    with ExitStack() as stack:
        for child in collectors:
            process.rest(stack.enter_context(running(child)).pid)
        began = time.monotonic()
        pour(city.broker.port, load.messages)
        ends = [
            process.watch(child, lambda: city.rows() == load.rows, _PATIENCE)[0]
            for child in collectors
        ]
        return max(ends) - began
