"""English texts of the command line and their Indonesian ones, out of `indonesian.toml`.

For what is said in English wherever it is written: help, typer's own words, and errors, which are
log lines as well. What a verb says itself stands in both languages beside it, in its `Texts`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.cli.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).with_name("indonesian.toml")

_PLACE: Final = re.compile(r"\{(\w+)\}")
"""Where a text holds something that changes."""

_TEXTS: Final = {"what", "why", "more", "remedy", "where", "kind", "at", "holder", "readings"}
"""Places that hold a text; what stands in any other, such as the name of a command, stays."""

_SEAMS: Final = re.compile(r"(\n\n| — )")

_NO_COLON: Final = "(?:(?!: ).)"


class Catalogue:
    """Finds what a text is called in another language; one that is not there stays as it is."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take texts, in which `{name}` stands for anything."""
        self._texts = {text: other for text, other in texts.items() if not _PLACE.search(text)}
        open_ones = (text for text in texts if _PLACE.search(text))
        self._templates = [
            (_pattern(text), texts[text])
            for text in sorted(open_ones, key=lambda text: -len(_PLACE.sub("", text)))
        ]

    def translate(self, text: str) -> str:
        """Translate a text, and whatever stands in its places.

        Its paragraphs one by one, and what is to be done apart from what is wrong.
        """
        parts = _SEAMS.split(text)
        return "".join(self._part(part) for part in parts)

    def _part(self, text: str) -> str:
        plain = " ".join(text.split())
        for known in (text, plain):
            if known in self._texts:
                return self._texts[known]
        for pattern, other in self._templates:
            if found := pattern.fullmatch(text):
                return other.format_map(
                    {
                        name: self._part(said) if name in _TEXTS else said
                        for name, said in found.groupdict().items()
                    }
                )
        return text


def _pattern(text: str) -> re.Pattern[str]:
    """Make an expression that matches a text, whatever stands in its places.

    In a place that begins it there is no `: `, behind which a text of its own begins.
    """
    parts = _PLACE.split(text)
    places = (
        f"(?P<{name}>{'.' if parts[0] or number else _NO_COLON}*?)"
        for number, name in enumerate(parts[1::2])
    )
    literals = map(re.escape, parts[::2])
    return re.compile("".join(chain(*zip_longest(literals, places, fillvalue=""))))


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the texts of a language; those of English are the texts themselves."""
    if language is Language.EN:
        return Catalogue({})
    tables: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Catalogue({text: other for table in tables.values() for text, other in table.items()})
