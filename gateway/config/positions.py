"""Where each key of a TOML text stands: `tomllib` says what a file means, this says where."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import Final

KeyPath = tuple[str | int, ...]
"""The way to a value: keys, and in arrays numbers from 0."""

_SKIP: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_DOT: Final = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})'''
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^,\]}#\n]+""",
    re.DOTALL,
)


def locate(text: str) -> dict[KeyPath, int]:
    """Map every table, key and array element of a valid TOML text to its line, from 1."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks once through a text that `tomllib` has accepted."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer(r"\n", text))]
        self._lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip():
            if self._take("["):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> KeyPath:
        array = self._take("[")
        line = self._line()
        keys = self._keys()
        self._at += 2 if array else 1
        table = self._resolve(keys[:-1])
        if array:
            number = self._arrays.get((*table, keys[-1]), -1) + 1
            self._mark((*table, keys[-1]), line)
            self._arrays[*table, keys[-1]] = number
            table = (*table, keys[-1], number)
        else:
            table = self._resolve(keys)
        self._mark(table, line)
        return table

    def _resolve(self, keys: KeyPath) -> KeyPath:
        """Turn the keys of a header into a path: below an array of tables, its last one."""
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = (*table, *self._keys())
        self._mark(path, line, below=len(table))
        self._skip()
        self._take("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip()
        if self._take("["):
            number = 0
            while not self._close("]"):
                self._mark((*path, number), self._line())
                self._value((*path, number))
                number += 1
        elif self._take("{"):
            while not self._close("}"):
                self._pair(path)
        else:
            self._match(_SCALAR)

    def _close(self, bracket: str) -> bool:
        """Step over what stands between two elements; say whether that ends the array or table."""
        self._skip()
        self._take(",")
        self._skip()
        return self._take(bracket)

    def _keys(self) -> KeyPath:
        keys = [self._key()]
        while self._match(_DOT):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> str:
        self._skip()
        key = self._match(_KEY)
        bare = key[:1] not in {'"', "'"}
        return key if bare else str(tomllib.loads(f"key = {key}")["key"])

    def _mark(self, path: KeyPath, line: int, below: int = 0) -> None:
        """Keep the first line that mentions a path, and the tables that it makes on its way."""
        for length in range(below + 1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)

    def _skip(self) -> bool:
        """Step over white space and comments; say whether anything follows."""
        self._match(_SKIP)
        return self._at < len(self._text)

    def _take(self, mark: str) -> bool:
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]
