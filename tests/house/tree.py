"""What stands in this project: its files, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

PACKAGES: Final = ("schemas", "devices", "gateway", "tests", "bench")


@cache
def tracked() -> tuple[str, ...]:
    """List all files that are committed, or are about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def modules() -> list[str]:
    """List all Python modules."""
    return [name for name in tracked() if name.endswith(".py")]


def pages() -> list[str]:
    """List all pages."""
    return [name for name in tracked() if name.endswith(".md")]


def read(name: str) -> str:
    """Read a text file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")
