"""Fourteen sensors of different makers, three of them on one bus: found, configured, read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from devices.driver import Line
from devices.registry import find
from gateway.cli.candidates import MAPPED
from gateway.config.load import load_gateway
from gateway.config.sensor import sensor
from gateway.simulator import catalogue
from gateway.simulator.modbus import Bus, Mapped
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart
from tests.broker import Broker
from tests.e2e.heard import Heard
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from devices.modbus_drivers import Modbus

ALONE: Final = (
    "plantower.pms5003st", "nova.sds011", "sensirion.sps30", "honeywell.hpma115s0",
    "panasonic.sngcja5", "winsen.mhz19", "cubic.cm1106", "senseair.s8", "omnipresense.ops243",
    "hilink.ld2451", "nmea.gnss",
)  # fmt: skip
ON_THE_BUS: Final = {1: "renke.th", 2: "renke.sn3002", 3: "renke.noise"}
BUS: Final = Line(4800)
WITHIN: Final = 90.0


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Play them all, each at its own baud rate and noise at any other."""
    units = [
        Mapped(cast("Modbus", sensor(MAPPED, {"map": name, "address": address}).driver))
        for address, name in ON_THE_BUS.items()
    ]
    played: dict[str, Any] = {name: catalogue.build(find(name), 1) for name in ALONE}
    played["bus"] = Bus(BUS, units)
    with ExitStack() as stack:
        for name, each in played.items():
            player = Player(name, each, Uart(tmp_path / name, each.line))
            player.start()
            stack.callback(player.stop)
        yield {name: tmp_path / name for name in played}


def run(*words: object) -> str:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *map(str, words)],
        check=True, capture_output=True, text=True, timeout=2 * WITHIN,
    ).stdout  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_are_found_and_a_config_made_of_them_delivers_readings_of_each(
    tmp_path: Path, ports: dict[str, Path]
) -> None:
    began = time.monotonic()
    found = json.loads(run("device", "probe", *ports.values(), "--json"))
    assert time.monotonic() - began < WITHIN

    told = {(each["url"], each["candidates"][0].get("address")): each for each in found}
    for name in ALONE:
        one = told[str(ports[name]), None]
        assert name in [each["driver"] for each in one["candidates"]], one
        assert one["baudrate"] == find(name).line.baudrate
    for address, registers in ON_THE_BUS.items():
        one = told[str(ports["bus"]), address]
        assert registers in [each["map"] for each in one["candidates"]], one
        assert one["baudrate"] == BUS.baudrate
    assert len(found) == len(ALONE) + len(ON_THE_BUS)
    sure = [each for each in found if each["driver"]]
    assert len(sure) >= len(ALONE)

    with Broker(tmp_path) as broker:
        config = tmp_path / "gateway.toml"
        options = [word for url in ports.values() for word in ("--port", url)]
        run("config", "init", config, "--yes", "--broker", broker.url, "--id", "gw-1", *options)
        text = config.read_text(encoding="utf-8")
        trust = text.replace('trust = "kernel"', 'trust = "system"')
        publish = '\n[publish]\nbatch_seconds = 1.0\ndelivery = "broker"\n'
        config.write_text(trust + publish, encoding="utf-8")
        devices = {device.id for device in load_gateway(config).devices}
        assert len(devices) == len(ALONE) + len(ON_THE_BUS)
        doubted = {device.map for device in load_gateway(config).devices if not device.confirmed}
        assert doubted == {"renke.noise", "renke.th"}, "others answer in the same words"
        with (
            Heard(broker.url, "gw-1") as heard,
            subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "gateway", "run", "--config", config]
            ) as gateway,
        ):
            try:
                until(lambda: devices <= heard.devices(), WITHIN, "readings of all of them")
            finally:
                gateway.terminate()
                gateway.wait(timeout=20)
