from __future__ import annotations

import logging
import os
import re
import subprocess
import sys

import pytest

from gateway import logs
from gateway.clock import FakeClock
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


def test_of_one_kind_of_line_a_few_a_minute_are_let_through_and_the_rest_is_counted() -> None:
    clock = FakeClock()
    few = logs.Few(clock.monotonic)

    def say(sentence: str, *words: object, thread: str = "main") -> str | None:
        record = logging.LogRecord("x", logging.WARNING, "", 0, sentence, words, None)
        record.threadName = thread
        return record.getMessage() if few.filter(record) else None

    assert [say("port %s", number) for number in range(8)] == [
        *(f"port {number}" for number in range(5)), None, None, None,
    ]  # fmt: skip
    assert say("another line") == "another line"
    assert say("port %s", 8, thread="other") == "port 8"
    clock.advance(59)
    assert say("port %s", 9) is None
    clock.advance(1)
    assert say("port %s", 10) == "port 10 (and 4 more like it before)"
    assert [say("port %s", number) for number in range(5)][3:] == ["port 3", None]
    clock.advance(3600)
    assert say("port %s", 11) == "port 11 (and 1 more like it before)"


def test_no_process_floods_its_log() -> None:
    flood = SAY + "for number in range(9): logging.getLogger('x').warning('again %s', number)"
    command = [sys.executable, "-c", flood]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr.count("again") == logs.FEW
