"""A demo as a child of the test: what it says, and how to interrupt it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from tests.waiting import until

COMMAND = (sys.executable, "-c", "from gateway.cli.app import main; main()", "demo", "--json")


class Demo:
    """One run of `simpang demo --json`; its temporary folder lies in `folder`.

    Attributes:
        said: Each line that it has written to stderr so far.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.said: list[str] = []
        self._folder = folder
        self._process = subprocess.Popen(
            [*COMMAND, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(folder)},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def hear(self, word: str, within: float) -> None:
        """Wait until it has said something."""
        until(lambda: any(word in line for line in self.said), within, f"hearing {word!r}")

    def kill_child(self, module: str) -> None:
        """Kill the process that runs a module for this demo."""
        os.kill(self._child(module), signal.SIGKILL)

    def ends(self, within: float) -> int:
        """Wait for its end, and return its exit code."""
        code = self._process.wait(within)
        self._listener.join()
        return code

    def account(self) -> dict[str, Any]:
        """Read its account: the last line it wrote."""
        assert self._process.stdout is not None
        account: dict[str, Any] = json.loads(self._process.stdout.read().splitlines()[-1])
        return account

    def left_behind(self) -> list[str]:
        """List the files and processes that it has left behind."""
        files = [path.name for path in self._folder.iterdir()]
        return files + [command for command in _commands().values() if str(self._folder) in command]

    def _child(self, module: str) -> int:
        return next(
            pid
            for pid, command in _commands().items()
            if module in command and str(self._folder) in command
        )

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line.rstrip("\n"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        self._listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


def _commands() -> dict[int, str]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found
