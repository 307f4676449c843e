"""The stores that a plant can have: a file that others can lock, or a server that can lie."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from signal import SIGKILL, Signals
from typing import TYPE_CHECKING, Protocol

from gateway.collector.influxql import InfluxReader
from gateway.collector.sqlite import SqliteStore
from gateway.collector.store import Reader
from tests.faults.front import Front
from tests.influx import DATABASE, Influx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gateway.collector.points import Fields, Tags


class Kept(Reader, Protocol):
    """A store, as the plant and the account see it."""

    @property
    def settings(self) -> str:
        """What a collector is told of it."""

    def open(self) -> None:
        """Begin."""

    def reader(self) -> Reader:
        """Return what the product reads it with; the account has a way of its own."""

    def close(self) -> None:
        """End, whatever state it is in."""


class File(SqliteStore):
    """The embedded store, with the lock that a second writer would take."""

    _holder: sqlite3.Connection | None = None

    @property
    def settings(self) -> str:
        """What a collector is told of it."""
        return f'kind = "sqlite"\npath = "{self.path}"'

    def open(self) -> None:
        """Begin: a collector makes the file."""

    def reader(self) -> Reader:
        """Return what the product reads it with: this."""
        return self

    def lock(self) -> None:
        """Take it: nobody else can write; where a frozen collector holds it, nobody can either."""
        self._holder = sqlite3.connect(self.path, timeout=0.5, isolation_level=None)
        with contextlib.suppress(sqlite3.OperationalError):
            self._holder.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        """Give it back."""
        if self._holder is not None:
            self._holder.close()
        self._holder = None

    def close(self) -> None:
        """Close the file."""
        self.unlock()
        super().close()


class Server:
    """A real InfluxDB behind a front; the account asks it in InfluxQL, past the front.

    Attributes:
        influx: The database.
        front: What collectors are told is the database.
        name: What it is called in messages.
    """

    name = "database"

    def __init__(self, folder: Path) -> None:
        """Lay it out in `folder`; nothing runs yet."""
        self.influx = Influx(folder)
        self.front = Front(self.influx.url)

    @property
    def settings(self) -> str:
        """What a collector is told of it."""
        return f'kind = "influxdb"\nurl = "{self.front.url}"\nbucket = "{DATABASE}"'

    @property
    def code(self) -> int | None:
        """How the database ended by itself; None while it runs, or where it was killed."""
        return self.influx.code

    def open(self) -> None:
        """Start it and its front, and return once it answers."""
        self.front.start()
        self.influx.start()

    def reader(self) -> Reader:
        """Return what the product reads it with."""
        return InfluxReader(self.influx.url, "", DATABASE, None)

    def start(self) -> None:
        """Start the database again; it answers when it is ready."""
        self.influx.begin()

    def kill(self) -> None:
        """End the database at once."""
        self.influx.kill()

    def signal(self, number: Signals) -> None:
        """Send the database a signal, if it is there."""
        assert number is not SIGKILL, "`kill` does"
        if self.influx.pid:
            os.kill(self.influx.pid, number)

    def last_lines(self) -> str:
        """Return the end of its log."""
        return self.influx.log()

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        """Iterate over points, series by series, each in the order of time, from `since` (ms)."""
        where = [f"time >= {since}ms", *(f"\"{key}\" = '{value}'" for key, value in tags.items())]
        query = f'SELECT * FROM "{measurement}" WHERE {" AND ".join(where)} GROUP BY *'  # noqa: S608 - ours
        for series in self.influx.execute(query):
            found = tuple(sorted((key, value) for key, value in series["tags"].items() if value))
            for values in series["values"]:
                fields = dict(zip(series["columns"], values, strict=True))
                time = fields.pop("time")
                yield found, time, {k: v for k, v in fields.items() if v is not None}

    def close(self) -> None:
        """End it, whatever state it is in."""
        self.front.stop()
        self.influx.stop()
