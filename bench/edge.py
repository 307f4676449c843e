"""A gateway with ten sensors at 1 Hz under TLS: CPU for a thousand readings, and memory."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from bench import process
from bench.city import SETTINGS, City, running
from bench.figure import at_most, figure
from devices import registry
from gateway.simulator.air import Air
from gateway.simulator.plantower import Plantower
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart
from tests.broker import free_port
from tests.keys import issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.figure import Figure
    from bench.run import Run

SENSORS: Final = 10
SECONDS: Final = 12.0
"""How long a round watches; batches close each 10 s."""

MEMORY: Final = 42.0

_MODEL: Final = "plantower.pms5003"
_FRAME: Final = 32
"""Bytes of a frame of this model."""

_GATEWAY: Final = """\
[gateway]
id = "gw-1"

[broker]
url = "mqtts://127.0.0.1:{port}"
ca_file = "{ca}"

[clock]
trust = "system"

[spool]
path = "{folder}/spool.db"
"""

_PORT: Final = """
[[ports]]
url = "{tty}"
devices = [{{ id = "{name}", driver = "{model}" }}]
"""


def measure(run: Run) -> Iterator[Figure]:
    """Let both gateways live side by side, each with sensors of its own, and watch them."""
    ca = issue(run.folder, "ca")
    server = issue(run.folder, "server", ca)
    port = free_port()
    settings = [
        *SETTINGS, f"listener {port} 127.0.0.1",
        f"cafile {ca.cert}", f"certfile {server.cert}", f"keyfile {server.key}",
    ]  # fmt: skip
    cost: tuple[list[float], list[float]] = [], []
    memory: tuple[list[float], list[float]] = [], []
    with City(run.folder, settings) as city, ExitStack() as stack:
        ours = _sensors(stack, run.folder, "ours")
        theirs = _sensors(stack, run.folder, "plain")
        config = _config(run.folder, port, ca.cert, ours)
        arguments = "127.0.0.1", str(port), str(ca.cert), str(_FRAME), *map(str, theirs)
        stack.enter_context(running(city.collector()))
        gateways = [
            stack.enter_context(running(child))
            for child in (
                city.python("gateway", "gateway.edge.process", "--config", str(config)),
                city.python("plain", "bench.plain", *arguments),
            )
        ]
        time.sleep(SECONDS)  # until the first batches were born
        for _ in run.rounds("a gateway with ten sensors"):
            before = [process.cpu(child.pid) for child in gateways]
            time.sleep(SECONDS)
            for place, child in enumerate(gateways):
                used = process.cpu(child.pid) - before[place]
                cost[place].append(used / (SENSORS * SECONDS) * 1e6)
                memory[place].append(process.resident(child.pid))
        for child in gateways:
            if not child.alive:
                raise RuntimeError(f"the {child.name} ended:\n{child.last_lines()}")
    beside = "frames sent on as they come"
    yield figure("CPU of the gateway for 1,000 readings", "ms", cost[0], beside, cost[1])
    yield figure("memory of the gateway", "MB", memory[0], beside, memory[1], at_most(MEMORY))


def _sensors(stack: ExitStack, folder: Path, name: str) -> list[Path]:
    """Let sensors speak, once a second each, and return their ports."""
    driver = registry.find(_MODEL)
    ports = [folder / f"tty-{name}-{number}" for number in range(SENSORS)]
    for number, port in enumerate(ports):
        player = Player(port.name, Plantower(driver, Air(number)), Uart(port))
        player.start()
        stack.callback(player.stop)
    return ports


def _config(folder: Path, port: int, ca: Path, ports: Sequence[Path]) -> Path:
    file = folder / "gateway.toml"
    text = _GATEWAY.format(port=port, ca=ca, folder=folder) + "".join(
        _PORT.format(tty=tty, name=f"pm-{number}", model=_MODEL) for number, tty in enumerate(ports)
    )
    file.write_text(text, encoding="utf-8")
    return file
