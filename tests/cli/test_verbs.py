from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.collector.deadletters import DeadLetters, Letter
from gateway.config.resolved import hide
from gateway.edge.spool_summary import summarize
from tests.edge.bench import Bench

if TYPE_CHECKING:
    from typer.testing import Result

EXAMPLES = Path(__file__).parents[2] / "deploy/examples"
EPOCH = "6f1c0a94d2b35e78"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def simpang(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process, through its entry point."""
    program = "import sys; from gateway.cli.app import main; sys.argv[0] = 'simpang'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def test_without_a_verb_it_says_what_there_is() -> None:
    result = simpang()

    assert "config" in result.stdout + result.stderr
    assert result.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["config", "check"],
        ["config", "show", "/no/such/file.toml"],
        ["spool", "show"],
        ["spool", "show", "/no/such/spool.db"],
        ["dead", "list", "/no/such/folder"],
        ["gateway", "run"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_words_but_no_traceback(arguments: list[str]) -> None:
    result = simpang(*arguments)

    assert result.returncode == 2
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_what_fails_at_work_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"no database at all, but long enough to be one" * 100)

    result = simpang("spool", "show", str(tmp_path / "spool.db"))

    assert (result.returncode, result.stdout) == (1, "")
    assert "damaged" in result.stderr


def test_help_needs_nothing_heavy() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from gateway.cli.app import app;"
        "CliRunner().invoke(app, ['--help']);"
        "print(*(set(sys.modules) & {'paho', 'sqlite3', 'serial', 'influxdb_client', 'rich',"
        " 'tomlkit', 'devices.driver', 'pydantic.main'}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == []


def test_the_version_is_the_package_s() -> None:
    assert run("--version").output.startswith("simpang ")


def test_a_shown_config_loads_again_and_means_the_same(tmp_path: Path) -> None:
    for name in ("gateway.toml", "gateway-metered.toml", "collector.toml"):
        shown = run("config", "show", EXAMPLES / name)
        again = tmp_path / name
        again.write_text(shown.output, encoding="utf-8")

        assert shown.exit_code == 0
        assert run("config", "show", again).output == shown.output
        assert (
            json.loads(run("config", "show", again, "--json").output)["broker"]["protocol"] == "5"
        )


def test_a_shown_config_hides_whatever_may_be_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    device = '[[ports]]\nurl = "x"\n[[ports.devices]]\nid = "a"\ndriver = "plantower.pms5003"\n'
    start = '[gateway]\nid = "g"\n[broker]\nurl = "mqtt://h"\nusername = "u"\n'
    file.write_text(f'{start}password_file = "/etc/pw"\n{device}', encoding="utf-8")

    shown = run("config", "show", file)

    assert 'password_file = "/etc/pw"' in shown.output
    hidden = hide({"a": [{"password": "s1", "api_token": "s2", "pin": 3, "spin": 4}]})
    assert hidden == {
        "a": [{"password": "(hidden)", "api_token": "(hidden)", "pin": "(hidden)", "spin": 4}]
    }


def test_a_spool_is_told_while_the_gateway_has_it_open_and_after(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    for _ in range(3):
        bench.batch()
    bench.measure()
    bench.commit()

    open_now = summarize(bench.path)
    shown = run("spool", "show", bench.path)

    assert (open_now.waiting, open_now.pending, open_now.refused) == (3, 1, {})
    assert [(epoch.low, epoch.next) for epoch in open_now.epochs] == [(1, 4)]
    assert sum(open_now.devices.values()) == 3
    assert "3 batches wait" in shown.output
    bench.close()
    closed = json.loads(run("spool", "show", bench.path, "--json").output)
    assert (closed["waiting"], closed["pending"]) == (4, 0)


def test_a_spool_that_a_power_cut_left_is_told_and_not_touched(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "here" / "spool.db")
    bench.batch()
    bench.commit()
    cut = tmp_path / "cut"
    cut.mkdir()
    for tail in ("", "-wal"):
        shutil.copy(f"{bench.path}{tail}", cut)
    before = {path.name: path.read_bytes() for path in cut.iterdir()}

    assert summarize(cut / "spool.db").waiting == 1
    after = {path.name: path.read_bytes() for path in cut.iterdir()}
    assert {name: after.get(name) for name in before} == before
    bench.close()


def test_dead_letters_are_listed_with_their_reasons(tmp_path: Path) -> None:
    folder = tmp_path / "dead"
    letters = DeadLetters(folder, 1 << 20)
    assert "no dead letters" in run("dead", "list", folder).output
    letters.bury(
        [
            Letter("t/gw-1/readings/pm-1", b"{}", "width", "row 1 has 2 values", 1_764_000_000_000,
                   "gw-1", EPOCH, 7),
            Letter("t/x", b"\x00", "json", "no JSON", 1_764_000_001_000),
        ]
    )  # fmt: skip

    plain = run("dead", "list", folder).output
    listed = json.loads(run("dead", "list", folder, "--json").output)

    assert "width" in plain
    assert f"gw-1  {EPOCH}/7: row 1 has 2 values" in plain
    assert {letter["reason"] for letter in listed} == {"width", "json"}


def test_nothing_that_was_sent_steers_the_terminal_of_whoever_lists_it(tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\x9b31m[red]\u202e\r\n"
    letters = DeadLetters(tmp_path, 1 << 20)
    letters.bury(
        [
            Letter(f"t/{hostile}", b"1", hostile, hostile * 1000, 1_764_000_000_000),
            Letter("t", b"2", "json", hostile, 1_764_000_001_000, gateway=hostile),
        ]
    )

    plain = run("dead", "list", tmp_path).output
    listed = run("dead", "list", tmp_path, "--json").output

    assert all(character.isprintable() for character in plain.replace("\n", ""))
    assert plain.count("\n") == 2
    assert "\\x1b]0;owned\\x07\\x9b31m[red]\\u202e\\r\\n" in plain
    assert len(plain) < 3000
    assert listed.isascii()
    assert {letter["topic"] for letter in json.loads(listed)} == {f"t/{hostile}", "t"}


def test_a_letter_that_goes_while_they_are_listed_is_passed_over(tmp_path: Path) -> None:
    DeadLetters(tmp_path, 1 << 20).bury([Letter("t", b"", "json", "no JSON", 1_764_000_000_000)])
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")

    assert run("dead", "list", tmp_path).output.count("\n") == 1
