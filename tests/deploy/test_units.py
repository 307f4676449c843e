"""The systemd units: sound, hardened, and no tighter than what the processes really do."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from devices.plantower import PMS5003
from gateway.edge.spool_summary import summarize
from gateway.simulator.uart import Uart
from tests.deploy.centre import DEPLOY, NEEDS_OPENSSL, Centre
from tests.deploy.confined import ANALYZE, settings
from tests.house.tree import ROOT, read
from tests.influx import Influx
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNITS: Final = sorted((DEPLOY / "systemd").glob("*.service"))
LOOSEST: Final = 3.0
ID: Final = "gw-alun-alun"


def unit(name: str) -> Path:
    return DEPLOY / "systemd" / f"simpang-{name}.service"


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANALYZE, *words], capture_output=True, text=True, check=False
    )  # fmt: skip


def test_there_are_two_units() -> None:
    assert [path.name for path in UNITS] == ["simpang-collector.service", "simpang-gateway.service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_has_nothing_to_say_against_a_unit(path: Path, tmp_path: Path) -> None:
    """Only the interpreter is another one than on the machine where it will run."""
    python = "/opt/simpang/.venv/bin/python"
    text = path.read_text("utf-8")
    assert text.count(python) == 1
    copy = tmp_path / path.name
    copy.write_text(text.replace(python, sys.executable), "utf-8")

    verified = analyze("verify", "--man=no", str(copy))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")

    copy.write_text(copy.read_text("utf-8").replace("Restart=always", "Restart=sometimes"), "utf-8")
    assert "sometimes" in analyze("verify", "--man=no", str(copy)).stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardened(path: Path) -> None:
    judged = analyze("security", "--offline=yes", "--threshold=30", "--no-pager", str(path))
    assert judged.returncode == 0, judged.stdout
    (score,) = re.findall(rf"Overall exposure level for {path.name}: ([\d.]+)", judged.stdout)
    assert float(score) <= LOOSEST

    table = json.loads(analyze("security", "--offline=yes", "--json=short", str(path)).stdout)
    exposed = sum(float(row["exposure"] or 0) for row in table)
    assert len(table) > 50
    assert exposed < LOOSEST


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_watched_and_comes_back_for_ever(path: Path) -> None:
    assert settings(path, "Type") == ["notify"]
    assert settings(path, "Restart") == ["always"]
    assert settings(path, "StartLimitIntervalSec") == ["0"]
    assert 30 <= int(settings(path, "WatchdogSec")[0]) <= 300
    assert settings(path, "User") == ["simpang"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_lets_the_process_read_what_it_reads(path: Path) -> None:
    """What would hide the boot id, the kernel's word on its clock, or the machine's vitals."""
    for key in ("ProcSubset", "ProtectClock", "InaccessiblePaths", "RootDirectory", "RootImage"):
        assert settings(path, key) == [], key
    if "gateway" in path.name:
        assert settings(path, "PrivateDevices") == []
        assert settings(path, "ProtectProc") == [], "it tells who holds a port"
        assert settings(path, "SupplementaryGroups") == ["dialout"]
        groups = {value.split()[0] for value in settings(path, "DeviceAllow")}
        assert groups >= {"char-ttyUSB", "char-ttyACM", "char-ttyAMA", "char-ttyS"}
        loaded = set(" ".join(settings(path, "After")).split())
        assert loaded >= {"modprobe@usbserial.service", "modprobe@cdc_acm.service"}


class Ear:
    """Systemd's ear: what a service notifies."""

    def __init__(self, address: Path) -> None:
        """Listen."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.settimeout(0)
        self.said: set[bytes] = set()

    def heard(self, word: bytes) -> bool:
        """Say whether a word has come."""
        try:
            while True:
                self.said |= set(self._socket.recv(4096).split(b"\n"))
        except BlockingIOError:
            return word in self.said

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


class Service:
    """A service as its unit starts it, under its system call filter."""

    def __init__(self, name: str, config: Path) -> None:
        """Start it."""
        path = unit(name)
        (command,) = settings(path, "ExecStart")
        assert command.count("/etc/simpang/") == 1
        words = shlex.split(command)
        words[0], words[-1] = sys.executable, str(config)
        address = config.with_suffix(".notify")
        self.ear = Ear(address)
        env = {**os.environ, "NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "600000"}
        self._log = config.with_suffix(".log")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.deploy.confined", str(path), *words],
                cwd=ROOT, env=env, stderr=log,
            )  # fmt: skip

    def told(self, word: bytes) -> None:
        """Wait until systemd would have heard a word."""
        until(lambda: self.runs() and self.ear.heard(word), 30, f"{word!r}")

    def runs(self) -> bool:
        """Say that it runs; what it said before it died is the error."""
        assert self.process.poll() is None, f"{self.process.returncode}: {self.log}"
        return True

    @property
    def log(self) -> str:
        """What it said."""
        return self._log.read_text("utf-8")

    def stop(self) -> int:
        """End it as systemd does."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def service(name: str, config: Path) -> Iterator[Service]:
    running = Service(name, config)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(10)
        running.ear.close()


def adapted(example: str, folder: Path, **changes: str) -> Path:
    """Copy a shipped config; every change must fit, and nothing of the machine's may be left."""
    text = read(f"deploy/{example}")
    for old, new in changes.items():
        pattern = rf'^(\s*{old} = )"[^"]*"'
        assert re.search(pattern, text, re.MULTILINE), old
        text = re.sub(pattern, rf'\g<1>"{new}"', text, flags=re.MULTILINE)
    text = text.replace("/var/lib/simpang", str(folder))
    assert not re.search(r'^[^#]*"/(etc|var|run|dev)/', text, re.MULTILINE)
    path = folder / example.rpartition("/")[2]
    path.write_text(text, "utf-8")
    return path


def collector_config(centre: Centre, influx: Influx, folder: Path) -> Path:
    secret = folder / "influx.token"
    secret.touch(0o600)
    secret.write_text("any", "ascii")
    config = adapted(
        "examples/collector.toml", folder,
        password_file=f"{centre.volumes}/collector/broker.password", token_file=str(secret),
    )  # fmt: skip
    text = config.read_text("utf-8")
    text = text.replace("mqtt://localhost:1883", centre.url.replace("127.0.0.1", "localhost"))
    config.write_text(text.replace("http://localhost:8086", influx.url), "utf-8")
    return config


def gateway_config(centre: Centre, folder: Path) -> Path:
    password = centre.access(ID).password_file
    config = adapted(
        "examples/gateway.toml", folder,
        password_file=str(password), ca_file=str(centre.ca), trust="system",
        url=f"{folder}/tty",
    )  # fmt: skip
    text = config.read_text("utf-8").replace(
        f'url = "{folder}/tty"', f'url = "{centre.tls_url}"', 1
    )
    for number in range(text.count(f'"{folder}/tty"')):
        text = text.replace(f'"{folder}/tty"', f'"{folder}/tty-{number}"', 1)
    config.write_text(f"{text}\n[publish]\nbatch_seconds = 0.5\n", "utf-8")
    return config


def fleet(config: Path) -> dict[str, bool]:
    """Ask as an operator does which gateways are online."""
    command = [sys.executable, "-m", "gateway.cli", "fleet", "list", "--config", str(config)]
    command += ["--listen", "1", "--json"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {one["gateway"]: one["online"] for one in json.loads(said)["gateways"]}


@NEEDS_OPENSSL
def test_both_services_do_all_their_work_under_their_units_and_from_the_shipped_configs(
    tmp_path: Path,
) -> None:
    """From a serial line over TLS into an InfluxDB: a forbidden system call kills its process."""
    frame = PMS5003.encode({"pm2_5_atm": 7, "n0_3": 1})
    with Influx(tmp_path / "influx") as influx, Centre(tmp_path, ID, tls=True) as centre:
        uart = Uart(tmp_path / "tty-0")
        with (
            service("collector", collector_config(centre, influx, tmp_path)) as collector,
            service("gateway", gateway_config(centre, tmp_path)) as gateway,
        ):
            collector.told(b"READY=1")
            gateway.told(b"READY=1")

            def stored() -> list[dict[str, Any]]:
                uart.write(frame)
                return influx.query("SELECT pm2_5 FROM air WHERE gateway = 'gw-alun-alun'")

            until(lambda: gateway.runs() and collector.runs() and bool(stored()), 40, "a reading")
            gateway.told(b"WATCHDOG=1")
            collector.told(b"WATCHDOG=1")
            assert fleet(tmp_path / "collector.toml") == {ID: True}
            assert "no connection" not in collector.log
            assert gateway.stop() == 0, gateway.log
            assert collector.stop() == 0, collector.log
        uart.unplug()
    assert summarize(tmp_path / "spool.db").measured["pm-1"] > 0
    assert "error" not in collector.log


@pytest.mark.parametrize("name", ["gateway", "collector"])
def test_a_unit_lets_ask_whether_ntp_keeps_the_clock_and_nobody_set_it(name: str) -> None:
    def confined(program: str) -> int:
        command = [sys.executable, "-m", "tests.deploy.confined", str(unit(name))]
        command += [sys.executable, "-c", program]
        return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode

    assert confined("from gateway.trust.adjtimex import adjtimex; adjtimex()") == 0
    assert confined("import time; time.clock_settime(0, time.time())") == -signal.SIGSYS
    assert settings(unit(name), "CapabilityBoundingSet") == [""]


def test_a_database_of_the_shipped_collector_is_the_one_that_compose_makes() -> None:
    ours = tomllib.loads(read("deploy/examples/collector.toml"))["store"]
    theirs = tomllib.loads(read("deploy/compose/collector.toml"))["store"]

    assert (ours["org"], ours["bucket"]) == (theirs["org"], theirs["bucket"])
