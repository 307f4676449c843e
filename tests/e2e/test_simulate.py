"""`simpang device simulate` is a sensor to whoever opens its port."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from devices import registry
from devices.dialogue import Ask
from tests.simulator.reader import Reader
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIMPANG = (sys.executable, "-c", "from gateway.cli.app import main; main()")
SIMULATE = (*SIMPANG, "device", "simulate")


@contextmanager
def simulated(driver: str, link: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Play a sensor under the name `link` until the block ends."""
    command = [*SIMULATE, driver, "--port-link", str(link), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        until(link.is_symlink, 10, "the port")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 0
    assert not link.is_symlink()


@pytest.mark.parametrize(
    "name",
    ["plantower.pms5003", "nova.sds011", "omnipresense.ops243", "winsen.mhz19", "hilink.ld2451"],
)
def test_its_frames_are_the_drivers_own(tmp_path: Path, name: str) -> None:
    driver = registry.find(name)
    settings = driver.configure({})
    step = next(driver.read(settings))
    link = tmp_path / "tty"
    with simulated(name, link), Reader(link, driver) as reader:
        for _ in range(2):
            reader.send(step.data if isinstance(step, Ask) else b"")
            (fields,) = reader.read(1, within=20)
            assert driver.sample(fields, settings) is not None


def test_captured_bytes_are_replayed(tmp_path: Path) -> None:
    driver = registry.find("nova.sds011")
    link, capture = tmp_path / "tty", tmp_path / "capture.bin"
    capture.write_bytes(bytes.fromhex("aac0d4043a0aa1601dab"))  # the maker's own example
    with simulated(driver.name, link, "--replay", str(capture)), Reader(link, driver) as reader:
        (fields,) = reader.read(1)
    assert fields["pm2_5_ugm3"] == 123.6


def test_it_ends_by_itself_and_tells_what_it_sent(tmp_path: Path) -> None:
    command = [*SIMULATE, "plantower.pms5003", "--port-link", str(tmp_path / "tty")]
    done = subprocess.run(
        [*command, "--seconds", "1.5", "--noise"], capture_output=True, text=True, check=True
    )
    assert f'url = "{tmp_path / "tty"}"' in done.stdout
    assert "1 frame sent" in done.stdout


def test_an_unknown_driver_is_a_wrong_use(tmp_path: Path) -> None:
    done = subprocess.run(
        [*SIMULATE, "plantower.pms500", "--port-link", str(tmp_path / "tty")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "plantower.pms5003" in done.stderr
