"""Three ways in which a line of text holds values: by a pattern, in columns, as JSON.

Each reads the texts of a line by the names of what they measure, and writes a line that holds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.text_pattern import Pattern

_WHITE: Final = " "
"""As a delimiter: blanks, as many as there are."""

_IN_NUMBERS: Final = frozenset("0123456789+-., eE")


class Form(Protocol):
    """How a line holds values."""

    @property
    def names(self) -> tuple[str, ...]:
        """What is measured, in its order."""

    @property
    def beginning(self) -> str:
        """What a line begins with, and nothing else looks like; empty where nothing does."""

    def read(self, line: str) -> Mapping[str, object] | None:
        """Return what stands for each name; None where the line is another one."""

    def write(self, texts: Mapping[str, str]) -> str:
        """Write a line."""


@dataclass(frozen=True, slots=True)
class ByPattern:
    """Named groups of a pattern that describes the whole line."""

    pattern: Pattern

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its groups."""
        return self.pattern.names

    @property
    def beginning(self) -> str:
        """Return the words that it begins with; digits alone are the end of any number."""
        words = self.pattern.beginning
        return words if any(char not in _IN_NUMBERS for char in words) else ""

    def read(self, line: str) -> Mapping[str, object] | None:
        """Return what each group found."""
        return self.pattern.read(line)

    def write(self, texts: Mapping[str, str]) -> str:
        """Write the shortest line that fits."""
        return self.pattern.write(texts)


@dataclass(frozen=True, slots=True)
class ByColumns:
    """Columns between delimiters; one without a name is passed over."""

    delimiter: str
    columns: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that have one."""
        return tuple(filter(None, self.columns))

    @property
    def beginning(self) -> str:
        """Return nothing: the rest of a number is a number."""
        return ""

    def read(self, line: str) -> Mapping[str, object] | None:
        """Return each column, if there are as many as there should be."""
        cells = line.split(None if self.delimiter == _WHITE else self.delimiter)
        if len(cells) != len(self.columns):
            return None
        pairs = zip(self.columns, cells, strict=True)
        return {name: cell.strip() for name, cell in pairs if name}

    def write(self, texts: Mapping[str, str]) -> str:
        """Write as many columns; one without a value is empty, or 0 where blanks divide them."""
        empty = "0" if self.delimiter == _WHITE else ""
        return self.delimiter.join(texts.get(name, "") or empty for name in self.columns)


@dataclass(frozen=True, slots=True)
class ByKeys:
    """Keys of a JSON object; `a.b` is the key b in the object a."""

    keys: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the keys measure."""
        return tuple(self.keys)

    @property
    def beginning(self) -> str:
        """Return how an object begins."""
        return "{"

    def read(self, line: str) -> Mapping[str, object] | None:
        """Return what each key holds; an object without any of them is another line."""
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):  # RecursionError: a line of [[[[[…
            return None
        found = {name: _find(document, key) for name, key in self.keys.items()}
        return found if any(value is not None for value in found.values()) else None

    def write(self, texts: Mapping[str, str]) -> str:
        """Write an object that has these keys; a value that is no number is a text."""
        document: dict[str, Any] = {}
        for name, text in texts.items():
            *way, last = self.keys[name].split(".")
            inner = document
            for key in way:
                inner = inner.setdefault(key, {})
            inner[last] = text
        return json.dumps(document, separators=(",", ":"))


def _find(document: object, key: str) -> object:
    for part in key.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document
