"""What lies in a folder of dead letters, told while the collector goes on burying and discarding.

A letter may be gone at any moment: whoever reads one is told so, and goes on.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.collector.deadletters import LARGEST_KEPT, Letter, oldest_first
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHORT: Final = 12
"""Digits of a letter's digest that name it well enough."""

_LEAST: Final = 4
"""Digits below which a name is a typing mistake."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What there is to know of a letter without its payload.

    Attributes:
        file: The name of its file.
        topic: The topic it came on.
        reason: One word, as counters and receipts say it.
        detail: What exactly was wrong, for a person.
        received: When it came, ms since 1970 by the collector's clock.
        size: Bytes of its payload, as it came.
        gateway: Who sent it, where the topic says so.
        epoch: The epoch of the batch, where it can be read.
        seq: Its number, where it can be read.
    """

    file: str
    topic: str
    reason: str
    detail: str
    received: int
    size: int
    gateway: str | None
    epoch: str | None
    seq: int | None

    @property
    def name(self) -> str:
        """What a person calls it: the first digits of its digest, which ends the file's name."""
        return _digest(self.file)[:_SHORT]

    @property
    def is_cut(self) -> bool:
        """Whether only the head of its payload was kept, so that nobody can replay it."""
        return self.size > LARGEST_KEPT


def list_letters(folder: Path) -> Iterator[Heading]:
    """Tell of each letter in a folder, oldest first; what is no letter is passed over.

    Raises:
        OSError: The folder can't be read.
    """
    for file, _ in oldest_first(folder):
        found = _read(folder, file)
        if found is not None:
            yield found[0]


def read_letter(folder: Path, heading: Heading) -> Letter | None:
    """Read a letter with its payload, or as much of it as was kept; None where it is gone."""
    found = _read(folder, heading.file)
    return None if found is None else found[1]


def find_letter(folder: Path, name: str) -> Heading:
    """Find the one letter of this name: the name of its file, or the first digits of its digest.

    Raises:
        ConfigError: There is none, or more than one.
        OSError: The folder can't be read.
    """
    found = [
        letter[0]
        for file, _ in oldest_first(folder)
        if _is_called(file, name) and (letter := _read(folder, file)) is not None
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"there is no letter {name!r} in {folder}", "see: simpang dead list")
    raise ConfigError(f"{len(found)} letters begin with {name!r}", "write more digits of it")


def _is_called(file: str, name: str) -> bool:
    return file == name or (len(name) >= _LEAST and _digest(file).startswith(name))


def _digest(file: str) -> str:
    return file.rpartition("@")[2].partition(".")[0]


def _read(folder: Path, file: str) -> tuple[Heading, Letter] | None:
    """Read a file that may be gone, or be no letter."""
    with suppress(OSError, ValueError, RecursionError):
        document: Any = json.loads((folder / file).read_bytes())
        match document:
            case {
                "topic": str(topic), "reason": str(reason), "detail": str(detail),
                "received": int(received), "size": int(size), "payload": str(payload),
                "gateway": str() | None as gateway, "epoch": str() | None as epoch,
                "seq": int() | None as seq,
            }:  # fmt: skip
                heading = Heading(file, topic, reason, detail, received, size, gateway, epoch, seq)
                body = base64.b64decode(payload, validate=True)
                return heading, Letter(topic, body, reason, detail, received, gateway, epoch, seq)
    return None
