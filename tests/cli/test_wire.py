"""`port monitor`, `record` and `replay`, on real pseudo-terminals."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from devices.driver import Line
from gateway.cli.app import app
from gateway.errors import ConfigError
from gateway.simulator.recording import Recorder, read_recording
from tests.cli.test_talk import played

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

FRAMES = 3


def run(group: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, [group, *map(str, arguments)])


def test_bytes_are_shown_as_they_come_on_a_phone_too(tmp_path: Path) -> None:
    with played("plantower.pms5003", tmp_path / "tty") as link:
        result = run("port", "monitor", link, "--seconds", "2.5")

    assert result.exit_code == 0, result.output
    assert "42 4d 00 1c" in result.stdout
    assert "BM.." in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_with_a_driver_the_frames_are_shown_and_what_they_measure(tmp_path: Path) -> None:
    with played("plantower.pms5003", tmp_path / "tty") as link:
        shown = run("port", "monitor", link, "--driver", "plantower.pms5003", "--seconds", "2.5")
        read = run(
            "port", "monitor", link, "--driver", "plantower.pms5003", "--seconds", "2.5", "--json"
        )

    assert "sample:" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    samples = [json.loads(line) for line in read.stdout.splitlines()]
    assert any(event.get("sample", {}).get("pm2_5", 0) > 0 for event in samples)


def test_a_recording_is_decoded_and_replayed_as_it_came(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    with played("winsen.mhz19", tmp_path / "tty") as link:
        silent = run("port", "record", link, tmp_path / "none", "--seconds", "1")
        result = run(
            "port", "record", link, file, "--driver", "winsen.mhz19", "--ask", "--seconds", "4"
        )

    assert "wait to be asked" in silent.stdout
    assert result.exit_code == 0, result.output
    decoded = [
        json.loads(line)
        for line in run("device", "decode", "winsen.mhz19", file).stdout.splitlines()
    ]
    assert len(decoded) >= FRAMES
    assert all(event["sample"]["co2"] > 0 for event in decoded)
    assert read_recording(file).line == Line(9600)

    link = tmp_path / "again"
    replaying = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "port", "replay", file, "--port-link", link,
         "--repeat", "--speed", "4"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert replaying.stdout is not None
        assert b"9600 baud" in replaying.stdout.readline()
        watched = run(
            "port", "monitor", link, "--driver", "winsen.mhz19", "--json", "--seconds", "3"
        )
    finally:
        replaying.terminate()
        rest, _ = replaying.communicate(timeout=10)
    assert b"played" in rest
    again = [json.loads(line) for line in watched.stdout.splitlines()]
    assert any(event.get("frame") == decoded[1]["frame"] for event in again)


def test_a_recording_that_was_cut_off_is_read_up_to_there_and_a_wrong_one_is_not(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cut.jsonl"
    with file.open("w", encoding="ascii") as opened:
        recorder = Recorder(opened, Line(4800, "E"))
        recorder.add(0.5, b"abc")
        recorder.add(0.7, b"def")
    text = file.read_text(encoding="ascii")

    file.write_text(text[:-8], encoding="ascii")
    assert read_recording(file).data == b"abc"

    file.write_text(text.replace("616263", "61626"), encoding="ascii")
    with pytest.raises(ConfigError, match="line 2"):
        read_recording(file)


def test_bare_bytes_are_a_recording_too_and_an_empty_file_is_none(tmp_path: Path) -> None:
    file = tmp_path / "bare"
    file.write_bytes(bytes(range(200)))
    assert read_recording(file).data == bytes(range(200))
    assert read_recording(file).line is None

    file.write_bytes(b"")
    with pytest.raises(ConfigError, match="is empty"):
        read_recording(file)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("record", "/dev/null", "/dev/null"), "can't be made"),
        (("monitor", "/dev/null", "--ask"), "whom to ask"),
        (("monitor", "/dev/null", "--parity", "X"), "no parity"),
        (("replay", "/no/such/file"), "can't be read"),
    ],
)
def test_wrong_use_is_answered_with_a_sentence(arguments: tuple[str, ...], what: str) -> None:
    result = run("port", *arguments)

    assert isinstance(result.exception, ConfigError)
    assert what in str(result.exception)
