"""Every verb speaks Indonesian to people, and JSON to programs."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.language import Language
from gateway.cli.live import Printed, Row
from gateway.cli.watched import Watched
from gateway.clock import Stamp
from gateway.config.sensor import sensor
from gateway.edge.port import Chunk
from gateway.simulator.uart import Uart
from tests.cli.test_talk import played
from tests.edge.bench import Bench
from tests.house.cli_page import commands

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

SILENT = {
    ("gateway", "run"): "a service: what it says is its log",
    ("collector", "run"): "the same",
    ("config", "show"): "it prints a config, and nothing else",
}
"""Verbs that say nothing to people, and why."""

NOT_JSON = {
    ("gateway", "run"): "a service: it prints no data",
    ("collector", "run"): "the same",
    ("device", "decode"): "it prints nothing but JSON",
    ("spool", "export"): "it has formats of its own, one of them JSON",
}
"""Verbs without --json, and why."""


def options_of(verb: tuple[str, ...]) -> set[str]:
    command = typer.main.get_command(app)
    for word in verb:
        command = command.commands[word]  # type: ignore[attr-defined]
    return {option for each in command.params for option in each.opts}


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("verb", commands(), ids=" ".join)
def test_every_verb_speaks_to_people_in_their_language(verb: tuple[str, ...]) -> None:
    assert ("--lang" in options_of(verb)) is (verb not in SILENT)


@pytest.mark.parametrize("verb", commands(), ids=" ".join)
def test_every_verb_speaks_json_to_programs(verb: tuple[str, ...]) -> None:
    assert ("--json" in options_of(verb)) is (verb not in NOT_JSON)


def test_a_recording_is_told_of_in_indonesian_and_in_json(tmp_path: Path) -> None:
    with closing(Silent(tmp_path / "tty")) as silent:
        told = run("port", "record", silent.link, tmp_path / "a", "--seconds", "0", "--lang", "id")
        counted = run("port", "record", silent.link, tmp_path / "b", "--seconds", "0", "--json")

    assert told.stdout.splitlines() == [
        f"0 bita dalam 0 potong: {tmp_path / 'a'}",
        "tidak ada yang masuk: benarkah baudnya? apakah sensor menunggu ditanya?",
    ]
    assert json.loads(counted.stdout) == {"file": str(tmp_path / "b"), "bytes": 0, "portions": 0}


class Silent(Uart):
    """A port on which nobody says anything."""

    def close(self) -> None:
        """Take it away."""
        self.unplug()


def test_a_recording_is_replayed_for_programs_too(tmp_path: Path) -> None:
    (tmp_path / "bare").write_bytes(b"abc")

    told = run("port", "replay", tmp_path / "bare", "--port-link", tmp_path / "tty", "--lang", "id")
    lines = run("port", "replay", tmp_path / "bare", "--port-link", tmp_path / "tty", "--json")

    assert "diputar" in told.stdout
    first, last = map(json.loads, lines.stdout.splitlines())
    assert first == {
        "file": str(tmp_path / "bare"), "url": str(tmp_path / "tty"), "baudrate": None,
    }  # fmt: skip
    assert last.keys() == {"bytes"}


def test_a_sensor_is_played_in_indonesian_and_in_json(tmp_path: Path) -> None:
    link = ("--port-link", tmp_path / "tty", "--seconds", "0")
    told = run("device", "simulate", "nova.sds011", *link, "--lang", "id")
    lines = run("device", "simulate", "nova.sds011", *link, "--json")

    assert told.stdout.startswith(f'nova.sds011 bicara pada 9600 baud: url = "{tmp_path / "tty"}"')
    first, last = map(json.loads, lines.stdout.splitlines())
    assert (first["url"], first["baudrate"]) == (str(tmp_path / "tty"), 9600)
    assert last.keys() == {"frames", "whole", "heard"}


def test_frames_are_shown_with_indonesian_words() -> None:
    known = sensor("nova.sds011", {})
    frame = bytes.fromhex("aac0d4043a0aa1601dab")
    watched = Watched(known, Language.ID, json=False)

    lines = [*watched.lines(Chunk(b"\x00" + frame, Stamp(1.0, 1.0), 1.0)), *watched.end()]

    assert lines[0].endswith(" derau 00")
    assert lines[1].split() == ["sebab:", "header"]
    assert any("terukur: {" in line for line in lines)


def test_commands_of_a_sensor_are_listed_in_indonesian() -> None:
    told = run("device", "send", "winsen.mhz19", "--lang", "id").stdout
    known = run("device", "drivers", "nova.sds011", "--lang", "id").stdout

    assert "zero_calibration  (perlu --yes)" in told.splitlines()
    assert "  anggap udara saat ini 400 ppm: tidak bisa dibatalkan" in told.splitlines()
    assert "    set_active_mode: lapor tiap detik (--yes)" in known.splitlines()


def test_an_answer_is_told_in_indonesian(tmp_path: Path) -> None:
    with played("winsen.mhz19", tmp_path / "tty") as link:
        told = run("device", "send", "winsen.mhz19", "read", link, "--lang", "id")

    assert told.stdout.startswith("dijawab: ")


def test_a_spool_is_told_in_indonesian(tmp_path: Path) -> None:
    with closing(Bench(tmp_path / "spool.db")) as bench:
        bench.batch()
        bench.measure()
        bench.commit()
        shown = run("spool", "show", bench.path, "--lang", "id").stdout
        exported = run("spool", "export", bench.path, "--format", "jsonl", "--lang", "id")

    assert "  1 kiriman menunggu, 1 bacaan belum masuk kiriman" in shown.splitlines()
    assert "1 kiriman, 0 di antaranya ditolak, dan 1 bacaan" in exported.stderr


def test_a_demo_shows_its_table_in_indonesian(capsys: pytest.CaptureFixture[str]) -> None:
    Printed(Language.ID).show(5.0, [Row("pm-1", 8, 6, ("pm2_5", 12.5), 0)])

    head, row = capsys.readouterr().err.splitlines()
    assert head.split() == ["alat", "terukur", "tersimpan", "menunggu", "derau", "nilai", "akhir"]
    assert row.endswith("PM2,5 12,5 µg/m³")


def test_what_may_be_wrong_in_a_config_is_told_in_indonesian(tmp_path: Path) -> None:
    file = tmp_path / "collector.toml"
    file.write_text(
        f"""
        [collector]
        id = "c"
        dead_letters = "{tmp_path}"
        [broker]
        url = "mqtt://127.0.0.1:1"
        [store]
        kind = "sqlite"
        path = "{tmp_path / "city.db"}"
        """,
        encoding="utf-8",
    )

    told = run("config", "check", file, "--lang", "id").stdout

    assert told.startswith(f"{file}:6: peringatan: broker.url: broker tidak menjawab: sambungan")
    assert len(told.splitlines()) == 1
