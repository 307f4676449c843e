"""The plant: every process, network, disk and clock that a fault can befall."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gateway.edge.spool_summary import summarize
from gateway.simulator import broker
from gateway.simulator.child import Child
from gateway.simulator.player import now
from tests.faults import clock, sensors
from tests.faults.disk import SmallDisk
from tests.faults.proxy import Proxy
from tests.faults.record import Heart, Record
from tests.faults.schedule import RADAR
from tests.faults.stores import File, Server
from tests.faults.wire import Wire
from tests.waiting import until

if TYPE_CHECKING:
    from signal import Signals

    from tests.faults.schedule import Scene

GATEWAY: Final = "gw-faults"
COMMIT_SECONDS: Final = 1.0

_UP_WITHIN: Final = 10.0

_INTO_MEMORY: Final = b"goes on in memory"
_OUT_OF_MEMORY: Final = b"memory moved to it"
"""What the gateway logs when its spool leaves the disk, and when it comes back."""

_COLLECTOR: Final = """\
[collector]
id = "{name}"
dead_letters = "{dead}"
share = "{share}"
aggregates = {aggregates}

[broker]
url = "mqtt://127.0.0.1:{port}"
protocol = "{protocol}"
keepalive_seconds = 3

[store]
write_seconds = 0.1
{store}
"""

_GATEWAY: Final = """\
[gateway]
id = "{gateway}"
latitude = -7.3881
longitude = 109.3636

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
reoffer_seconds = 3.0
health_seconds = 1.0
"""

_PORT: Final = """
[[ports]]
url = "{url}"
devices = [{{ id = "{device}", driver = "{driver}", interval = {interval} }}]
"""


class Process(Protocol):
    """What can be killed, frozen and brought back."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""

    def start(self) -> None:
        """Start it."""

    def kill(self) -> None:
        """End it at once."""

    def signal(self, number: Signals) -> None:
        """Send it a signal, if it is there."""

    def last_lines(self) -> str:
        """Return the end of its log."""


class Plant:
    """Sensors → gateway → network → broker → network → collectors → store, all of it real.

    Attributes:
        gateway: The gateway's process.
        collectors: The collectors', by their ids.
        processes: Both of them and the `broker`; a `database` where the store is one.
        leaving: Collectors that were told to go and have not come back.
        networks: The network at the end of the `gateway` and of each collector, by their names.
        wire: What the gateway said.
        sensors: Two air sensors and a radar.
        clock: The wall clock of the gateway.
        disk: The disk of its spool.
        spool: The spool on it.
        store: What the collectors fill.
        dead: Their folders of dead letters, by their ids.
        record: What befell them.
        began: When it was laid out, seconds of CLOCK_BOOTTIME.
    """

    def __init__(self, folder: Path, protocol: str, seed: int, scene: Scene) -> None:
        """Lay everything out in `folder`; nothing runs yet."""
        self.folder = folder
        self.record = Record()
        self.began = now()
        self.clock = clock.WallClock(folder)
        self.disk = SmallDisk(folder / "disk")
        self.spool = self.disk.folder / "spool.db"
        self.store = Server(folder / "influx") if scene.outside else File(folder / "store.db")
        self.dead = {name: folder / f"dead-{name}" for name in scene.names}
        self.sensors = sensors.build(folder, seed)
        port = broker.free_port()
        self._broker_port = port
        self.leaving: set[str] = set()
        self.wire = Wire()
        self.networks = {name: Proxy(name, port) for name in scene.names}
        self.networks["gateway"] = Proxy("gateway", port, self.wire)
        self.gateway = self._gateway(protocol)
        self.collectors = {name: self._collector(name, protocol, scene) for name in scene.names}
        serve = broker.command("mosquitto", port, folder)
        self.processes: dict[str, Process] = {
            "broker": Child("broker", serve, folder / "broker.log"),
            "gateway": self.gateway,
            **self.collectors,
        }
        if isinstance(self.store, Server):
            self.processes[self.store.name] = self.store
        self._heart = Heart(self.record, lambda: self.gateway.pid)
        self._log_size = 0

    def start(self) -> None:
        """Start everything; the gateway's clock is right, but nobody has confirmed it yet."""
        self.disk.mount()
        self._heart.start()
        for network in self.networks.values():
            network.start()
        for player in self.sensors.players.values():
            player.start()
        self.store.open()
        self.processes["broker"].start()
        until(lambda: broker.listens(self._broker_port), _UP_WITHIN, "the broker listening")
        for collector in self.collectors.values():
            collector.start()
        self.record.begin("dead")
        self.start_gateway()

    def start_gateway(self) -> None:
        """Start the gateway, which is dead until then."""
        log = self.gateway.log
        self._log_size = log.stat().st_size if log.exists() else 0
        self.gateway.start()
        self.record.end("dead")

    def memory_since(self) -> float | None:
        """Tell since when the gateway's spool may have been in memory; None where it is not."""
        log = self.gateway.log.read_bytes()[self._log_size :]
        if log.rfind(_INTO_MEMORY) <= log.rfind(_OUT_OF_MEMORY):
            return None
        return max(window.begin for window in self.record.windows if window.cause == "full")

    def committed(self) -> dict[str, int]:
        """Tell of each epoch the seq behind the last one on the disk of a gateway that is dead.

        It is read from a copy: an opening may write, and this disk may be full.
        """
        with tempfile.TemporaryDirectory() as name:
            for path in self.spool.parent.glob(f"{self.spool.name}*"):
                shutil.copy(path, name)
            copy = Path(name) / self.spool.name
            return {row.epoch: row.next for row in summarize(copy).epochs} if copy.exists() else {}

    def close(self) -> None:
        """End everything, whatever state it is in."""
        for process in self.processes.values():
            process.kill()
        for player in self.sensors.players.values():
            player.stop()
        for network in self.networks.values():
            network.stop()
        self._heart.stop()
        self.store.close()
        self.disk.close()

    def _collector(self, name: str, protocol: str, scene: Scene) -> Child:
        file = self.folder / f"{name}.toml"
        text = _COLLECTOR.format(
            name=name,
            dead=self.dead[name],
            share="city" if scene.collectors > 1 else "",
            aggregates=str(name == scene.names[0]).lower(),
            port=self.networks[name].port,
            protocol=protocol,
            store=self.store.settings,
        )
        file.write_text(text, encoding="utf-8")
        run = [sys.executable, "-m", "gateway.collector.process", "--config", str(file)]
        return Child(name, run, self.folder / f"{name}.log")

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
