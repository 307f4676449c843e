"""The wire: bytes of whole PUBLISH packets for each value they carry."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Final

from bench import made
from bench.figure import at_most, figure
from bench.hose import publish
from gateway.collector import lines
from schemas.batch import encode
from schemas.topics import ROOT, Kind, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figure import Figure, Target
    from bench.run import Run
    from schemas.batch import Batch

SECONDS: Final = (10, 60, 300)
"""How long a batch gathers readings, one a second."""

TARGETS: Final[dict[int, Target]] = {60: at_most(3.0)}

_V5: Final = 1
"""Bytes that MQTT 5 adds to a packet without properties."""


def measure(run: Run) -> Iterator[Figure]:
    """Write the same readings as a batch, as SenML and as line protocol."""
    for seconds in SECONDS:
        found: dict[Callable[[str, Batch], bytes], list[float]] = {
            _batch: [], _senml: [], _lines: [],
        }  # fmt: skip
        for seed in run.rounds(f"wire at {seconds} s"):
            ((gateway, batch),) = made.load(1, seconds, seed=seed).batches
            values = len(batch.q) * len(batch.r)
            topic = build(ROOT, gateway, Kind.READINGS, batch.device)
            for write, sizes in found.items():
                packet = publish(topic, write(gateway, batch), 1)
                sizes.append((len(packet) + _V5) / values)
        ours, name = found[_batch], f"bytes a value on the wire, {seconds} s"
        target = TARGETS.get(seconds)
        yield figure(name, "B", ours, "SenML, zlib", found[_senml], target)
        yield figure(name, "B", ours, "line protocol, zlib", found[_lines])


def _batch(_gateway: str, batch: Batch) -> bytes:
    return encode(batch)


def _senml(gateway: str, batch: Batch) -> bytes:
    """Write a batch as RFC 8428 has it: base name and time, a record a value; flags find no place.

    Sites and models are left out, and a value's name is its quantity's.
    """
    records: list[dict[str, object]] = []
    for row in batch.r:
        for name, value in zip(batch.q, row[2:], strict=True):
            records.append({"n": name, "t": row[0] / 1000, "v": value})
    records[0] |= {"bn": f"{gateway}:{batch.device}:", "bt": batch.t / 1000}
    return zlib.compress(json.dumps(records, separators=(",", ":")).encode(), 9)


def _lines(gateway: str, batch: Batch) -> bytes:
    """Write a batch as the lines that the database is to have of it."""
    return zlib.compress("\n".join(lines.of_batch(gateway, batch)).encode(), 9)
