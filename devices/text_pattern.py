r"""Patterns that can't hang: regular expressions of which it is known how long they may search.

A pattern describes a whole line, in pieces: characters, `.`, classes (`[0-9.]`, `\d`), each as
often as it is said (`?`, `*`, `+`, `{2,4}`), groups, named or not, and `|` within them. A group
stands once, or not at all (`?`): repeated, it could share a line out among its turns in more ways
than a Pi has years. So could pieces that follow each other and take the same characters; where the
next character does not tell where a piece ends, that costs a choice, and only some are allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST: Final = 512
"""Bytes of a line, its end included."""

_MOST_WAYS: Final = (LONGEST + 1) ** 2
"""In how many ways a line may be shared out at most: two `.*` in front of something."""

_LONGEST_PATTERN: Final = 1000
_ALL: Final = frozenset(map(chr, range(256)))
"""What a line may hold: Latin-1."""

_TOKEN: Final = re.compile(
    r"(?P<open>\((?:\?:|\?P<(?P<name>[A-Za-z_][A-Za-z0-9_]*)>)?(?!\?))"
    r"|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<piece>\\[dDwWsSt]|\\[^A-Za-z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|\.|[^\\()\[\]{}|*+?.^$])"
)
_TIMES: Final = re.compile(
    r"(?:(?P<mark>[?*+])|\{(?P<least>\d{1,3})(?P<more>,(?P<most>\d{1,3})?)?\})\??"
)


class BadPattern(ValueError):
    """Why a pattern is not taken, for a person."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some of these characters, so many at least, so many at most."""

    chars: frozenset[str]
    least: int
    most: int

    @property
    def is_one(self) -> bool:
        """Whether it is one certain character."""
        return len(self.chars) == self.least == self.most == 1


@dataclass(frozen=True, slots=True)
class _Group:
    """One of several rows of pieces; or none, where it is optional."""

    name: str
    branches: list[_Row]
    optional: bool


_Row: TypeAlias = "list[_Piece | _Group]"


class Pattern:
    """A pattern that was looked through.

    Attributes:
        names: Its named groups, in order.
    """

    def __init__(self, text: str) -> None:
        """Look through a pattern.

        Raises:
            BadPattern: It is none, or may search too long.
        """
        if len(text) > _LONGEST_PATTERN:
            raise BadPattern(f"longer than {_LONGEST_PATTERN} characters")
        if not _ALL.issuperset(text):
            raise BadPattern("characters that no instrument sends: write . for each")
        text = text.removeprefix("^")
        text = text[:-1] if text.endswith("$") and not text.endswith("\\$") else text
        try:
            self._form = re.compile(text)
        except re.error as error:
            raise BadPattern(f"{error.msg}, at character {error.pos}") from None
        self._row = _Reader(text).read()
        self.names = tuple(self._form.groupindex)
        ways = _ways(self._row, frozenset())[1]
        if ways > _MOST_WAYS:
            raise BadPattern(
                "it may search for hours: say what ends each repeated piece, "
                "such as [0-9.]+ in front of a comma, and use .* twice at most"
            )

    @property
    def beginning(self) -> str:
        """The characters that every line begins with, as far as they are always the same."""
        certain = takewhile(lambda each: isinstance(each, _Piece) and each.is_one, self._row)
        return "".join(min(each.chars) for each in certain if isinstance(each, _Piece))

    def read(self, line: str) -> dict[str, str | None] | None:
        """Return what each name stands for, None where its group stood not; None if it fits not."""
        found = self._form.fullmatch(line)
        return None if found is None else found.groupdict()

    def write(self, texts: Mapping[str, str]) -> str:
        """Write a line that fits, with these texts for the names; the rest is the shortest."""
        return _write(self._row, texts)


class _Reader:
    """Takes a pattern apart, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> _Row:
        branches = self._branches()
        if self._at < len(self._text):
            raise BadPattern(f"a bracket too many, at character {self._at}")
        return branches[0] if len(branches) == 1 else [_Group("", branches, optional=False)]

    def _branches(self) -> list[_Row]:
        branches: list[_Row] = [[]]
        while self._at < len(self._text):
            token = _TOKEN.match(self._text, self._at)
            if token is None:
                what = self._text[self._at : self._at + 3]
                raise BadPattern(f"{what!r}, at character {self._at}, is not for lines")
            if token["close"]:
                break
            self._at = token.end()
            if token["bar"]:
                branches.append([])
            elif token["open"]:
                branches[-1].append(self._group(token["name"] or ""))
            else:
                branches[-1].append(_Piece(_chars(token["piece"]), *self._times()))
        return branches

    def _group(self, name: str) -> _Group:
        branches = self._branches()
        self._at += 1
        least, most = self._times()
        if most > 1:
            raise BadPattern(
                f"a group that is repeated, at character {self._at}: write it out, "
                "or repeat a class such as [0-9.]+"
            )
        return _Group(name, branches, optional=not least)

    def _times(self) -> tuple[int, int]:
        found = _TIMES.match(self._text, self._at)
        if found is None:
            return 1, 1
        self._at = found.end()
        if found["mark"]:
            return {"?": (0, 1), "*": (0, LONGEST), "+": (1, LONGEST)}[found["mark"]]
        least = int(found["least"])
        most = LONGEST if found["more"] == "," else int(found["most"] or least)
        return least, most


def _chars(piece: str) -> frozenset[str]:
    form = re.compile(piece, re.DOTALL)
    return frozenset(char for char in _ALL if form.fullmatch(char))


def _ways(row: Sequence[_Piece | _Group], after: frozenset[str]) -> tuple[frozenset[str], int]:
    """Tell what a row may begin with, and in how many ways a line may be shared out among it.

    Args:
        row: Pieces and groups.
        after: What may come behind it; nothing where the line ends there.
    """
    ways = 1
    for each in reversed(row):
        if isinstance(each, _Piece):
            if each.most > each.least and each.chars & after:
                ways *= each.most - each.least + 1
            after = each.chars | after if not each.least else each.chars
            continue
        told = [_ways(branch, after) for branch in each.branches]
        begins = [begin for begin, _ in told] + ([after] if each.optional else [])
        ways *= max(many for _, many in told)
        together = frozenset[str]().union(*begins)
        if sum(map(len, begins)) > len(together):
            ways *= len(begins)
        after = together
    return after, ways


def _write(row: Sequence[_Piece | _Group], texts: Mapping[str, str]) -> str:
    return "".join(_written(each, texts) for each in row)


def _written(each: _Piece | _Group, texts: Mapping[str, str]) -> str:
    if isinstance(each, _Piece):
        likely = (char for char in "0 " if char in each.chars)
        return next(likely, min(each.chars, default="")) * each.least
    if each.name in texts:
        return texts[each.name]
    if each.optional and not any(name in texts for name in _names(each)):
        return ""
    return _write(min(each.branches, key=lambda row: _lack(row, texts)), texts)


def _lack(row: Sequence[_Piece | _Group], texts: Mapping[str, str]) -> int:
    """Tell how badly a row fits: its names without a text, less those with one."""
    return sum(-1 if name in texts else 1 for name in _named(row))


def _named(row: Sequence[_Piece | _Group]) -> Iterator[str]:
    for each in row:
        if isinstance(each, _Group):
            yield from _names(each)


def _names(group: _Group) -> Iterator[str]:
    if group.name:
        yield group.name
    for branch in group.branches:
        yield from _named(branch)
