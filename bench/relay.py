"""The relay: what a collector could be at best, if it had nothing to do but carry.

The same connection, acknowledgement in order, the same client of InfluxDB with as many writes of
readings under way, and as large; but its payloads are ready-made lines. It decodes, checks,
receipts and tells of nothing.
Run as `python -m bench.relay BROKER INFLUX TOPIC`.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.service.write_service import WriteService

from gateway.collector.influx import InfluxStore
from gateway.config.broker import BrokerConfig
from gateway.config.collector import InfluxStore as InfluxSettings
from gateway.mqtt import Arrived, Connection, Terms

if TYPE_CHECKING:
    from gateway.mqtt import Event, Token

QUIET_SECONDS: Final = 0.02


class _Quiet:
    """Nothing came for a while."""


_QUIET: Final = _Quiet()


class Relay:
    """Carries lines from a broker to a database."""

    def __init__(self, broker: str, influx: str, topic: str) -> None:
        """Prepare to carry what comes on a topic."""
        self._settings = InfluxSettings(url=influx)
        self._most = InfluxStore(self._settings).writers
        client = InfluxDBClient(influx, "none", org="none", connection_pool_maxsize=self._most)
        self._service = WriteService(client.api_client)  # type: ignore[no-untyped-call]  # its gap
        self._events: SimpleQueue[Event | Future[None] | None] = SimpleQueue()
        self._writers = ThreadPoolExecutor(self._most)
        self._flights: deque[tuple[Future[None], list[Token]]] = deque()
        self._connection = Connection(
            BrokerConfig(url=broker),
            Terms("relay", (topic,), persistent=True, manual_ack=True),
            self._events.put,
        )

    def stop(self) -> None:
        """End `run` soon."""
        self._events.put(None)

    def run(self) -> None:
        """Carry until told to stop."""
        self._connection.start()
        lines: list[bytes] = []
        tokens: list[Token] = []
        rows, opened = 0, 0.0
        while (event := self._next()) is not None:
            if isinstance(event, Future):
                self._land()
            elif isinstance(event, Arrived) and event.token is not None:
                opened = opened if lines else time.monotonic()
                lines.append(event.payload)
                tokens.append(event.token)
                rows += 1 + event.payload.count(b"\n")
            late = event is _QUIET or time.monotonic() - opened >= self._settings.write_seconds
            if lines and (late or rows >= self._settings.write_rows):
                if len(self._flights) == self._most:
                    self._flights[0][0].exception()
                    self._land()
                writing = self._writers.submit(self._write, lines)
                writing.add_done_callback(self._events.put)
                self._flights.append((writing, tokens))
                lines, tokens, rows = [], [], 0
        self._connection.stop()

    def _next(self) -> Event | Future[None] | _Quiet | None:
        try:
            return self._events.get(timeout=QUIET_SECONDS)
        except Empty:
            return _QUIET

    def _write(self, lines: list[bytes]) -> None:
        self._service.post_write(  # type: ignore[no-untyped-call]  # the same
            "none", self._settings.bucket, b"\n".join(lines), precision="ms",
            content_type="text/plain; charset=utf-8",
        )  # fmt: skip

    def _land(self) -> None:
        """Acknowledge what is written, in order."""
        while self._flights and self._flights[0][0].done():
            written, tokens = self._flights.popleft()
            written.result()
            for token in tokens:
                self._connection.acknowledge(token)


if __name__ == "__main__":
    relay = Relay(*sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: relay.stop())
    relay.run()
