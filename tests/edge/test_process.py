from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.edge.spool_summary import summarize
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """\
[gateway]
id = "gw"

[broker]
url = "mqtt://127.0.0.1:1"

[clock]
trust = "system"

[spool]
path = "{folder}/spool.db"

[[ports]]
url = "{folder}/no-such-port"

  [[ports.devices]]
  id = "pm-1"
  driver = "plantower.pms5003"
"""


@contextmanager
def gateway(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a gateway, and end it whatever happens."""
    config = folder / "gateway.toml"
    config.write_text(CONFIG.format(folder=folder), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.edge.process", "--config", str(config)],
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str], word: str) -> str:
    """Read what it says until a word comes."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
        if "no broker" in line:
            break
    raise AssertionError(f"it runs without a word of {word}")


def test_it_runs_without_broker_and_port_and_ends_in_order_when_told(tmp_path: Path) -> None:
    with gateway(tmp_path) as process:
        says(process, "no broker")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert summarize(tmp_path / "spool.db").epochs[-1].next == 1


def test_a_second_gateway_on_one_spool_is_told_so(tmp_path: Path) -> None:
    with gateway(tmp_path) as first:
        says(first, "gateway gw")
        with gateway(tmp_path) as second:
            line = says(second, "another gateway")
            assert "spool.db" in line
            assert second.wait(20) == 2
        first.terminate()
        assert first.wait(20) == 0


def test_a_kill_lets_the_next_one_have_the_spool(tmp_path: Path) -> None:
    with gateway(tmp_path) as first:
        says(first, "gateway gw")
        until((tmp_path / "spool.db").exists, 10)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
    with gateway(tmp_path) as second:
        says(second, "gateway gw")
        second.terminate()
        assert second.wait(20) == 0
