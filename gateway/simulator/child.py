"""A child process: in a session of its own, with a log that is there when it is needed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LAST_LINES: Final = 20
_LOG_BYTES: Final = 64 * 1024


class Child:
    """One process, started again and again under the same name.

    It lives in its own session, so that Ctrl-C reaches only whoever started it.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        """Describe the process; `start` begins it.

        Args:
            name: What it is called in messages.
            arguments: The command.
            log: Where its output goes; each start adds to it.
            env: What is set beside our own environment.
        """
        self.name = name
        self.log = log
        self._arguments = list(arguments)
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 where it was never started."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether it runs, or stands still."""
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended: an exit code, or minus a signal; None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self._env,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def ended(self, within: float) -> bool:
        """Wait so many seconds at most, and say whether it has ended."""
        if self._process is None:
            return True
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, within: float) -> bool:
        """Ask it to end; end it by force after so many seconds, and say whether it went by itself.

        Whatever it started itself ends with it.
        """
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        went = self.ended(within)
        self.kill()
        return went

    def kill(self) -> None:
        """End it, and whatever it started, with SIGKILL."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def last_lines(self) -> str:
        """Return the end of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LOG_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-_LAST_LINES:])
