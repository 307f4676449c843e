from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.laws.card import Card

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", autouse=True)
def cards_that_wear() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, Card.worn(patch):
        yield
