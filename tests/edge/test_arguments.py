from __future__ import annotations

from pathlib import Path

import pytest

from gateway.edge.arguments import DRAIN_SECONDS, HELP, Arguments, read
from gateway.edge.process import main
from gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--config g.toml", (Path("g.toml"), None, DRAIN_SECONDS)),
        ("--config=g.toml --log debug --drain 0", (Path("g.toml"), "debug", 0.0)),
    ],
)
def test_a_command_line_is_read(line: str, told: tuple[Path, str | None, float]) -> None:
    assert read(line.split()) == Arguments(*told)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "--config"),
        ("--config", "--config"),
        ("--config g.toml --loud", "--loud"),
        ("--config g.toml --drain soon", "soon"),
        ("--config g.toml now", "now"),
    ],
)
def test_what_is_not_understood_is_named_with_the_usage(line: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word) as refused:
        read(line.split())
    assert "--config FILE" in refused.value.remedy


def test_a_wrong_command_line_ends_with_2_before_anything_else_happens() -> None:
    assert main(["--loud"]) == 2


def test_who_asks_for_help_gets_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == HELP
