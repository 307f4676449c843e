"""A terminal of 80 × 24, in Indonesian: a command is run in it, and what stays on it is read."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = 80
ROWS: Final = 24

_REWRITTEN: Final = re.compile(r"[^\n]*\r\x1b\[K")
"""What a line that rewrites itself has shown before."""

_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")


def run(folder: Path, *words: str) -> list[str]:
    """Run `simpang …` in a folder and return the lines that stay.

    Raises:
        AssertionError: The command failed.
    """
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = os.environ | {"LANG": "id_ID.UTF-8", "LC_ALL": "id_ID.UTF-8", "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *words],
        stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment,
    ) as process:  # fmt: skip
        os.close(slave)
        shown = b""
        while data := _read(master):
            shown += data
    os.close(master)
    text = shown.decode().replace("\r\n", "\n")
    lines = _STYLE.sub("", _REWRITTEN.sub("", text)).splitlines()
    assert process.returncode == 0, lines
    return lines


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:
        return b""  # the other end is closed
