"""The recorded and documented frames of `tests/vectors`, one file a family of drivers.

A vector is bytes (`hex`, or `text` for a sensor that speaks text) and what must come of them:
`fields` of a frame, the `frames` of a stream, an `error` (the first junk's `why`), or the
`command` whose bytes they are. `origin` and `source` say where they are from.

`SIMPANG_VECTORS=FILE` puts another file in the place of all of these.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "vectors"
OTHER: Final = os.environ.get("SIMPANG_VECTORS")


@dataclass(frozen=True)
class Vector:
    """One vector.

    Attributes:
        name: Its file, section and place.
        section: `frames`, `streams` or `commands`.
        driver: The driver it is for.
        raw: The bytes.
        expected: The fields of each frame that must come out, in order; a subset is enough.
        error: Why nothing comes out; empty where something does.
        command: The command that the bytes are; empty for what a sensor sends.
        settings: What the driver is told.
        origin: How it came about: `capture`, `datasheet`, `driver-test` (somebody else's driver is
            tested with it), `synthetic`, or derived from one of these.
    """

    name: str
    section: str
    driver: str
    origin: str
    raw: bytes
    expected: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    command: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def load() -> list[Vector]:
    """Read all vectors."""
    return [
        _read(f"{path.stem}-{section}-{number}", section, row)
        for path in ([Path(OTHER)] if OTHER else sorted(FOLDER.glob("*.json")))
        for section, rows in json.loads(path.read_text(encoding="utf-8")).items()
        for number, row in enumerate(rows)
    ]


def _read(name: str, section: str, row: dict[str, Any]) -> Vector:
    return Vector(
        name=name,
        section=section,
        driver=row["driver"],
        origin=row["origin"],
        raw=row["text"].encode() if "text" in row else bytes.fromhex(row["hex"]),
        expected=row.get("frames", [row["fields"]] if "fields" in row else []),
        error=row.get("error", ""),
        command=row.get("command", ""),
        settings=row.get("settings", {}),
    )


VECTORS: Final = load()
SENT: Final = [vector for vector in VECTORS if not vector.command]
COMMANDS: Final = [vector for vector in VECTORS if vector.command]


def agrees(expected: object, found: object) -> bool:
    """Say whether `found` holds all of `expected`, its numbers within 2e-6."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and agrees(value, found[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(expected) == len(found)
            and all(map(agrees, expected, found))
        )
    if type(expected) in {int, float} and type(found) in {int, float}:
        assert isinstance(expected, (int, float))
        assert isinstance(found, (int, float))
        return abs(expected - found) <= 2e-6 * abs(expected)
    return expected == found
