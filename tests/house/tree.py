"""What stands in this project: its files, less those that git ignores."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

PACKAGES: Final = ("schemas", "devices", "gateway", "tests", "bench")


@cache
def files() -> tuple[str, ...]:
    """List all files of the project: also where there is no git, as in an unpacked archive."""
    ignored = {".git", *(line.strip("/") for line in read(".gitignore").split())}
    found: list[str] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, one) for one in ignored)]
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in names]
    return tuple(sorted(found))


def modules() -> list[str]:
    """List all Python modules."""
    return [name for name in files() if name.endswith(".py")]


def pages() -> list[str]:
    """List all pages."""
    return [name for name in files() if name.endswith(".md")]


def read(name: str) -> str:
    """Read a text file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")
