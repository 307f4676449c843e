"""Ctrl-C while a verb is still being loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

INTERRUPTED = """
import os, signal, sys

name = sys.argv.pop(1)

def interrupt(event, arguments):
    if event == "import" and arguments[0] == name:
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
from gateway.cli.__main__ import main
main()
"""


def interrupted(module: str) -> subprocess.CompletedProcess[str]:
    """Run a demo that is interrupted when it begins to import a module."""
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module, "demo", "--seconds", "5", "--json"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("module", ["gateway.cli.app", "typer", "gateway.cli.spool"])
def test_ctrl_c_before_a_demo_has_begun_ends_it_with_a_sentence(module: str) -> None:
    ended = interrupted(module)

    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "simpang: interrupted\n"


@pytest.mark.parametrize(
    "module", ["gateway.cli.live", "gateway.cli.account", "gateway.simulator.chain"]
)
def test_ctrl_c_while_a_demo_makes_ready_ends_it_with_an_account_of_nothing(module: str) -> None:
    ended = interrupted(module)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["measured"] == 0
