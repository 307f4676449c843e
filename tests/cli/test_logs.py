from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from gateway import logs
from gateway.errors import ConfigError

SAY = """
import logging, os, sys
from gateway import logs
if len(sys.argv) > 1:
    status = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
logs.start()
logging.getLogger("x").debug("unheard")
logging.getLogger("x").info("started")
logging.getLogger("x").warning("port-1\\nis gone")
"""


def said(*arguments: str, **env: str) -> list[str]:
    command = [sys.executable, "-c", SAY, *arguments]
    result = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | env
    )
    return result.stderr.splitlines()


def test_a_person_reads_the_time_in_utc_and_the_level() -> None:
    first, *_ = said()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info MainThread: started", first)


def test_journald_reads_a_priority_off_every_line_and_knows_the_time_itself() -> None:
    assert said("journal") == ["<6>MainThread: started", "<4>MainThread: port-1", "<4>is gone"]


def test_a_stderr_that_is_not_journald_s_is_a_person_s() -> None:
    assert said(JOURNAL_STREAM="1:2")[0].endswith("started")


def test_the_level_comes_from_the_environment() -> None:
    assert "unheard" in said(SIMPANG_LOG="debug")[0]
    assert len(said(SIMPANG_LOG="warning")) == 2


def test_a_level_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigError, match="loud"):
        logs.start("loud")
