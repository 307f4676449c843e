"""The plant: every process, network, disk and clock that a fault can befall."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from gateway.simulator import broker
from gateway.simulator.child import Child
from tests.faults import clock, sensors
from tests.faults.disk import SmallDisk
from tests.faults.proxy import Proxy
from tests.faults.record import Heart, Record
from tests.faults.schedule import RADAR
from tests.faults.store import StoreLock
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

GATEWAY: Final = "gw-faults"
COMMIT_SECONDS: Final = 1.0

_UP_WITHIN: Final = 10.0

_INTO_MEMORY: Final = b"goes on in memory"
_OUT_OF_MEMORY: Final = b"memory moved to it"
"""What the gateway logs when its spool leaves the disk, and when it comes back."""

_COLLECTOR: Final = """\
[collector]
id = "collector-faults"
dead_letters = "{folder}/dead"

[broker]
url = "mqtt://127.0.0.1:{port}"
protocol = "{protocol}"
keepalive_seconds = 3

[store]
kind = "sqlite"
path = "{store}"
write_seconds = 0.1
"""

_GATEWAY: Final = """\
[gateway]
id = "{gateway}"

[broker]
url = "mqtt://127.0.0.1:{port}"
protocol = "{protocol}"
keepalive_seconds = 3

[clock]
trust = "{trust}"

[spool]
path = "{spool}"
commit_seconds = {commit_seconds}

[publish]
batch_seconds = 0.5
resend_seconds = 1.0
health_seconds = 1.0
"""

_PORT: Final = """
[[ports]]
url = "{url}"
devices = [{{ id = "{device}", driver = "{driver}", interval = {interval} }}]
"""


class Plant:
    """Sensors → gateway → network → broker → network → collector → store, all of it real.

    Attributes:
        processes: `broker`, `collector`, `gateway`.
        networks: The network at the `gateway`'s and at the `collector`'s end.
        sensors: Two air sensors and a radar.
        clock: The wall clock of the gateway.
        disk: The disk of its spool.
        spool: The spool on it.
        store: The collector's store.
        lock: Its lock, which others can take.
        dead: Its dead letters.
        record: What befell them.
    """

    def __init__(self, folder: Path, protocol: str, seed: int) -> None:
        """Lay everything out in `folder`; nothing runs yet."""
        self.folder = folder
        self.record = Record()
        self.clock = clock.WallClock(folder)
        self.disk = SmallDisk(folder / "disk")
        self.spool = self.disk.folder / "spool.db"
        self.store = folder / "store.db"
        self.dead = folder / "dead"
        self.sensors = sensors.build(folder, seed)
        port = broker.free_port()
        self._broker_port = port
        self.networks = {name: Proxy(name, port) for name in ("gateway", "collector")}
        self.processes = {
            "broker": Child(
                "broker", broker.command("mosquitto", port, folder), folder / "broker.log"
            ),
            "collector": self._collector(protocol),
            "gateway": self._gateway(protocol),
        }
        self.lock = StoreLock(self.store)
        self._heart = Heart(self.record, lambda: self.processes["gateway"].pid)
        self._log_size = 0

    def start(self) -> None:
        """Start everything; the gateway's clock is right, but nobody has confirmed it yet."""
        self.disk.mount()
        self._heart.start()
        for network in self.networks.values():
            network.start()
        for player in self.sensors.players.values():
            player.start()
        self.processes["broker"].start()
        until(lambda: broker.listens(self._broker_port), _UP_WITHIN, "the broker listening")
        self.processes["collector"].start()
        self.record.begin("dead")
        self.start_gateway()

    def start_gateway(self) -> None:
        """Start the gateway, which is dead until then."""
        gateway = self.processes["gateway"]
        self._log_size = gateway.log.stat().st_size if gateway.log.exists() else 0
        gateway.start()
        self.record.end("dead")

    def memory_since(self) -> float | None:
        """Tell since when the gateway's spool may have been in memory; None where it is not."""
        log = self.processes["gateway"].log.read_bytes()[self._log_size :]
        if log.rfind(_INTO_MEMORY) <= log.rfind(_OUT_OF_MEMORY):
            return None
        return max(window.begin for window in self.record.windows if window.cause == "full")

    def close(self) -> None:
        """End everything, whatever state it is in."""
        for process in self.processes.values():
            process.kill()
        for player in self.sensors.players.values():
            player.stop()
        for network in self.networks.values():
            network.stop()
        self._heart.stop()
        self.lock.release()
        self.disk.close()

    def _collector(self, protocol: str) -> Child:
        file = self.folder / "collector.toml"
        text = _COLLECTOR.format(
            folder=self.folder,
            port=self.networks["collector"].port,
            protocol=protocol,
            store=self.store,
        )
        file.write_text(text, encoding="utf-8")
        run = [sys.executable, "-m", "gateway.collector.process", "--config", str(file)]
        return Child("collector", run, self.folder / "collector.log")

    def _gateway(self, protocol: str) -> Child:
        file = self.folder / "gateway.toml"
        text = _GATEWAY.format(
            gateway=GATEWAY,
            port=self.networks["gateway"].port,
            protocol=protocol,
            trust=f"file:{self.clock.confirmed}",
            spool=self.spool,
            commit_seconds=COMMIT_SECONDS,
        )
        for device in self.sensors.players:
            text += _PORT.format(
                url=sensors.port(self.folder, device),
                device=device,
                driver="omnipresense.ops243" if device == RADAR else "plantower.pms5003",
                interval=sensors.TRAFFIC_INTERVAL if device == RADAR else 0.0,
            )
        file.write_text(text, encoding="utf-8")
        run = clock.command("gateway.edge.process", "--config", str(file), "--drain", "20")
        return Child("gateway", run, self.folder / "gateway.log", self.clock.env)
