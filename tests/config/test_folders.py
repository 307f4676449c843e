"""What a process writes to, tried as whoever runs the check."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.config.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.findings import Finding

GATEWAY = """\
clock.trust = "system"
gateway.id = "gw-1"
broker.url = "mqtt://127.0.0.1:1"
spool.path = "{}"
"""
COLLECTOR = """\
collector = {{ id = "c-1", dead_letters = "{}" }}
broker.url = "mqtt://127.0.0.1:1"
store = {{ kind = "sqlite", path = "{}" }}
"""
NOBODY = 65534


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may look into."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    for each in [path, *path.rglob("*")]:
        each.chmod(0o700)
    shutil.rmtree(path)


@contextmanager
def whoever() -> Iterator[str]:
    """Be a user whom a disk says no to, even where root runs the tests; give the name."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield pwd.getpwuid(os.geteuid()).pw_name
    finally:
        os.seteuid(was)


def found(place: Path, text: str, *, here: bool = False) -> list[Finding]:
    """Check a config as whoever; that no broker answers is not the point."""
    file = place / "config.toml"
    file.write_text(text, encoding="utf-8")
    check(file)
    with whoever():
        return [each for each in check(file, here=here) if each.key != "broker.url"]


@pytest.mark.parametrize("here", [False, True])
def test_a_folder_that_this_user_may_not_write_to_is_named_with_who_must_own_it(
    place: Path, *, here: bool
) -> None:
    folder = place / "var"
    folder.mkdir(mode=0o555)
    with whoever() as user:
        pass

    (finding,) = found(place, GATEWAY.format(folder / "spool.db"), here=here)

    assert (finding.line, finding.key) == (4, "spool.path")
    assert finding.level == ("error" if here else "warning")
    assert finding.error == f"{user} may not write to {folder}"
    assert f"sudo install -d -o {user} {folder}" in finding.remedy


def test_a_folder_to_come_must_let_itself_be_made_on_its_machine(place: Path) -> None:
    folder = place / "var"
    folder.mkdir(mode=0o555)
    text = GATEWAY.format(folder / "simpang" / "spool.db")

    assert found(place, text) == []
    (finding,) = found(place, text, here=True)
    assert f"{folder}/simpang" in finding.remedy

    folder.chmod(0o777)
    assert found(place, text, here=True) == []
    assert list(folder.iterdir()) == []


def test_a_file_that_another_user_made_is_named(place: Path) -> None:
    folder = place / "var"
    folder.mkdir()
    folder.chmod(0o777)
    spool = folder / "spool.db"
    spool.touch(mode=0o444)

    (finding,) = found(place, GATEWAY.format(spool))

    assert finding.error.endswith(f"may not write to {spool}")
    assert f"{spool}; else" in finding.remedy


def test_a_folder_in_the_place_of_a_file_is_named(place: Path) -> None:
    place.chmod(0o777)
    (place / "spool.db").mkdir()

    (finding,) = found(place, GATEWAY.format(place / "spool.db"))

    assert finding.error == f"{place}/spool.db can't be written to: Is a directory"


def test_both_places_of_a_collector_are_tried(place: Path) -> None:
    (place / "dead").mkdir(mode=0o555)
    text = COLLECTOR.format(place / "dead", place / "dead" / "store.db")

    assert {each.key for each in found(place, text)} == {"collector.dead_letters", "store.path"}


def test_the_folder_of_a_store_is_made_by_nobody(place: Path) -> None:
    place.chmod(0o777)
    text = COLLECTOR.format(place / "dead", place / "db" / "store.db")

    (finding,) = found(place, text, here=True)

    assert (finding.key, finding.level) == ("store.path", "error")
    assert finding.error == f"{place}/db can't be written to: No such file or directory"


def test_what_can_be_written_to_is_left_as_it_is(place: Path) -> None:
    place.chmod(0o777)
    spool = place / "spool.db"
    spool.write_bytes(b"precious")
    spool.chmod(0o666)

    assert found(place, GATEWAY.format(spool), here=True) == []
    assert {each.name for each in place.iterdir()} == {"config.toml", "spool.db"}
    assert spool.read_bytes() == b"precious"
