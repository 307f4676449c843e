"""Every driver has vectors, a page and a sample config."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from devices.registry import find
from schemas.quantity import QUANTITIES
from tests.devices.told import told
from tests.devices.vectors import VECTORS

ROOT = Path(__file__).parents[2]
DRIVERS = sorted(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"][
        "simpang.drivers"
    ]
)


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


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_is_called_captured_has_captured_vectors(driver: str) -> None:
    origins = {v.origin for v in VECTORS if v.driver.partition(":")[0] == driver}

    assert ("capture" in origins) == (find(driver).proof == "capture")
