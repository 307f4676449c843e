"""The language that staff and technicians read: Indonesian or English."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Final

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
