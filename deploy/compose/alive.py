#!/usr/bin/env python3
"""The watchdog of a container: waits for a sign of life, and kills a process that gives none.

A process of ours tells NOTIFY_SOCKET that it lives, as systemd wants to hear it (sd_notify(3)). In
a container nobody listens there but this health check. Docker only shows who is unhealthy; a killed
process ends its container, and `restart` brings it back.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

SIGN = b"WATCHDOG=1"


def heard(address: str, within: float) -> bool:
    """Wait for a sign of life for so many seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        deadline = monotonic() + within
        while (left := deadline - monotonic()) > 0:
            channel.settimeout(left)
            with suppress(TimeoutError):
                if SIGN in channel.recv(4096):
                    return True
    return False


def kill_children_of(pid: int) -> None:
    """Kill what `pid` has started: in a container with an init, the one process that matters."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def main() -> int:
    """Say 0 for alive, 1 for killed."""
    parser = argparse.ArgumentParser(description="Wait for a sign of life; else kill.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to wait")
    parser.add_argument("--init", type=int, default=1, help="whose children are killed")
    options = parser.parse_args()
    if heard(os.environ["NOTIFY_SOCKET"], options.seconds):
        return 0
    sys.stderr.write(f"no sign of life within {options.seconds:g} s: killed\n")
    kill_children_of(options.init)
    return 1


if __name__ == "__main__":
    sys.exit(main())
