"""Who holds a file: the process that keeps us from a port."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")
_INODE_FIELD: Final = 5


def holder(path: str) -> str:
    """Name the process that has locked `path`, such as `minicom (pid 812)`; empty if unseen.

    Source: proc_locks(5). It names processes of other users too, unlike /proc/PID/fd.
    """
    try:
        status = Path(path).stat()
        locks = _LOCKS.read_text("ascii").splitlines()
    except (OSError, ValueError):
        return ""
    name = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for fields in map(str.split, locks):
        if len(fields) > _INODE_FIELD and fields[_INODE_FIELD] == name:
            return _describe(fields[_INODE_FIELD - 1])
    return ""


def _describe(pid: str) -> str:
    try:
        command = Path("/proc", pid, "comm").read_text("utf-8").strip()
    except (OSError, ValueError):
        return f"pid {pid}"
    return f"{command} (pid {pid})"
