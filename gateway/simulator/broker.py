"""A broker for one machine: Mosquitto where there is one, else amqtt (MQTT 3.1.1 only)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import sys
from typing import TYPE_CHECKING, Final

from gateway.errors import SimpangError

if TYPE_CHECKING:
    from pathlib import Path

_SBIN: Final = "/usr/sbin:/usr/local/sbin"
"""Where Debian keeps servers: not on an ordinary user's PATH."""


def free_port() -> int:
    """Ask the kernel for a TCP port on 127.0.0.1 that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Say whether somebody accepts connections on 127.0.0.1."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def choose() -> str:
    """Name the broker that this machine has: `mosquitto` or `amqtt`.

    Raises:
        SimpangError: It has neither.
    """
    if _mosquitto() is not None:
        return "mosquitto"
    if importlib.util.find_spec("amqtt") is not None:
        return "amqtt"
    raise SimpangError(
        "there is no MQTT broker on this machine",
        "install mosquitto, or: pip install 'simpang[demo]'",
    )


def command(broker: str, port: int, folder: Path) -> list[str]:
    """Return the command that runs a broker on 127.0.0.1, without persistence.

    Args:
        broker: `mosquitto` or `amqtt`.
        port: Its TCP port.
        folder: Where its configuration is written.

    Raises:
        SimpangError: It is not installed.
    """
    if broker == "amqtt":
        return [sys.executable, "-m", "gateway.simulator.embedded", str(port)]
    program = _mosquitto()
    if program is None:
        raise SimpangError("mosquitto is not installed", "install it, or choose amqtt")
    file = folder / "mosquitto.conf"
    own_user = ["user root"] if os.geteuid() == 0 else []
    lines = [*own_user, "persistence false", f"listener {port} 127.0.0.1", "allow_anonymous true"]
    file.write_text("\n".join([*lines, ""]), encoding="ascii")
    return [program, "-c", str(file)]


def _mosquitto() -> str | None:
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")
