"""The wire: what a batch costs to encode, to decode and to carry."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from schemas.batch import Batch, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

OVERHEAD = 4 + len("simpang/v1/gw-alun-alun/readings/pm-1") + 2
"""Bytes of a PUBLISH around its payload: fixed header, topic, packet id (MQTT 3.1.1)."""


def batch(rows: int, seed: int = 1) -> Batch:
    """Make a batch of three wandering values, one row a second."""
    luck = Random(seed)
    values = [8.0, 12.0, 15.0]
    table: list[list[object]] = []
    for number in range(rows):
        values = [max(0.0, round(value + luck.gauss(0, 0.7))) for value in values]
        table.append([number * 1000, "1", *values])
    return Batch.model_validate({
        "epoch": "6f1c0a0000000000", "seq": 4711, "device": "pm-1", "site": "alun-alun",
        "model": "plantower.pms5003", "clock": "synced", "t": 1_764_000_000_000,
        "q": ["pm1_0", "pm2_5", "pm10"], "r": table, "every": 1.0,
    })  # fmt: skip


def speeds() -> dict[str, Callable[[], int]]:
    """Encode and decode, a batch each."""
    found: dict[str, Callable[[], int]] = {}
    for rows in (10, 100):
        made = batch(rows)
        payload = encode(made)
        found[f"encode {rows} × 3"] = partial(_repeat, partial(encode, made))
        found[f"decode {rows} × 3"] = partial(_repeat, partial(decode, payload))
    return found


def sizes() -> dict[str, float]:
    """Bytes of a whole PUBLISH for each value it carries."""
    return {
        f"wire at {rows} s, B a value": round((len(encode(batch(rows))) + OVERHEAD) / (3 * rows), 2)
        for rows in (10, 60, 300)
    }


def _repeat(work: Callable[[], object], times: int = 300) -> int:
    for _ in range(times):
        work()
    return times
