"""The language that staff and technicians read: Indonesian or English."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAID_BY: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """A language that texts are there in."""

    EN = "en"
    ID = "id"


def choose_language(wanted: Language | None) -> Language:
    """Take the one that is wanted, or the one that the locale says; English where it says none."""
    if wanted is not None:
        return wanted
    said = next((value for name in _SAID_BY if (value := os.environ.get(name))), "")
    return Language.ID if said.lower().startswith("id") else Language.EN


def find_language(words: Sequence[str]) -> Language:
    """Tell it from a command line that is not parsed yet, or may never be."""
    wanted = [
        word.removeprefix("--lang=") if word.startswith("--lang=") else behind
        for word, behind in zip(words, [*words, ""][1:], strict=True)
        if word == "--lang" or word.startswith("--lang=")
    ]
    known = [each for each in Language if each.value in wanted[-1:]]
    return choose_language(known[0] if known else None)
