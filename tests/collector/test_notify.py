"""sd_notify, where somebody listens and where nobody does."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from gateway.notify import READY, notify, watchdog_seconds

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    assert not notify(READY, {})
    assert not notify(READY, {"NOTIFY_SOCKET": str(tmp_path / "nobody")})


def test_a_socket_in_the_file_system_and_one_in_the_abstract_namespace_hear(
    tmp_path: Path,
) -> None:
    for address, shown in ((str(tmp_path / "s"),) * 2, (f"\0simpang-{os.getpid()}", "@simpang-")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(address)
            name = shown if address[0] != "\0" else f"{shown}{os.getpid()}"
            assert notify(READY, {"NOTIFY_SOCKET": name})
            assert systemd.recv(100) == b"READY=1"


def test_the_watchdog_s_patience_is_read_in_seconds_and_only_by_whom_it_watches() -> None:
    us = str(os.getpid())
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000"}) == 30.0
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": us}) == 30.0
    assert watchdog_seconds({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_seconds({"WATCHDOG_USEC": "soon"}) is None
    assert watchdog_seconds({}) is None
