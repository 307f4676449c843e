from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.about import About
from schemas.base import LARGEST_SEQ, Model
from schemas.receipt import Receipt
from schemas.spool import MOST_EPOCHS, SpoolState
from schemas.state import WILL, State

EPOCH = "6f1c0a94d2b35e78"
ENTRY = {"epoch": EPOCH, "low": 1, "next": 1}

SOUND: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "the receipt that only says: I am here": (Receipt, {"v": 1}),
    "one batch": (Receipt, {"v": 1, "stored": {EPOCH: [[5, 5]]}}),
    "the last seq there is": (Receipt, {"v": 1, "stored": {EPOCH: [[1, LARGEST_SEQ]]}}),
    "a spool that holds nothing": (SpoolState, {"v": 1, "now": EPOCH, "epochs": [ENTRY]}),
    "fields of a later version": (State, {"v": 1, "online": True, "mood": "good"}),
}

UNSOUND: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "a range that runs down": (Receipt, {"v": 1, "stored": {EPOCH: [[2, 1]]}}),
    "a refusal that runs down": (Receipt, {"v": 1, "refused": {EPOCH: [[2, 1, "rows"]]}}),
    "a range from 0": (Receipt, {"v": 1, "stored": {EPOCH: [[0, 1]]}}),
    "a range beyond all seqs": (Receipt, {"v": 1, "stored": {EPOCH: [[1, 10**18]]}}),
    "half a range": (Receipt, {"v": 1, "stored": {EPOCH: [[1]]}}),
    "a range of texts": (Receipt, {"v": 1, "stored": {EPOCH: [["1", "2"]]}}),
    "an epoch that is none": (Receipt, {"v": 1, "stored": {"x": [[1, 2]]}}),
    "a refusal without reason": (Receipt, {"v": 1, "refused": {EPOCH: [[1, 2]]}}),
    "another version": (Receipt, {"v": 2}),
    "too many epochs": (
        SpoolState,
        {"v": 1, "now": EPOCH, "epochs": [ENTRY] * (MOST_EPOCHS + 1)},
    ),
    "online as a number": (State, {"v": 1, "online": 1}),
    "no place on Earth": (
        About,
        {"v": 1, "gateway": "g", "site": "s", "latitude": 91.0, "devices": []},
    ),
    "a bad id": (About, {"v": 1, "gateway": "G", "site": "s", "devices": []}),
}


@pytest.mark.parametrize(("model", "document"), SOUND.values(), ids=SOUND)
def test_a_sound_message_is_read(model: type[Model], document: dict[str, Any]) -> None:
    model.model_validate_json(json.dumps(document))


@pytest.mark.parametrize(("model", "document"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_message_is_refused(model: type[Model], document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate_json(json.dumps(document))


def test_the_will_says_that_a_gateway_is_gone_and_nothing_else() -> None:
    assert State.model_validate_json(WILL) == State(online=False)
    assert json.loads(WILL) == {"online": False}
