"""A city for tests of what staff see: a collector has stored what two gateways had to say."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.clock import SystemClock
from gateway.collector.collector import Collector
from gateway.collector.stores import open_store
from gateway.config.collector import load_collector
from gateway.trust import Trust
from schemas.topics import ROOT, Kind, build
from tests.collector.batches import payload
from tests.collector.gateway import Gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.broker import Broker

BUSY, CALM = "gw-busy", "gw-calm"
EPOCH = "6f1c0a0000000001"
MINUTE = 60_000

HEALTH = {
    "v": 1, "uptime_seconds": 60.0, "clock": "trusted", "spool": "disk", "waiting": 3,
    "refused": 1, "alarms": ["clock: \x1b[2Jgone\x07"],
    "devices": {"pm-1": {"silence": "unplugged\x1b]0;x\x07"}, "pm-2": {"fault": "fan"}},
}  # fmt: skip

ABOUT = {
    "v": 1, "gateway": BUSY, "site": "pasar",
    "devices": [
        {"id": "node", "model": "simpang.node", "quantities": {}, "every": 300.0},
        {"id": "pm-1", "model": "plantower.pms5003", "quantities": {}, "every": 1.0},
        {"id": "pm-2", "model": "plantower.pms5003", "quantities": {}, "every": 1.0},
    ],
}  # fmt: skip

SPOOL = {
    "v": 1, "now": EPOCH,
    "epochs": [{"epoch": EPOCH, "low": 9, "next": 12, "dropped": [[6, 7, "full"]]}],
}  # fmt: skip


class City:
    """A broker, a store, what a collector put there, and a config that leads to both."""

    def __init__(self, broker: Broker, folder: Path, store: str) -> None:
        self.broker = broker
        self.folder = folder
        self.config = self.write_config("collector.toml", broker.port, store)
        self.began = int(time.time() * 1000) // MINUTE * MINUTE

    def write_config(self, name: str, port: int, store: str) -> Path:
        path = self.folder / name
        path.write_text(
            f'[collector]\nid = "collector-1"\ndead_letters = "{self.folder}/dead"\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[store]\n{store}\n',
            encoding="utf-8",
        )
        return path

    def fill(self) -> None:
        """Let a collector store what two gateways have to say."""
        config = load_collector(self.config)
        clock = SystemClock()
        collector = Collector(
            config, open_store(config.store), clock, Trust.of("system", clock.boot_id)
        )
        thread = threading.Thread(target=collector.run)
        with Gateway(self.broker, "5", BUSY) as busy, Gateway(self.broker, "5", CALM) as calm:
            busy.announce()
            thread.start()
            try:
                busy.await_greeting()
                self._publish(busy, calm)
                until(lambda: collector.status().get("stored") == 8, 20, "eight batches stored")
            finally:
                collector.stop()
                thread.join(20)
        assert not thread.is_alive()

    def _publish(self, busy: Gateway, calm: Gateway) -> None:
        self._say(busy, Kind.ABOUT, ABOUT)
        self._say(busy, Kind.SPOOL, SPOOL)
        self._say(calm, Kind.STATE, {"online": False})
        epochs = [{"epoch": EPOCH, "low": 2, "next": 2}]
        self._say(calm, Kind.SPOOL, {"v": 1, "now": EPOCH, "epochs": epochs})
        for seq in range(1, 6):
            busy.publish(self._batch(seq, 55 - 9 * (seq - 1), 9))
        busy.publish(self._batch(8, 90, 1))
        busy.publish(self._batch(8, 91, 1))
        calm.publish(self._batch(1, 1, 1))

    def _batch(self, seq: int, minutes_ago: int, rows: int) -> bytes:
        values = [[minute * MINUTE, "1", 12.0, 15.0] for minute in range(rows)]
        t = self.began - minutes_ago * MINUTE
        return payload(seq, epoch=EPOCH, t=t, r=values, why={}, every=1.0)

    @staticmethod
    def _say(gateway: Gateway, kind: Kind, message: object) -> None:
        gateway.say(build(ROOT, gateway.name, kind), json.dumps(message).encode(), retain=True)

    @contextmanager
    def healthy(self, message: object = HEALTH) -> Iterator[None]:
        """Let the busy gateway say all the time how it fares."""
        stop = threading.Event()
        topic = build(ROOT, BUSY, Kind.HEALTH)

        def tell() -> None:
            with Gateway(self.broker, "5", "teller") as teller:
                while not stop.wait(0.05):
                    teller.say(topic, json.dumps(message).encode())

        thread = threading.Thread(target=tell)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(20)
