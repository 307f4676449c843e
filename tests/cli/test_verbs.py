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
from gateway.config.resolved import hide
from gateway.edge.spool_summary import summarize
from tests.edge.bench import Bench

if TYPE_CHECKING:
    from typer.testing import Result

EXAMPLES = Path(__file__).parents[2] / "deploy/examples"


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
