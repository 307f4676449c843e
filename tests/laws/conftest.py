from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.laws.card import Card
from tests.laws.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package", autouse=True)
def cards_that_wear() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, Card.worn(patch):
        yield


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, keeps=True)
