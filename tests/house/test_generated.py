from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from schemas.batch import Batch, decode, encode
from tests.house.cli_page import commands, help_of
from tests.house.generate import generated
from tests.house.messages import MESSAGES, schema
from tests.house.tree import ROOT
from tests.schemas.batches import batches

if TYPE_CHECKING:
    from tests.house.messages import Message

each_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)


@pytest.mark.parametrize("name", generated())
def test_a_generated_file_is_what_its_generator_writes(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name], "run: make generate"


def test_no_schema_lies_about_that_is_not_generated() -> None:
    lying = {f"schemas/json/{path.name}" for path in (ROOT / "schemas/json").iterdir()}

    assert lying == {name for name in generated() if name.startswith("schemas/json/")}


@each_message
def test_an_example_agrees_with_its_json_schema(message: Message) -> None:
    Draft202012Validator.check_schema(schema(message.model))
    example = json.loads(message.example.model_dump_json(exclude_defaults=True))

    Draft202012Validator(schema(message.model)).validate(example)
    assert message.model.model_validate(example | {"v": 1}, strict=False) == message.example


@given(batches())
def test_whatever_a_gateway_encodes_agrees_with_the_json_schema(batch: Batch) -> None:
    plain = json.loads(decode(encode(batch)).model_dump_json(exclude_none=True))

    Draft202012Validator(schema(Batch)).validate(plain)


@pytest.mark.parametrize("verb", commands(), ids=" ".join)
def test_every_verb_explains_itself_with_an_example_that_calls_it(verb: tuple[str, ...]) -> None:
    text = help_of(verb)

    assert f"Example: simpang {' '.join(verb)}" in " ".join(text.split())
