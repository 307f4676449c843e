"""Readings as the columns of a batch."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schemas.base import is_id
from schemas.batch import Batch, decode, encode
from schemas.quantity import BOOT_COLUMN, LARGEST_VALUE, bounds, find
from schemas.reading import Cause, Flag, Reading, Value

if TYPE_CHECKING:
    from gateway.edge.held import Waiting
    from schemas.reading import ClockState

log = logging.getLogger(__name__)

TOTAL = "count_total"
"""The running count: given by a disk or not at all."""


def columns(
    rows: list[Waiting], times: list[int], clock: ClockState, *, epoch: str, seq: int, site: str,
) -> Batch:  # fmt: skip
    """Write readings of one channel with the same quantities as a batch.

    Args:
        rows: The readings, in the order of their times.
        times: ms since 1970, rising; addresses where `clock` is `never`.
        clock: How they got their times.
        epoch: The epoch of the batch.
        seq: Its number there.
        site: Where the gateway stands.
    """
    head = rows[0]
    undated = clock == "never"
    quantities = [*head.reading.quantities, *([BOOT_COLUMN] if undated else [])]
    table: list[list[Any]] = []
    why: dict[str, str] = {}
    for number, (waiting, at) in enumerate(zip(rows, times, strict=True)):
        values = list(waiting.reading.values.values())
        flags = "".join(str(_flag(value, undated=undated)) for value in values)
        causes = "".join(str(_cause(value, undated=undated)) for value in values)
        cells: list[float | None] = [value.value for value in values]
        if undated:
            flags, causes = flags + "1", causes + "0"
            cells.append(round(waiting.since * 1000))
        table.append([at - times[0], _short(flags), *cells])
        if causes.strip("0"):
            why[str(number)] = _short(causes)
    return Batch.model_validate({
        "epoch": epoch, "seq": seq, "device": head.reading.device,
        "channel": head.reading.channel, "site": site, "model": head.model, "clock": clock,
        "boot": head.boot if undated else None, "t": times[0], "q": quantities, "r": table,
        "why": why, "every": head.reading.every,
    })  # fmt: skip


def without_total(payload: bytes) -> bytes | None:
    """Write a batch again without its running count; None where its dates bind it to a commit."""
    batch = decode(payload)
    if batch.clock != "synced":
        return None
    if TOTAL not in batch.q:
        return payload
    place = batch.q.index(TOTAL)
    width = len(batch.q)
    document = {
        name: value for name, value in batch.__dict__.items() if name not in {"q", "r", "why"}
    }
    document["q"] = [name for name in batch.q if name != TOTAL]
    document["r"] = [
        [row[0], _less(row[1], place, width), *row[2 : 2 + place], *row[3 + place :]]
        for row in batch.r
    ]
    document["why"] = {row: _less(causes, place, width) for row, causes in batch.why.items()}
    return encode(Batch.model_validate(document))


def _flag(value: Value, *, undated: bool) -> int:
    missing = value.flag is Flag.MISSING
    return int(Flag.FAIL if undated and not missing else value.flag)


def _cause(value: Value, *, undated: bool) -> int:
    missing = value.flag is Flag.MISSING
    return int(Cause.CLOCK if undated and not missing else value.cause)


def _short(digits: str) -> str:
    return digits[0] if len(set(digits)) == 1 else digits


def _less(digits: str, place: int, width: int) -> str:
    return digits if len(digits) < width else digits[:place] + digits[place + 1 :]


def less_total(reading: Reading) -> Reading:
    """Leave the running count out: memory can't promise that it is given once."""
    values = {name: value for name, value in reading.values.items() if name != TOTAL}
    return replace(reading, values=values)


def sound(reading: Reading) -> Reading:
    """Leave out what no batch can carry, as a last guard: one bad driver must not stop all."""
    values: dict[str, Value] = {}
    if reading.channel is not None and not is_id(reading.channel):
        log.error("%s has a channel that is no id: %r", reading.device, reading.channel)
        return replace(reading, values={})
    for name, value in reading.values.items():
        if find(name) is None:
            log.error("%s measures %s, which is no quantity", reading.device, name)
        elif value.value is None or _between(value.value, bounds(name)):
            values[name] = value
        elif not abs(value.value) < LARGEST_VALUE:
            values[name] = Value(None, Flag.MISSING)
        else:
            failed = value.flag is Flag.FAIL
            values[name] = value if failed else Value(value.value, Flag.FAIL, Cause.RANGE)
    return replace(reading, values=values)


def _between(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
