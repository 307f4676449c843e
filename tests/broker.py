"""A real Mosquitto for tests: started, stopped, killed, frozen and brought back on one port.

    def test_something(tmp_path: Path) -> None:
        with Broker(tmp_path) as broker:
            ... broker.url, broker.port ...
            broker.kill()       # SIGKILL: without persistence it remembers nothing
            broker.start()      # the same port, the same configuration

Without persistence and with the default window of 20 unless told otherwise: the two settings that
cost a naive gateway its data.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import shutil
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, Final, Self

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENCE: Final = 10.0


def free_port() -> int:
    """Ask the kernel for a TCP port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def password_line(username: str, password: str) -> str:
    """Write a line of a mosquitto `password_file` (PBKDF2, SHA-512)."""
    salt = username.encode().ljust(12)[:12]
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    shown = "$".join(base64.b64encode(part).decode() for part in (salt, digest))
    return f"{username}:$7$101${shown}"


class Broker:
    """One Mosquitto on 127.0.0.1.

    Attributes:
        folder: Where its configuration, its log and its memory lie.
        port: The port it listens on, also after it comes back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        persistence: bool = False,
        window: int = 20,
        lines: Sequence[str] = ("allow_anonymous true",),
    ) -> None:
        """Choose a port and write the configuration; `start` or `with` begins.

        Args:
            folder: Must exist; may be shared with other files.
            persistence: Whether it keeps sessions and retained messages in `folder`.
            window: `max_inflight_messages`: messages to one client without acknowledgement.
            lines: More of mosquitto.conf, for the one listener: passwords, ACL, TLS, limits.
        """
        self.folder = folder
        self.port = free_port()
        self._window = window
        self._persistence = persistence
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(lines)

    @property
    def url(self) -> str:
        """Its address without TLS."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything it has said so far."""
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def configure(self, lines: Sequence[str]) -> None:
        """Write its configuration anew; the next start follows it."""
        text = [
            f"user {getpass.getuser()}",
            f"max_inflight_messages {self._window}",
            "max_queued_messages 100000",
            f"persistence {str(self._persistence).lower()}",
            f"persistence_location {self.folder}/",
            f"listener {self.port} 127.0.0.1",
            *lines,
        ]
        (self.folder / "mosquitto.conf").write_text("\n".join(text) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start it and return once it listens."""
        assert self._process is None, "it runs already"
        program = shutil.which(
            "mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
        )
        assert program is not None, "mosquitto is not installed"
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self.folder / "mosquitto.conf")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._listens, _PATIENCE, "mosquitto listening")

    def stop(self) -> None:
        """End it politely (SIGTERM); with persistence it writes its memory down first."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and bring it back."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Let it hang (SIGSTOP): connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"mosquitto ended: {self.log}"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except ConnectionRefusedError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)
        self._process.wait(_PATIENCE)
        self._process = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever state it is in."""
        self.kill()
