"""What verbs say: each text in English and in Indonesian, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.language import Language
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCHES: Final = ("batch", "batches", "kiriman")
BYTES: Final = ("byte", "bytes", "bita")
DEVICES: Final = ("device", "devices", "alat")
FRAMES: Final = ("frame", "frames", "bingkai")
LETTERS: Final = ("letter", "letters", "pesan")
LINES: Final = ("line", "lines", "baris")
PORTIONS: Final = ("portion", "portions", "potong")
READINGS: Final = ("reading", "readings", "bacaan")
"""What is counted: one and many in English; Indonesian has one word for both."""


class Texts:
    """The texts of a module; called with the key of one, it says it.

    Attributes:
        texts: By key: in English, in Indonesian.
    """

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Take the texts."""
        self.texts = texts

    def __call__(self, key: str, language: Language, **names: object) -> str:
        """Return a text in a language, with these names in their places."""
        return self.texts[key][language is Language.ID].format(**names)


def count(number: int, words: tuple[str, str, str], language: Language) -> str:
    """Write a number and what it counts: `1 batch`, `2 batches`, `2 kiriman`."""
    one, many, indonesian = words
    return f"{number} {indonesian}" if language is Language.ID else write_count(number, one, many)
