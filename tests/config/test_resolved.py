from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.config.resolved import as_toml, resolve

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
gateway.id = "gw-1"
broker.url = "mqtt://127.0.0.1"

[[ports]]
url = "/dev/ttyUSB0"
devices = [{ id = "pm-1", driver = "plantower.pms5003" }]

[[ports]]
url = "/dev/ttyUSB1"
baudrate = 57600
devices = [{ id = "radar-1", driver = "omnipresense.ops243", OT = true }]
"""


def test_a_shown_config_tells_what_the_drivers_know(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(CONFIG, encoding="utf-8")

    plantower, radar = resolve(file)["ports"]

    assert (plantower["baudrate"], plantower["parity"], plantower["stopbits"]) == (9600, "N", 1)
    assert plantower["devices"][0]["interval"] == 1.0
    assert radar["baudrate"] == 57600
    device = radar["devices"][0]
    assert (device["interval"], device["unit"], device["OT"]) == (60.0, "m/s", True)


def test_what_is_shown_means_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    file, shown = tmp_path / "gateway.toml", tmp_path / "shown.toml"
    file.write_text(CONFIG, encoding="utf-8")
    shown.write_text(as_toml(file), encoding="utf-8")

    assert resolve(shown) == resolve(file)
