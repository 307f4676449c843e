"""How a config names a register map: one that comes along, or a technician's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.config.rules import tables

if TYPE_CHECKING:
    from pathlib import Path

ENDING: Final = ".toml"


def is_file(name: str) -> bool:
    """Say whether a map is named by its path."""
    return "/" in name or name.endswith(ENDING)


def anchor(content: dict[str, Any], folder: Path) -> None:
    """Let the path of each map that a config names begin at the folder of that config."""
    for _, port in tables(content, "ports"):
        for _, device in tables(port, "devices"):
            name = device.get("map")
            if isinstance(name, str) and is_file(name):
                device["map"] = str(folder / name)
