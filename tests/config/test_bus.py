"""Devices on a bus: what `config check` says of their addresses and register maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.config import maps
from gateway.config.check import check
from gateway.config.load import load_gateway
from gateway.config.sensor import sensor_of
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.config.findings import Finding

HEAD = """\
[gateway]
id = "gw-1"

[broker]
url = "mqtt://127.0.0.1:1"

[spool]
path = "{folder}/spool.db"

[[ports]]
url = "{folder}"
"""

TANK = """\
document = "Acme, TX-9 manual"
address = 7

[fields.level_mm]
register = 0x10
type = "u32"
quantity = "distance"
unit = "mm"

[fields.temp_c]
register = 0x12
scale = 0.1
quantity = "temperature"
"""


def bus(folder: Path, *devices: str) -> Path:
    """Write a config with these devices on one port."""
    tables = "".join(
        f'\n  [[ports.devices]]\n  id = "d-{number}"\n  {device}\n'
        for number, device in enumerate(devices)
    )
    path = folder / "gateway.toml"
    path.write_text(HEAD.format(folder=folder) + tables, encoding="utf-8")
    return path


def found(folder: Path, *devices: str) -> list[Finding]:
    """Check such a config, past what only this machine lacks."""
    return [one for one in check(bus(folder, *devices)) if one.level == "error"]


def mapped(name: str, **more: object) -> str:
    settings = "".join(f"\n  {key} = {value!r}" for key, value in more.items())
    return f'driver = "modbus.map"\n  map = "{name}"{settings}'


def test_devices_with_an_address_each_share_a_port(tmp_path: Path) -> None:
    devices = [
        mapped("renke.th", address=1),
        mapped("renke.sn3002", address=2),
        'driver = "modbus"\n  address = 3\n  register = 0',
        'driver = "senseair.s8"\n  address = 4',
    ]
    assert found(tmp_path, *devices) == []


def test_a_bus_of_devices_that_differ_in_baud_rate_wants_one_said(tmp_path: Path) -> None:
    path = bus(tmp_path, mapped("renke.th"), mapped("xy.md02", address=2))
    (finding,) = (one for one in check(path) if one.key == "ports[0].baudrate")
    assert finding.level == "warning"
    assert "4800, 9600" in finding.error
    assert load_gateway(path).ports[0].baudrate is None
    path.write_text(path.read_text().replace("[[ports]]", "[[ports]]\nbaudrate = 9600"))
    assert [one for one in check(path) if one.key.startswith("ports")] == []


def test_two_devices_at_one_address_are_found_though_only_their_maps_say_it(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, mapped("renke.th"), mapped("xy.md02"))
    assert finding.key == "ports[0].devices[1].address"
    assert "the same address 1" in finding.error
    assert found(tmp_path, mapped("renke.th"), mapped("xy.md02", address=2)) == []


@pytest.mark.parametrize("device", ['driver = "senseair.s8"', mapped("xy.md02", address=254)])
def test_an_address_that_everybody_answers_is_for_one_that_is_alone(
    tmp_path: Path, device: str
) -> None:
    (finding,) = found(tmp_path, device, mapped("renke.th", address=1))
    assert (finding.key, finding.remedy) == (
        "ports[0].devices[0].address",
        "give each device of a bus its own",
    )
    assert found(tmp_path, device) == []


def test_a_sensor_that_only_streams_shares_its_port_with_nobody(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, mapped("renke.th"), 'driver = "nova.sds011"')
    assert finding.key == "ports[0].devices[1]"
    assert finding.remedy == "give it a port of its own"


def test_a_sensor_that_speaks_unasked_shares_its_port_with_nobody_though_it_has_an_address(
    tmp_path: Path,
) -> None:
    device = 'driver = "eis.rtms"\n  address = 2'
    (finding,) = found(tmp_path, 'driver = "adec.tdc"\n  address = 1', device)
    assert finding.key == "ports[0].devices[1]"
    assert "speaks without being asked" in finding.error
    assert found(tmp_path, device) == []


@pytest.mark.parametrize(
    ("device", "key", "remedy"),
    [
        ('driver = "modbus.map"', "map", "add map = …"),
        ('driver = "modbus"', "register", "add register = …"),
        (mapped("renke.ht"), "map", ""),
        (mapped(""), "map", ""),
        (mapped("renke.th", only="pm2_5"), "only", ""),
        (mapped("renke.th", only="pm_25"), "only", "leave it out"),
        (mapped("renke.th", address=250), "address", "correct it"),
    ],
)
def test_what_a_driver_of_a_bus_lacks_is_named(
    tmp_path: Path, device: str, key: str, remedy: str
) -> None:
    (finding,) = found(tmp_path, device)
    assert finding.key == f"ports[0].devices[0].{key}"
    assert remedy in finding.remedy
    with pytest.raises(ConfigError, match=key):
        load_gateway(tmp_path / "gateway.toml")


def test_a_map_that_is_misspelt_comes_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, mapped("renke.snn3002"))
    assert finding.remedy == "did you mean renke.sn3002?"


def test_only_what_a_device_has_is_measured(tmp_path: Path) -> None:
    path = bus(tmp_path, mapped("renke.sn3002", only="wind_speed solar"), mapped("renke.sn3002"))
    path.write_text(path.read_text().replace('d-1"', 'd-1"\n  address = 2'))
    first, second = load_gateway(path).devices
    assert sensor_of(first).driver.quantities == ("wind_speed", "solar")
    assert "solar" not in sensor_of(second).driver.quantities
    assert "rain" in sensor_of(second).driver.quantities


def test_a_technician_s_own_map_is_found_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "tank.toml").write_text(TANK, encoding="utf-8")
    path = bus(tmp_path, mapped("maps/tank.toml"))
    assert [one for one in check(path) if one.level == "error"] == []
    (device,) = load_gateway(path).devices
    known = sensor_of(device)
    assert known.driver.quantities == ("distance", "temperature")
    assert known.settings["address"] == 7
    assert known.driver.commands["read"].data == bytes.fromhex("070300100003046 8".replace(" ", ""))


def test_the_mistakes_of_an_own_map_are_found_with_the_config_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "tank.toml").write_text(TANK.replace("quantity", "quantty"), encoding="utf-8")
    named, first, second = found(tmp_path, mapped("./tank.toml"))
    assert named.key == "ports[0].devices[0].map"
    assert "tank.toml:7: error: fields.level_mm.quantty" in named.error
    assert (first.line, first.key) == (7, "fields.level_mm.quantty")
    assert (second.line, second.remedy) == (13, "did you mean quantity?")
    with pytest.raises(ConfigError, match=r"tank\.toml:7"):
        load_gateway(tmp_path / "gateway.toml")


def test_a_device_of_which_nothing_is_stored_is_a_warning(tmp_path: Path) -> None:
    path = bus(tmp_path, 'driver = "modbus"\n  register = 7')
    (finding,) = (one for one in check(path) if "nothing is stored" in one.error)
    assert finding.level == "warning"
    load_gateway(path)


def test_every_map_that_comes_along_is_sound() -> None:
    assert "renke.sn3002" in maps.names()
    for name in maps.names():
        assert maps.find(name).entries
