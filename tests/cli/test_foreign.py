"""What a sensor says is shown, and never obeyed: nothing of it steers the terminal."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from gateway.cli import words
from gateway.cli.language import Language
from gateway.cli.progress import Status
from gateway.errors import SimpangError
from gateway.simulator.uart import Uart
from tests.cli.test_talk import answering
from tests.cli.test_wire import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEERING = b"\x1b]0;pwned\x07\x1b[2J\x9b31m"
SHOWN = r"\x1b]0;pwned\x07\x1b[2J\x9b31m"
COLUMNS = ("--set", 'columns=["temperature","fault"]')


@contextmanager
def speaking(link: Path, line: bytes) -> Iterator[Path]:
    """Play whoever says a line again and again."""
    uart, over = Uart(link), Event()

    def speak() -> None:
        while not over.wait(0.05):
            if uart.opened:
                uart.write(line)

    speaker = Thread(target=speak, name="whoever")
    speaker.start()
    try:
        yield link
    finally:
        over.set()
        speaker.join()
        uart.unplug()


def steers(text: str) -> bool:
    """Say whether anything but lines is in a text."""
    return any(not each.isprintable() for each in text.replace("\n", ""))


@pytest.mark.parametrize(
    ("product", "shown"),
    [
        (rb"OPS243\u001b]0;pwned\u0007\u001b[2J\u009b31m", SHOWN),
        (rb"OPS\ud800", r"OPS\ud800"),
    ],
    ids=["steering", "half a character"],
)
def test_an_answer_is_written_so_that_it_does_nothing(
    tmp_path: Path, product: bytes, shown: str
) -> None:
    said = b'{"Product":"' + product + b'"}\r\n'
    with answering(tmp_path / "tty", lambda _: said) as link:
        result = run("device", "send", "omnipresense.ops243", "?P", link)

    assert result.exit_code == 0, result.output
    assert not steers(result.output)
    assert shown in result.output


def test_the_fault_in_an_answered_line_does_nothing(tmp_path: Path) -> None:
    with answering(tmp_path / "tty", lambda _: b"21.5," + STEERING + b"\r\n") as link:
        asked = run("device", "send", "text.line", "ask", link, *COLUMNS, "--set", 'ask="R"')

    assert not steers(asked.output)
    assert SHOWN in asked.output


def test_the_fault_in_a_watched_line_does_nothing(tmp_path: Path) -> None:
    words = ("--driver", "text.line", *COLUMNS, "--seconds", "1")
    with speaking(tmp_path / "value", b"21.5," + STEERING + b"\r\n") as link:
        beside = run("port", "monitor", link, *words)
    with speaking(tmp_path / "none", b"," + STEERING + b"\r\n") as link:
        alone = run("port", "monitor", link, *words)

    for result in (beside, alone):
        assert not steers(result.output)
        assert SHOWN in result.output


def test_the_fault_where_no_value_stands_beside_it_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[str] = []
    monkeypatch.setattr(Status, "_write", lambda _, text: waiting.append(text))
    with speaking(tmp_path / "tty", b"," + STEERING + b"\r\n") as link:
        result = run("device", "read", "text.line", link, *COLUMNS, "--seconds", "4")

    assert result.exit_code == 1
    assert not any(map(steers, [result.output, *waiting]))
    assert SHOWN in result.output
    assert any(SHOWN in text for text in waiting)


def test_an_error_is_written_so_that_it_does_nothing() -> None:
    said = STEERING.decode("latin-1")
    told = words.explain(SimpangError(f"refused: {said}", "first\nthen"), Language.EN)

    assert told == f"refused: {SHOWN} — first\nthen"
