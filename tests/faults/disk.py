"""A disk that can be full: a small tmpfs for the spool, mounted where that is allowed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_SIZE: Final = 8 << 20
_BLOCK: Final = 1 << 16
_INSIDE: Final = "SIMPANG_FAULTS_NAMESPACE"


class SmallDisk:
    """A file system of a few MiB.

    Attributes:
        folder: Where it is mounted; an ordinary folder where mounting is not permitted.
        mounted: Whether it is.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder; nothing is mounted yet."""
        folder.mkdir()
        self.folder = folder
        self.mounted = False

    def mount(self) -> None:
        """Mount it, if we may."""
        self.mounted = _mount(self.folder)

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            for size in (_BLOCK, 4096, 1):
                with contextlib.suppress(OSError):
                    while filler.write(b"\0" * size) == size:
                        pass

    def clear(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount it."""
        if self.mounted:
            self.mounted = not _run("umount", "--lazy", str(self.folder))


def enter_namespace(arguments: list[str]) -> None:
    """Begin again as root of a namespace of our own, if only there a file system can be mounted.

    Returns where that is not needed or not possible: then `SmallDisk.mounted` tells.
    """
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if _INSIDE in os.environ or _can_mount() or not _run(*unshare, "true"):
        return
    os.environ[_INSIDE] = "1"
    command = [*unshare, sys.executable, "-m", "tests.faults", *arguments]
    os.execvp(command[0], command)  # noqa: S606 - our own command


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as name:
        return _mount(Path(name)) and _run("umount", "--lazy", name)


def _mount(folder: Path) -> bool:
    return _run("mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "simpang-faults", str(folder))


def _run(name: str, *arguments: str) -> bool:
    """Run a system program quietly, and say whether it worked."""
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return False
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    return done.returncode == 0
