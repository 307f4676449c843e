from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devices.errors import DriverError, UnknownDriver
from devices.registry import find, names

if TYPE_CHECKING:
    from pathlib import Path


def announce(folder: Path, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Install a package that announces a driver."""
    info = folder / "others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[simpang.drivers]\n{point}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_every_driver_bears_the_name_it_is_found_by() -> None:
    assert names()
    assert {find(name).name: name for name in names()} == {name: name for name in names()}


def test_an_unknown_driver_comes_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownDriver, match=r"did you mean plantower\.pms5003t\?$") as refused:
        find("plantower.pms5003tt")

    assert refused.value.likely == "plantower.pms5003t"


def test_only_the_family_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys; from devices.registry import find, names; names(); find('nova.sds011');"
        "print([name for name in sys.modules if name.startswith('devices.')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "devices.nova" in ran.stdout
    assert "devices.plantower" not in ran.stdout


@pytest.mark.parametrize("point", ["no_such_module:X", "devices.nova:NOPE"])
def test_a_driver_that_cant_be_loaded_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    name = f"others.{point.partition(':')[2].lower()}"
    announce(tmp_path, monkeypatch, f"{name} = {point}")

    with pytest.raises(DriverError, match=name):
        find(name)


def test_somebody_else_s_driver_is_found_like_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, monkeypatch, "others.mine = devices.nova:SDS011")

    assert "others.mine" in names()
    assert find("others.mine").name == "nova.sds011"


def test_what_is_announced_but_is_no_driver_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, monkeypatch, "others.sum = devices.checksums:sum8")

    with pytest.raises(DriverError, match="no driver"):
        find("others.sum")


def test_no_family_takes_more_than_a_few_hundred_kilobytes() -> None:
    """A table that lists each second of an hour took a megabyte."""
    program = (
        "import devices.modbus_drivers, tracemalloc\n"
        "from importlib import import_module\n"
        "from importlib.metadata import entry_points\n"
        "tracemalloc.start()\n"
        "for module in sorted({one.module for one in entry_points(group='simpang.drivers')}):\n"
        "    before, _ = tracemalloc.get_traced_memory()\n"
        "    import_module(module)\n"
        "    print(module, tracemalloc.get_traced_memory()[0] - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    taken = {module: int(size) for module, size in map(str.split, ran.stdout.splitlines())}
    assert {module: size for module, size in taken.items() if size > 400_000} == {}
