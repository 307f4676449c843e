"""Every driver has vectors, a page and a sample config."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from devices.errors import DriverError
from devices.framing import Frame, Framer
from devices.registry import find
from gateway.config import maps
from schemas.quantity import QUANTITIES
from tests.devices.told import told
from tests.devices.vectors import VECTORS, Vector
from tests.house.commands_page import drivers

ROOT = Path(__file__).parents[2]
DRIVERS = sorted(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "simpang.drivers"
    ]
)
MAPPED = [f"modbus.map:{name}" for name in maps.names()]
PROOFS = {"capture": "captured", "example": "example|published", "documents": "documents"}
"""How each proof is called on a page."""


def page(driver: str) -> str:
    family = driver.partition(".")[0]
    return (ROOT / f"docs/drivers/{family}.md").read_text(encoding="utf-8")


def sample_devices(driver: str) -> list[dict[str, Any]]:
    """Find the devices with this driver in the configs of its page."""
    blocks = re.findall(r"^```toml\n(.*?)^```$", page(driver), re.DOTALL | re.MULTILINE)
    ports = [port for block in blocks for port in tomllib.loads(block).get("ports", [])]
    return [device for port in ports for device in port["devices"] if device["driver"] == driver]


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_has_good_and_broken_vectors(driver: str) -> None:
    family = driver.partition(".")[0]
    mine = [vector for vector in VECTORS if vector.driver.partition(":")[0] == driver]
    kin = [vector for vector in VECTORS if vector.driver.partition(".")[0] == family]

    assert any(vector.expected for vector in mine)
    assert any(vector.error for vector in kin)


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_has_a_page_with_a_config_that_it_takes(driver: str) -> None:
    (device, *_) = sample_devices(driver)
    ours = {"id", "driver", "interval", "calibration"}

    told(driver, {key: device[key] for key in device.keys() - ours})
    for setting in find(driver).takes:
        assert f"`{setting}`" in page(driver)


def test_no_two_devices_of_a_page_share_an_id() -> None:
    for family in {driver.partition(".")[0] for driver in DRIVERS}:
        drivers = [driver for driver in DRIVERS if driver.startswith(f"{family}.")]
        ids = Counter(each["id"] for driver in drivers for each in sample_devices(driver))
        assert set(ids.values()) == {1}, family


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_measures_what_the_table_knows_and_says_where_it_is_from(driver: str) -> None:
    known = told(driver).driver

    assert set(known.quantities) <= set(QUANTITIES)
    assert bool(known.quantities) != bool(known.channels)
    assert known.document


def measuring(vector: Vector) -> bool:
    """Say whether there is a measurement in what a sensor sent."""
    device = told(vector.driver, vector.settings)
    framer = Framer(device.driver.cutter(device.settings))
    for piece in framer.feed(vector.raw) + framer.end():
        if isinstance(piece, Frame):
            fields = device.driver.decode(piece.raw, device.settings)
            try:
                return device.driver.sample(fields, device.settings) is not None
            except DriverError:
                return True
    return False


@pytest.mark.parametrize("driver", [*DRIVERS, *MAPPED])
def test_a_driver_is_proved_by_what_its_vectors_come_from(driver: str) -> None:
    """Bytes of a real sensor, the maker's example, or neither: no more and no less is claimed."""
    proof = told(driver).driver.proof
    mine = [v for v in VECTORS if driver in {v.driver, v.driver.partition(":")[0]} and v.expected]
    origins = {vector.origin for vector in mine}
    shown = {vector.origin for vector in mine if measuring(vector)}

    assert ("capture" in origins) == (proof == "capture")
    if proof == "example":
        assert any(origin.startswith("datasheet") for origin in origins)
    if proof == "documents" and driver != "modbus.map":
        assert "datasheet" not in shown


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_page_claims_the_proof_that_there_is(driver: str) -> None:
    (row, *_) = re.findall(rf"^\| `{re.escape(driver)}` .*\|$", page(driver), re.MULTILINE)

    assert re.search(PROOFS[find(driver).proof], row.split(" | ")[-1]) or driver == "modbus.map"


@pytest.mark.parametrize("driver", MAPPED)
def test_every_map_that_comes_along_is_on_the_page_and_has_vectors(driver: str) -> None:
    mine = [vector for vector in VECTORS if vector.driver == driver]

    assert re.search(rf"^\| `{re.escape(driver.partition(':')[2])}` ", page(driver), re.MULTILINE)
    assert any(vector.expected for vector in mine)


@pytest.mark.parametrize("driver", drivers())
def test_every_command_is_documented_and_says_what_it_does(driver: str) -> None:
    """The page of all commands is generated, and shows a series by its first and its last."""
    known = drivers()[driver]
    listed = (ROOT / "docs/drivers/commands.md").read_text(encoding="utf-8")
    assert set(known.identify) <= known.commands.keys()
    for name, command in known.commands.items():
        assert command.name == name
        assert command.data
        assert command.help
    if known.commands:
        mine = listed.partition(f"\n## {driver}\n")[2].partition("\n## ")[0].replace("\\|", "|")
        assert {name for name in known.commands if f"`{name}`" in mine} >= set(known.identify)
        assert f"`{list(known.commands)[-1]}`" in mine
