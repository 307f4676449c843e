"""The whole chain on one machine: broker, collector and gateway as processes, and sensors."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, Literal

from devices import registry
from gateway.errors import SimpangError
from gateway.simulator import broker
from gateway.simulator.air import Air
from gateway.simulator.child import Child
from gateway.simulator.nova import Nova
from gateway.simulator.omnipresense import Radar
from gateway.simulator.plantower import Plantower
from gateway.simulator.player import Player
from gateway.simulator.road import Road
from gateway.simulator.troubles import NOISY, BadLine
from gateway.simulator.uart import Uart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GATEWAY: Final = "gw-demo"
RECEIPTS_WITHIN: Final = 15.0
"""Seconds that a gateway which was told to end waits for receipts."""

_COLLECTOR: Final = """\
[collector]
id = "collector-demo"
dead_letters = "{folder}/dead"

[broker]
url = "mqtt://127.0.0.1:{port}"
protocol = "{protocol}"

[store]
kind = "sqlite"
path = "{folder}/store.db"
"""

_GATEWAY: Final = """\
[gateway]
id = "gw-demo"
site = "alun-alun"
latitude = -7.3881
longitude = 109.3636

[broker]
url = "mqtt://127.0.0.1:{port}"
protocol = "{protocol}"

[clock]
trust = "system"

[spool]
path = "{folder}/spool.db"
commit_seconds = 1.0

[publish]
batch_seconds = 1.0
resend_seconds = 2.0
health_seconds = 1.0

[[ports]]
url = "{folder}/tty-pm-1"
devices = [{{ id = "pm-1", driver = "plantower.pms5003", interval = 0.0 }}]

[[ports]]
url = "{folder}/tty-pm-2"
devices = [{{ id = "pm-2", driver = "nova.sds011", interval = 0.0 }}]

[[ports]]
url = "{folder}/tty-radar-1"
devices = [{{ id = "radar-1", driver = "omnipresense.ops243", interval = 5.0 }}]
"""
"""A gateway in a hurry: what takes minutes elsewhere takes seconds."""

_UP_WITHIN: Final = 15.0
_ENDS_WITHIN: Final = 10.0


class Chain:
    """Two air sensors, one on a noisy line, and a radar: read, sent, stored and receipted.

    Attributes:
        players: The sensors, by the ids of their devices.
        radar: The one of them that counts vehicles.
        spool: The gateway's spool.
        store: The collector's store.
    """

    def __init__(self, folder: Path, broker_name: str) -> None:
        """Lay everything out in `folder`; nothing runs yet."""
        self.folder = folder
        self.spool = folder / "spool.db"
        self.store = folder / "store.db"
        self.port = broker.free_port()
        self.protocol: Literal["5", "3.1.1"] = "5" if broker_name == "mosquitto" else "3.1.1"
        self.radar = Radar(registry.find("omnipresense.ops243"), Road(seed=3))
        self.players = {
            "pm-1": self._player(
                "pm-1", Plantower(registry.find("plantower.pms5003"), Air(seed=1), period=0.5)
            ),
            "pm-2": self._player(
                "pm-2", Nova(registry.find("nova.sds011"), Air(seed=2)), BadLine(2, NOISY)
            ),
            "radar-1": self._player("radar-1", self.radar),
        }
        self._broker = Child(
            "broker", broker.command(broker_name, self.port, folder), folder / "broker.log"
        )
        self._collector = self._service("collector", "gateway.collector.process", _COLLECTOR)
        self._gateway = self._service(
            "gateway", "gateway.edge.process", _GATEWAY, "--drain", str(RECEIPTS_WITHIN)
        )

    def start(self, interrupted: Callable[[], bool]) -> None:
        """Start everything; return early where somebody does not want it any more.

        Raises:
            SimpangError: A process ended, or the broker does not answer.
        """
        for player in self.players.values():
            player.start()
        self._broker.start()
        deadline = time.monotonic() + _UP_WITHIN
        while not interrupted() and not broker.listens(self.port):
            self.check()
            if time.monotonic() > deadline:
                raise SimpangError(f"the broker does not answer:\n{self._broker.last_lines()}")
            time.sleep(0.05)
        for child in (self._collector, self._gateway):
            if not interrupted():
                child.start()

    def check(self) -> None:
        """Make sure that whatever was started still runs.

        Raises:
            SimpangError: It names the process that ended, with the last lines of its log.
        """
        for child in (self._broker, self._collector, self._gateway):
            if child.code is not None:
                raise SimpangError(
                    f"the {child.name} ended with {child.code}; its last lines:\n"
                    f"{child.last_lines()}"
                )

    def stop(self) -> None:
        """End in the order in which nothing is lost: the gateway first, while it is still heard."""
        self._gateway.stop(RECEIPTS_WITHIN + _ENDS_WITHIN)
        for player in self.players.values():
            player.stop()
        self._collector.stop(_ENDS_WITHIN)
        self._broker.stop(_ENDS_WITHIN)

    def abandon(self) -> None:
        """End everything at once, whatever state it is in."""
        for child in (self._gateway, self._collector, self._broker):
            child.kill()
        for player in self.players.values():
            player.stop()

    def _player(
        self, device: str, sensor: Plantower | Nova | Radar, line: BadLine | None = None
    ) -> Player:
        return Player(device, sensor, Uart(self.folder / f"tty-{device}"), line)

    def _service(self, name: str, module: str, template: str, *options: str) -> Child:
        file = self.folder / f"{name}.toml"
        text = template.format(folder=self.folder, port=self.port, protocol=self.protocol)
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", module, "--config", str(file), *options]
        return Child(name, command, self.folder / f"{name}.log")
