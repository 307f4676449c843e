"""The collector as a process: killed at the worst moment, ended politely, watched by systemd."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gateway.collector.collector import STOP_SECONDS
from gateway.collector.sqlite import SqliteStore
from tests.collector.answers import Answer, Answering
from tests.collector.batches import payload
from tests.collector.gateway import Gateway
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.broker import Broker

HERE: Final = Path(__file__).parents[2]
LEAN: Final = "gateway.collector.process"


def configure(broker: Broker, protocol: str, folder: Path) -> Path:
    path = folder / "collector.toml"
    path.write_text(
        f"""
[collector]
id = "collector-1"
dead_letters = "{folder}/dead"

[broker]
url = "{broker.url}"
protocol = "{protocol}"

[store]
kind = "sqlite"
path = "{folder}/city.db"
""",
        encoding="utf-8",
    )
    return path


@contextmanager
def process(module: str, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=HERE,
        env=os.environ | env,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=10)


def seqs(folder: Path) -> list[int]:
    with closing(SqliteStore(folder / "city.db")) as store:
        return sorted(int(fields["seq"]) for _, _, fields in store.select("delivery", {}))


def test_death_between_store_and_acknowledgement_costs_a_redelivery_and_nothing_else(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    config = str(configure(broker, protocol, tmp_path))
    with Gateway(broker, protocol) as gateway:
        gateway.announce()
        with process("tests.collector.doomed", config) as doomed:
            gateway.await_greeting()
            for seq in range(1, 6):
                gateway.publish(payload(seq))
            assert doomed.wait(15) == -signal.SIGKILL
        assert seqs(tmp_path)
        assert gateway.stored == []
        with process(LEAN, "--config", config):
            until(lambda: sorted(gateway.stored) == [1, 2, 3, 4, 5], 20, "all receipts")
    assert seqs(tmp_path) == [1, 2, 3, 4, 5]
    with closing(SqliteStore(tmp_path / "city.db")) as store:
        assert store.count("air") == 10


def test_a_polite_end_writes_what_is_at_hand_and_tells_the_gateways(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    config = str(configure(broker, protocol, tmp_path))
    with Gateway(broker, protocol) as gateway:
        gateway.announce()
        with process(LEAN, "--config", config) as running:
            gateway.await_greeting()
            gateway.publish(payload(1))
            until(lambda: seqs(tmp_path) == [1], 10, "the store")
            assert gateway.stored == []
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) == 0
        until(lambda: gateway.stored == [1], 5, "the receipt")
    assert "disconnected" in broker.log


def test_systemd_hears_that_it_is_ready_alive_and_ending(broker: Broker, tmp_path: Path) -> None:
    config = str(configure(broker, "5", tmp_path))
    address = str(tmp_path / "notify")
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.settimeout(15)
        with process(LEAN, "--config", config, NOTIFY_SOCKET=address) as running:
            heard += [systemd.recv(100), systemd.recv(100)]
            running.send_signal(signal.SIGINT)
            while heard[-1] != b"STOPPING=1":
                heard.append(systemd.recv(100))
            assert running.wait(10) == 0
    assert heard[0] == b"READY=1"
    assert set(heard[1:-1]) == {b"WATCHDOG=1"}


def test_a_stop_ends_though_the_database_never_answers(broker: Broker, tmp_path: Path) -> None:
    with Answering(lambda _: Answer(hangs=True)) as server, Gateway(broker, "5") as gateway:
        config = configure(broker, "5", tmp_path)
        text = config.read_text(encoding="utf-8").partition("[store]")[0]
        store = f'[store]\nurl = "{server.url}"\nbucket = "city"\n'
        config.write_text(text + store, encoding="utf-8")
        gateway.announce()
        with process("tests.collector.hasty", "--config", str(config)) as running:
            gateway.await_greeting()
            gateway.publish(payload(1))
            until(lambda: bool(server.writes), 10, "a write")
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) == 0
        assert gateway.stored == []


def test_a_stop_is_over_before_systemd_kills() -> None:
    unit = (HERE / "deploy/systemd/simpang-collector.service").read_text("utf-8")
    (kills,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(kills) > STOP_SECONDS + 15


def test_a_wrong_config_ends_with_2_and_says_why(broker: Broker, tmp_path: Path) -> None:
    config = configure(broker, "5", tmp_path)
    config.write_text(config.read_text(encoding="utf-8") + "colour = 3\n", encoding="utf-8")
    with process(LEAN, "--config", str(config)) as running:
        _, said = running.communicate(timeout=15)
    assert running.returncode == 2
    assert "colour" in said
    assert "Traceback" not in said


def test_dead_letters_that_can_not_be_kept_are_a_reason_not_to_begin(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "dead").write_text("in the way", encoding="utf-8")
    with process(LEAN, "--config", str(configure(broker, "5", tmp_path))) as running:
        _, said = running.communicate(timeout=15)
    assert running.returncode == 1
    assert "dead letters" in said


@pytest.mark.parametrize("module", ["influxdb_client", "requests", "rich", "typer"])
def test_the_lean_process_imports_nothing_heavy_for_the_embedded_store(module: str) -> None:
    code = f"import sys, {LEAN}; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=HERE, check=False).returncode == 0
