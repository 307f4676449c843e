"""Run a command under the system call filter of a unit, as systemd would apply it.

    python -m tests.deploy.confined deploy/systemd/simpang-gateway.service COMMAND…

Like systemd it is libseccomp that does it, in two filters: what the unit's `SystemCallFilter=` does
not allow kills the process (the unit itself answers EPERM; a test has to notice), and what
`RestrictAddressFamilies=` and `MemoryDenyWriteExecute=` forbid is answered with an error.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

ANALYZE: Final = shutil.which("systemd-analyze") or "systemd-analyze"

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ERROR: Final = 0x00050000
"""Actions of seccomp(2); the number of an error is added to the last."""

_EQUAL: Final = 4
_MASKED_EQUAL: Final = 7
_WRITE: Final = 2
_EXECUTE: Final = 4


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp.h."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operation", ctypes.c_uint),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class Filter:
    """One filter of libseccomp."""

    def __init__(self, otherwise: int) -> None:
        """Begin with what happens to a call that no rule names."""
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._filter = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action: int, name: str, *comparisons: tuple[int, int, int, int]) -> None:
        """Add a rule for a call, if this machine has it."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (_Comparison * len(comparisons))(*(_Comparison(*each) for each in comparisons))
        failed = self._library.seccomp_rule_add_array(
            self._filter, ctypes.c_uint32(action), number, len(comparisons), array
        )
        assert not failed, f"{name}: {os.strerror(-failed)}"

    def load(self) -> None:
        """Apply it, for ever; it also forbids new privileges."""
        failed = self._library.seccomp_load(self._filter)
        assert not failed, os.strerror(-failed)


def settings(unit: Path, key: str) -> list[str]:
    """Read all values of a key, in order."""
    lines = unit.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def allowed(unit: Path) -> set[str]:
    """Say which system calls a unit allows: a list begins it, `~` takes away, a list adds."""
    calls: set[str] = set()
    for line in settings(unit, "SystemCallFilter"):
        named = {call for word in line.removeprefix("~").split() for call in members(word)}
        calls = calls - named if line.startswith("~") else calls | named
    return calls | members("@default")


def members(name: str) -> set[str]:
    """Say which calls a name means; a group may hold groups."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        [ANALYZE, "syscall-filter", name], capture_output=True, text=True, check=True
    ).stdout
    words = [line.strip() for line in said.splitlines()[1:] if line.strip()]
    return {call for word in words if word[0] != "#" for call in members(word)}


def confine(unit: Path) -> None:
    """Apply what a unit says of system calls to this process and all that it starts."""
    calls = allowed(unit)
    first = Filter(ALLOW)
    families = " ".join(settings(unit, "RestrictAddressFamilies")).split()
    for family in socket.AddressFamily:
        if family.name not in families:
            first.add(ERROR + errno.EAFNOSUPPORT, "socket", (0, _EQUAL, family, 0))
    if settings(unit, "MemoryDenyWriteExecute") == ["yes"]:
        both = _WRITE | _EXECUTE
        first.add(ERROR + errno.EPERM, "mmap", (2, _MASKED_EQUAL, both, both))
        for call in ("mprotect", "pkey_mprotect"):
            first.add(ERROR + errno.EPERM, call, (2, _MASKED_EQUAL, _EXECUTE, _EXECUTE))
    second = Filter(KILL)
    for call in sorted(calls):
        second.add(ALLOW, call)
    if os.geteuid() == 0:
        # A unit's user is not root, whose SQLite would hand new files to the owner of the old.
        for call in sorted(members("@chown") - calls):
            second.add(ERROR + errno.EPERM, call)
    first.load()
    second.load()


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the test that called us named it
