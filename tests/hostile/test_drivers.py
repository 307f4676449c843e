"""The page about false accepts is complete, and what measures them finds who is careless."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pytest

from devices import registry
from devices.cutters import by_header
from devices.sample import Sample
from gateway.config import maps
from gateway.config.sensor import Sensor
from tests.devices.accepted import accepted
from tests.devices.cases import Case
from tests.devices.odds import CHECKS, SUM8, check_of, most
from tests.hostile.drivers import PAGE, rows, too_often, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.cutters import Cutter
    from devices.dialogue import Fields
    from devices.driver import Settings

TABLED = rows(PAGE.read_text(encoding="utf-8"))
NAMES = [name for name in registry.names() if name != "modbus.map"]
MAPPED = [f"modbus.map:{name}" for name in maps.names()]


@dataclass(frozen=True)
class Careless(Case):
    """An MH-Z19 whose driver does something that a driver must not do."""

    driver: str = "winsen.mhz19"
    sin: tuple[str, Callable[..., object]] = ("", print)

    @property
    def sensor(self) -> Sensor:
        careful = Case(self.driver).sensor
        known = careful.driver
        sinner = type("Careless", (type(known),), dict([self.sin]))
        return Sensor(
            sinner(**{each.name: getattr(known, each.name) for each in fields(known)}),
            careful.settings,
        )


def blind(_driver: object, _settings: Settings) -> Cutter:
    return by_header([b"\xff\x86", b"\xff\x79", b"\xff\x99"], lambda _: 9, lambda _: True)


def stumbling(_driver: object, fields: Fields, _settings: Settings) -> Sample:
    return Sample({"co2": 1 / (fields.get("co2_ppm", 1) % 256)})


@pytest.mark.parametrize("driver", [*NAMES, *MAPPED])
def test_every_driver_s_false_accepts_are_tabled(driver: str) -> None:
    columns = TABLED[driver].split(" | ")

    assert columns[1] == check_of(driver).name, "python -m tests.hostile.drivers --table DRIVER"
    assert int(columns[-3].replace(",", "")) > (999_000 if driver in NAMES else 100_000)


def test_the_page_says_what_the_promises_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == write(TABLED)


@pytest.mark.parametrize("name", registry.names())
def test_what_guards_a_driver_s_frames_is_named(name: str) -> None:
    assert {name, name.partition(".")[0]} & CHECKS.keys()


def test_a_driver_that_forgets_its_checksum_breaks_its_promise() -> None:
    wrong = accepted(Careless(sin=("cutter", blind)), 500, "careless")

    assert {"one bit", "one byte", "burst"} <= too_often("winsen.mhz19", wrong, 500).keys()


def test_what_a_driver_raises_without_saying_so_is_not_overlooked() -> None:
    with pytest.raises(ZeroDivisionError):
        accepted(Careless(sin=("sample", stumbling)), 1, "careless")


def test_more_than_promised_is_told_from_chance() -> None:
    assert most(100_000, SUM8.odds) == pytest.approx(390, abs=120)
    assert most(100_000, SUM8.odds) > 390
    assert most(100_000, 1.0) == 100_000
    assert most(1000, 1 / 65536) < 10


def test_one_driver_can_be_measured_by_a_command() -> None:
    program = [sys.executable, "-m", "tests.hostile.drivers", "--number", "900", "winsen.mhz19"]
    ran = subprocess.run(program, capture_output=True, text=True, check=True)

    assert ran.stdout.startswith("| `winsen.mhz19` | 8-bit sum |")
    assert "1 driver(s) in" in ran.stdout
