from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

import gateway.cli
from gateway.cli.language import Language
from gateway.cli.texts import BATCHES, Texts, count

PLACE = re.compile(r"\{(\w+)[^}]*\}")
MODULES = [
    f"gateway.cli.{module.name}"
    for module in pkgutil.iter_modules(gateway.cli.__path__)
    if module.name != "__main__"
]


def spoken(module: str) -> list[Texts]:
    return [each for each in vars(import_module(module)).values() if isinstance(each, Texts)]


@pytest.mark.parametrize("module", MODULES)
def test_both_languages_say_the_same_names(module: str) -> None:
    for texts in spoken(module):
        for key, pair in texts.texts.items():
            english, indonesian = (set(PLACE.findall(text)) for text in pair)
            assert english == indonesian, key
            assert all(pair), key


def test_whoever_speaks_to_people_speaks_both_languages() -> None:
    assert sum(len(each.texts) for module in MODULES for each in spoken(module)) > 100


@pytest.mark.parametrize(
    ("number", "language", "told"),
    [
        (1, Language.EN, "1 batch"),
        (2, Language.EN, "2 batches"),
        (1, Language.ID, "1 kiriman"),
        (2, Language.ID, "2 kiriman"),
    ],
)
def test_only_english_has_a_plural(number: int, language: Language, told: str) -> None:
    assert count(number, BATCHES, language) == told
