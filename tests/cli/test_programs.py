"""What a program reads where a verb with --json fails before it has an answer."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

from gateway.cli.app import app, main
from tests.house.cli_page import commands

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "glsa_0123456789"


def with_json() -> list[tuple[str, ...]]:
    """List the verbs that have --json."""
    found = []
    for verb in commands():
        command: Any = typer.main.get_command(app)
        for word in verb:
            command = command.commands[word]
        if any("--json" in parameter.opts for parameter in command.params):
            found.append(verb)
    return found


class Told:
    """What one run of the command left behind."""

    def __init__(
        self, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch, *words: str
    ) -> None:
        patch.setattr(sys, "argv", ["simpang", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        self.code = ended.value.code
        self.out, self.err = capfd.readouterr()


@pytest.mark.parametrize("verb", with_json(), ids=" ".join)
def test_wrong_use_of_every_verb_is_told_in_json(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    told = Told(capfd, monkeypatch, *verb, "--json", "--nonsense")
    answer = json.loads(told.out)

    assert told.code == 2
    assert "--nonsense" in answer["error"]
    assert answer["remedy"] == f"simpang {' '.join(verb)} --help"
    assert "--nonsense" in told.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("config show /no/such.toml", "/no/such.toml"),
        ("dead list /no/such/folder", "/no/such/folder"),
        ("dead replay --config /no/such.toml", "/no/such.toml"),
        ("dead show abc /no/such/folder", "/no/such/folder"),
        ("fleet list --config /no/such.toml", "/no/such.toml"),
        ("fleet show gw-1 --config /no/such.toml", "/no/such.toml"),
        ("spool show /no/such.db", "/no/such.db"),
        ("spool show", "--config"),
        ("grafana push --token-file /no/token", "/no/token"),
        ("grafana push", "token"),
    ],
)
def test_a_verb_that_fails_early_tells_why_and_what_to_do(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, named: str
) -> None:
    monkeypatch.delenv("SIMPANG_GRAFANA_TOKEN", raising=False)
    told = Told(capfd, monkeypatch, *words.split(), "--json")
    answer = json.loads(told.out)
    silent = Told(capfd, monkeypatch, *words.split())

    assert answer.keys() == {"error", "remedy"}
    assert named in answer["error"]
    assert answer["remedy"]
    assert (silent.code, silent.err, silent.out) == (told.code, told.err, "")


def test_what_fails_at_work_is_1_and_told(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spool.db").write_bytes(b"no database at all, but long enough to be one" * 100)

    told = Told(capfd, monkeypatch, "spool", "show", str(tmp_path / "spool.db"), "--json")

    assert told.code == 1
    assert "damaged" in json.loads(told.out)["error"]


def test_no_secret_stands_in_an_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIMPANG_GRAFANA_TOKEN", f"{HIDDEN} {HIDDEN}")
    (tmp_path / "token").write_text(HIDDEN, encoding="utf-8")
    (tmp_path / "token").chmod(0o644)
    (tmp_path / "sound").write_text(HIDDEN, encoding="utf-8")
    (tmp_path / "sound").chmod(0o600)
    address = f"http://admin:{HIDDEN}@localhost:3000"

    for words in (
        ("grafana", "push"),
        ("grafana", "push", "--token-file", str(tmp_path / "token")),
        ("grafana", "push", "--url", address, "--token-file", str(tmp_path / "sound")),
    ):
        told = Told(capfd, monkeypatch, *words, "--json")
        assert json.loads(told.out)["error"]
        assert HIDDEN not in told.out + told.err
