"""The health check of a container: alive, or ended so that it is started anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deploy.centre import DEPLOY
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIVE = DEPLOY / "compose" / "alive.py"

CONFIG = """\
[collector]
id = "collector-1"
dead_letters = "{folder}/dead"

[broker]
url = "mqtt://127.0.0.1:1"

[store]
kind = "sqlite"
path = "{folder}/store.db"
"""

INIT = """\
import subprocess, sys
collector = [sys.executable, "-m", "gateway.collector.process", "--config", sys.argv[1]]
child = subprocess.Popen(collector)
print(child.pid, flush=True)
sys.exit(child.wait() != 0)
"""
"""What an init does in a container: it starts one process, and ends when that ends."""


class Container:
    """An init, the collector that it has started, and where the collector tells that it lives."""

    def __init__(self, folder: Path) -> None:
        """Start both."""
        config = folder / "collector.toml"
        config.write_text(CONFIG.format(folder=folder), "utf-8")
        self.env = {**os.environ, "NOTIFY_SOCKET": f"@simpang-{os.getpid()}-{folder.name}"}
        self.init = subprocess.Popen(
            [sys.executable, "-c", INIT, str(config)],
            stdout=subprocess.PIPE, text=True, env=self.env,
        )  # fmt: skip
        assert self.init.stdout is not None
        self.collector = int(self.init.stdout.readline())

    def check(self, seconds: float) -> subprocess.CompletedProcess[str]:
        """Run the health check."""
        command = [sys.executable, "-I", str(ALIVE), "--seconds", str(seconds)]
        command += ["--init", str(self.init.pid)]
        return subprocess.run(command, env=self.env, check=False, capture_output=True, text=True)

    def end(self) -> None:
        """End both, in whatever state they are."""
        if self.init.poll() is None:
            os.kill(self.collector, signal.SIGCONT)
            os.kill(self.collector, signal.SIGKILL)
        self.init.wait(10)
        assert self.init.stdout is not None
        self.init.stdout.close()


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    running = Container(tmp_path)
    yield running
    running.end()


def test_a_collector_that_comes_round_is_alive_also_without_a_broker(container: Container) -> None:
    assert container.check(20).returncode == 0
    assert container.init.poll() is None


def test_a_collector_that_hangs_is_ended_and_with_it_its_container(container: Container) -> None:
    assert container.check(20).returncode == 0
    os.kill(container.collector, signal.SIGSTOP)

    checked = container.check(0.3)

    assert checked.returncode == 1
    assert "no sign of life within 0.3 s" in checked.stderr
    until(lambda: container.init.poll() is not None, 10, "the end of the container")
