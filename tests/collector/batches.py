"""Batches as a gateway would send them, with whatever is wrong with them."""

from __future__ import annotations

import json
from typing import Any, Final

from schemas.batch import Batch, encode

EPOCH: Final = "6f1c0a0000000001"
GATEWAY: Final = "gw-1"
T: Final = 1_764_000_000_000


def document(seq: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a test wants
    """Write a batch of two rows as the dictionary that travels; None takes a key away."""
    fields: dict[str, Any] = {
        "v": 1,
        "epoch": EPOCH,
        "seq": seq,
        "device": "pm-1",
        "site": "alun-alun",
        "model": "plantower.pms5003",
        "clock": "synced",
        "t": T + 10_000 * seq,
        "q": ["pm2_5", "pm10"],
        "r": [[0, "1", 12.0, 15.0], [1000, "13", 12.5, 15.5]],
        "why": {"1": "02"},
    }
    return {key: value for key, value in (fields | changes).items() if value is not None}


def batch(seq: int = 1, **changes: Any) -> Batch:  # noqa: ANN401 - whatever a test wants
    """Make a sound batch."""
    return Batch.model_validate(document(seq, **changes))


def payload(seq: int = 1, **changes: Any) -> bytes:  # noqa: ANN401 - whatever a test wants
    """Write a sound batch as its bytes."""
    return encode(batch(seq, **changes))


def raw(seq: int = 1, **changes: Any) -> bytes:  # noqa: ANN401 - whatever a test wants
    """Write a batch that may be unsound as plain JSON, NaN and all."""
    return json.dumps(document(seq, **changes)).encode()
