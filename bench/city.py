"""The servers of a city on this machine, and the processes that a figure runs between them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from bench import process
from gateway.simulator.child import Child
from tests.broker import Broker
from tests.influx import DATABASE, Influx
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WINDOW: Final = 2000
"""Messages without acknowledgement that the broker sends: two writes of 5,000 rows, and more."""

SETTINGS: Final = ("allow_anonymous true", "set_tcp_nodelay true")

_COLLECTOR: Final = """\
[collector]
id = "{name}"
dead_letters = "{folder}/dead-{name}"
share = "{share}"
aggregates = false

[broker]
url = "{broker}"

[store]
kind = "influxdb"
url = "{influx}"
bucket = "{bucket}"
"""


_PATIENCE: Final = 30.0


class City:
    """A broker, and a database behind the same front for everybody.

    Attributes:
        folder: Where all of it lies.
        broker: The broker.
        influx: The database.
    """

    def __init__(self, folder: Path, settings: Sequence[str] = SETTINGS) -> None:
        """Lay everything out; `with` starts it."""
        self.folder = folder
        self.broker = Broker(folder, window=WINDOW, lines=settings)
        self.influx = Influx(folder / "influx")

    def __enter__(self) -> Self:
        """Start both servers."""
        self.broker.start()
        self.influx.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End both."""
        self.broker.stop()
        self.influx.stop()

    def empty(self) -> None:
        """Begin with an empty database that has nothing left to do."""
        self.influx.execute(f'DROP DATABASE "{DATABASE}"')
        self.influx.execute(f'CREATE DATABASE "{DATABASE}"')
        process.rest(self.influx.pid)

    def rows(self) -> int:
        """Count the readings that can be queried."""
        found = self.influx.query("SELECT count(pm10_qf) FROM air")
        return int(found[0]["count"]) if found else 0

    def collector(self, name: str = "collector", share: str = "") -> Child:
        """Describe a collector."""
        file = self.folder / f"{name}.toml"
        text = _COLLECTOR.format(
            name=name, folder=self.folder, share=share, broker=self.broker.url,
            influx=self.influx.url, bucket=DATABASE,
        )  # fmt: skip
        file.write_text(text, encoding="utf-8")
        return self.python(name, "gateway.collector.process", "--config", str(file))

    def python(self, name: str, module: str, *arguments: str) -> Child:
        """Describe a process of ours."""
        command = [sys.executable, "-m", module, *arguments]
        return Child(name, command, self.folder / f"{name}.log")

    def settle(self, child: Child) -> None:
        """Let the broker know a consumer and its subscriptions: from then on it keeps messages."""
        with running(child):
            until(lambda: f" as {child.name} " in self.broker.log, _PATIENCE, child.name)
            process.rest(child.pid)


@contextmanager
def running(child: Child) -> Iterator[Child]:
    """Start a process, and end it behind the block."""
    child.start()
    try:
        yield child
    finally:
        child.stop(10.0)
