from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import PurePath
from statistics import median

import pytest

from tests.house.tree import PACKAGES, ROOT, files, modules, read

LONGEST = 350
MEDIAN = 120
TABLES = {"schemas/quantity.py"}
SAYS_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "handler",
    "constants",
    "misc",
}
SOMEONE_S_MACHINE = re.compile(r"(?<![\w.~])/(?:home|Users|root|work|mnt)/\w")
INDEX = re.compile(
    r"--(?:extra-)?index-url|--trusted-host|find-links\s*=|/simple/?\"", re.IGNORECASE
)
TEXTS = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".sh", ".svg", ".cfg", ""}

FOREIGN = {
    "the gateway": (
        "gateway.edge.process",
        {"influxdb_client", "requests", "rich", "typer", "tomlkit", "difflib"}
        | {"gateway.config.maps", "gateway.config.map_file", "devices.modbus_map"},
    ),
    "the collector": (
        "gateway.collector.process",
        {"serial", "rich", "typer", "tomlkit", "devices"},
    ),
}


def texts() -> list[str]:
    return [name for name in files() if PurePath(name).suffix in TEXTS]


def lines_of(module: str) -> int:
    return read(module).count("\n")


def code() -> list[str]:
    return [name for name in modules() if name.startswith(("schemas/", "devices/", "gateway/"))]


@pytest.mark.parametrize(("module", "foreign"), FOREIGN.values(), ids=FOREIGN)
def test_a_service_loads_nothing_that_only_others_need(module: str, foreign: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert set(ran.stdout.split()) & foreign == set()


def test_files_are_short() -> None:
    lengths = {name: lines_of(name) for name in modules()}

    assert {name: n for name, n in lengths.items() if n > LONGEST and name not in TABLES} == {}
    assert median(lengths[name] for name in code()) < MEDIAN


def test_a_file_s_name_says_what_it_is_about() -> None:
    assert [name for name in modules() if PurePath(name).stem in SAYS_NOTHING] == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise tests/schemas shadows schemas."""
    folders = {PurePath(name).parent for name in modules() if name.startswith("tests/")}

    assert [str(each) for each in folders if not (ROOT / each / "__init__.py").exists()] == []


def test_every_module_says_in_a_sentence_what_it_is_about() -> None:
    for name in code():
        docstring = ast.get_docstring(ast.parse(read(name)))
        assert docstring, name


def test_every_family_of_sensors_is_kept_apart_from_the_others() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (families,) = (set(each["modules"]) for each in contracts if each["type"] == "independence")

    ours = {point.module for point in entry_points(group="simpang.drivers")}
    assert families == {name for name in ours if name.startswith("devices.")}


def test_what_is_announced_as_a_driver_is_what_is_installed() -> None:
    announced = tomllib.loads(read("pyproject.toml"))["project"]["entry-points"]["simpang.drivers"]

    installed = {each.name: each.value for each in entry_points(group="simpang.drivers")}
    assert announced.items() <= installed.items(), "install again: make clean, then make check"


def test_no_file_names_someone_s_machine() -> None:
    traces = [
        f"{name}: {match[0]}"
        for name in texts()
        for match in [SOMEONE_S_MACHINE.search(read(name))]
        if match and name != "tests/house/test_rules.py"
    ]

    assert traces == []


def test_no_file_says_where_packages_come_from() -> None:
    """A machine's own pip configuration does."""
    naming = [name for name in texts() if name not in {"tests/house/test_rules.py", ".ci/lock"}]

    assert [name for name in naming if INDEX.search(read(name))] == []


def test_every_locked_package_has_the_hashes_of_its_files() -> None:
    for name in ("requirements/run.txt", "requirements/dev.txt"):
        pins = re.findall(r"^([\w.-]+)==\S+ \\\n +--hash=sha256:", read(name), re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[\w.-]+==", read(name), re.MULTILINE)) > 20, name


def test_every_package_of_ours_is_checked() -> None:
    for package in PACKAGES:
        if any(name.startswith(f"{package}/") for name in modules()):
            assert package in read("Makefile"), f"make check leaves {package} out"
