from __future__ import annotations

import re

import pytest

from gateway.logs import write_count
from tests.house.tree import files, read

COUNTED = re.compile(
    r"(?:%[sd]|\}) (?:batches|devices|gateways|letters|lines|ports|readings|rows|sensors)\b.*"
)

TWO_OR_MORE = {
    "} letters begin": "one alone is the letter that is meant",
    "} batches wait": "one has a text of its own",
    "%d rows in the last minute": "of so many, of which one may be refused",
}
"""Where a plural behind a number is right, and why."""


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 batches"), (1, "1 batch"), (2, "2 batches"), (21, "21 batches")]
)
def test_one_is_no_plural(number: int, text: str) -> None:
    assert write_count(number, "batch", "batches") == text


def test_no_number_stands_before_a_plural_that_may_be_one() -> None:
    found = {
        match[0]: name
        for name in files()
        if name.endswith(".py") and name.startswith(("gateway/", "devices/", "schemas/"))
        for match in COUNTED.finditer(read(name))
    }

    assert [one for one in found.items() if not one[0].startswith(tuple(TWO_OR_MORE))] == []
    assert len(found) == len(TWO_OR_MORE)
