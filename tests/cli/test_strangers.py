"""Bytes that come and that nobody knows are told of: how many, how they begin, what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.cli.candidates import candidates
from gateway.cli.words import write_bytes
from tests.cli.test_foreign import speaking
from tests.cli.test_wire import run

if TYPE_CHECKING:
    from pathlib import Path

LINE = b"T=21.5 C\x1b[2J\r\n"
SHOWN = r"T=21.5 C\x1b[2J\r\n"
PATTERN = ("--set", r'pattern="(?P<temperature>[0-9]+);"')
LEAST = 2 * len(LINE)


def test_device_read_tells_what_came_where_nothing_fits(tmp_path: Path) -> None:
    with speaking(tmp_path / "tty", LINE) as link:
        words = ("read", "text.line", link, *PATTERN, "--seconds", "0")
        (told,) = json.loads(run("device", *words, "--json").stdout)
        shown = run("device", *words, "--lang", "id")

    assert shown.exit_code == 1
    assert told["bytes"] >= LEAST
    assert f"bytes that came: {told['bytes']}" in told["error"]
    assert SHOWN in told["error"]
    assert "does the pattern fit? simpang port monitor" in told["remedy"]
    assert "bita yang masuk: " in shown.stdout
    assert "cocokkah polanya?" in shown.stdout


def test_device_read_of_a_silent_port_counts_nothing_and_has_a_remedy(tmp_path: Path) -> None:
    with speaking(tmp_path / "tty", b"") as link:
        (told,) = json.loads(
            run("device", "read", "winsen.mhz19", link, "--seconds", "0", "--json").stdout
        )

    assert told["bytes"] == 0
    assert "device probe" in told["remedy"]


def test_a_sensor_that_says_itself_that_it_is_broken_has_a_remedy_too(tmp_path: Path) -> None:
    columns = ("--set", 'columns=["temperature","fault"]', "--seconds", "0", "--json")
    with speaking(tmp_path / "tty", b",ice\r\n") as link:
        (told,) = json.loads(run("device", "read", "text.line", link, *columns).stdout)

    assert told["error"] == "ice"
    assert "look at it" in told["remedy"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a probe know one sensor only: it is sooner over."""
    known = [each for each in candidates(1) if each.name == "nova.sds011"]
    monkeypatch.setattr("gateway.cli.candidates.candidates", lambda _: known)


@pytest.mark.usefixtures("few")
def test_device_probe_tells_what_came_of_nobody_that_is_known(tmp_path: Path) -> None:
    with speaking(tmp_path / "tty", LINE) as link:
        (told,) = json.loads(run("device", "probe", link, "--json").stdout)
        shown = run("device", "probe", link, "--lang", "id")

    assert (told["driver"], shown.exit_code) == (None, 1)
    assert told["bytes"] >= LEAST
    assert SHOWN in told["beginning"]
    assert "simpang port monitor" in told["remedy"]
    assert "does the pattern fit?" in told["remedy"]
    assert SHOWN in shown.stdout
    assert "apakah polanya cocok?" in shown.stdout
    assert "RX" not in shown.stdout


@pytest.mark.usefixtures("few")
def test_a_silent_port_has_a_remedy_for_programs_too(tmp_path: Path) -> None:
    with speaking(tmp_path / "tty", b"") as link:
        (told,) = json.loads(run("device", "probe", link, "--json").stdout)

    assert told["bytes"] == 0
    assert "is it powered" in told["remedy"]


def test_the_beginning_of_bytes_has_40_characters_at_most() -> None:
    shown = write_bytes(b"\xff\x1b" * 200)

    assert shown.startswith(r"\xff\x1b\xff")
    assert len(shown) <= 40
    assert write_bytes(b"plain") == "plain"
