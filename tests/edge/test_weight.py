"""What a gateway carries while it works, told by one that has read a sensor and sent it by TLS."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devices.plantower import PMS5003
from gateway.edge.postponed import POSTPONED
from gateway.simulator.uart import Uart
from tests.broker import Broker
from tests.keys import issue
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """\
[gateway]
id = "gw"

[broker]
url = "mqtts://127.0.0.1:{port}"
ca_file = "{ca}"

[clock]
trust = "system"

[spool]
path = "{folder}/spool.db"

[publish]
batch_seconds = 0

[[ports]]
url = "{folder}/tty"
devices = [{{ id = "pm-1", driver = "plantower.pms5003" }}]
"""

_RUN = """
import json, sys
from gateway.edge.process import main

code = main(sys.argv[1:])
kinds = {name: type(module).__name__ for name, module in sys.modules.items()}
print(json.dumps([name for name, kind in kinds.items() if kind != "_LazyModule"]))
sys.exit(code)
"""

MOST = 170
"""Modules that are not Python's own, a few more than there are; each costs twenty kilobytes."""

ONLY_OTHERS_NEED = POSTPONED | {
    "argparse", "asyncio", "difflib", "gateway.edge.vehicles", "http.client", "locale",
    "tomlkit", "typer", "unittest",
}  # fmt: skip


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of a gateway at work."""
    folder = tmp_path_factory.mktemp("weight")
    ca = issue(folder, "ca")
    server = issue(folder, "server", ca)
    files = {"cafile": ca.cert, "certfile": server.cert, "keyfile": server.key}
    lines = ["allow_anonymous true", "log_type all", *(f"{key} {files[key]}" for key in files)]
    uart = Uart(folder / "tty")
    with Broker(folder, lines=lines) as broker:
        return at_work(folder, broker, ca.cert, uart)


def at_work(folder: Path, broker: Broker, ca: Path, uart: Uart) -> set[str]:
    """Let a gateway live until the broker has a reading, and ask it what it has loaded."""
    config = folder / "gateway.toml"
    config.write_text(_CONFIG.format(port=broker.port, ca=ca, folder=folder), "utf-8")
    frame = PMS5003.encode({"pm2_5_atm": 7, "n0_3": 1})
    command = [sys.executable, "-c", _RUN, "--config", str(config), "--drain", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: uart.write(frame) > 0 and "readings/pm-1" in broker.log, 20, "a reading")
            process.terminate()
            said, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    return set(json.loads(said))


def test_a_gateway_at_work_has_loaded_nothing_that_only_others_need(carried: set[str]) -> None:
    assert {"ssl", "devices.plantower"} <= carried
    assert carried & ONLY_OTHERS_NEED == set()


def test_a_gateway_at_work_has_loaded_few_modules(carried: set[str]) -> None:
    others = {name for name in carried if name.split(".")[0] not in sys.stdlib_module_names}
    assert len(others) < MOST, sorted(others)


def test_what_was_postponed_is_there_once_somebody_uses_it() -> None:
    program = (
        "import sys, gateway.edge, calendar, urllib.request;"
        "before = 'http.client' in sys.modules;"
        "print(before, calendar.isleap(2024), len(urllib.request.getproxies()) >= 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["False", "True", "True"]
