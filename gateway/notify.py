"""What a service tells systemd: that it is ready, that it lives, that it ends (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

READY: Final = b"READY=1"
ALIVE: Final = b"WATCHDOG=1"
STOPPING: Final = b"STOPPING=1"


def notify(message: bytes, env: Mapping[str, str] = os.environ) -> bool:
    """Tell systemd; False, and nothing happens, where nobody listens."""
    address = env.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # a name in the abstract namespace begins with a zero byte
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(0)
        channel.sendto(message, address)
        return True
    return False


def watchdog_seconds(env: Mapping[str, str] = os.environ) -> float | None:
    """Return the seconds within which systemd wants to hear from us; None if it does not watch."""
    with suppress(ValueError):
        if int(env.get("WATCHDOG_PID", os.getpid())) == os.getpid():
            return int(env["WATCHDOG_USEC"]) / 1e6 if "WATCHDOG_USEC" in env else None
    return None
