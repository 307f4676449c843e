"""What a city would send: batches of three values with flags, of a hundred devices in turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

from gateway.collector import lines
from schemas.batch import Batch, encode
from schemas.topics import ROOT, Kind, build

GATEWAYS: Final = 20
DEVICES: Final = 5
QUANTITIES: Final = ("pm1_0", "pm2_5", "pm10")

FIRST: Final = 1_764_000_000_000
"""ms since 1970 of the first reading."""

_DOUBTFUL: Final = 0.02
"""The share of readings that are not all good."""


@dataclass(frozen=True)
class Load:
    """Batches, and what they are as packets and as lines.

    Attributes:
        batches: Gateway and batch, in the order in which they are sent.
    """

    batches: list[tuple[str, Batch]]

    @property
    def rows(self) -> int:
        """How many readings they hold."""
        return sum(len(batch.r) for _, batch in self.batches)

    @cached_property
    def messages(self) -> list[tuple[str, bytes]]:
        """Topic and payload, as the gateways publish them."""
        return [
            (build(ROOT, gateway, Kind.READINGS, batch.device), encode(batch))
            for gateway, batch in self.batches
        ]

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines of each batch, as they are to stand in the database."""
        return [
            "\n".join(lines.of_batch(gateway, batch)).encode() for gateway, batch in self.batches
        ]

    def bodies(self, rows: int) -> list[bytes]:
        """Write the same lines as bodies of so many."""
        flat = [line for text in self.lines for line in text.split(b"\n")]
        return [b"\n".join(flat[at : at + rows]) for at in range(0, len(flat), rows)]


def load(batches: int, rows: int, *, gateways: int = GATEWAYS, seed: int = 1) -> Load:
    """Make so many batches of so many rows, a row a second."""
    luck = Random(seed)
    streams = [
        _Stream(f"gw-{gateway:02}", f"pm-{device}", luck)
        for device in range(DEVICES)
        for gateway in range(gateways)
    ]
    made = []
    for number in range(batches):
        stream = streams[number % len(streams)]
        made.append((stream.gateway, stream.next(rows, number // len(streams))))
    return Load(made)


class _Stream:
    """What one device measures: whole numbers that wander, as such sensors give them."""

    def __init__(self, gateway: str, device: str, luck: Random) -> None:
        self.gateway = gateway
        self._device = device
        self._luck = luck
        self._values = [8.0, 12.0, 15.0]

    def next(self, rows: int, turn: int) -> Batch:
        table: list[list[object]] = []
        why: dict[str, str] = {}
        for number in range(rows):
            self._values = [max(0.0, value + self._luck.gauss(0, 0.7)) for value in self._values]
            flags = "1"
            if self._luck.random() < _DOUBTFUL:
                flags, why[str(number)] = "131", "020"
            late = round(abs(self._luck.gauss(0, 2.0))) if number else 0
            table.append([1000 * number + late, flags, *map(round, self._values)])
        return Batch.model_validate({
            "epoch": f"{self.gateway[3:]:0>16}", "seq": 1 + turn * DEVICES + int(self._device[3:]),
            "device": self._device, "site": "alun-alun", "model": "plantower.pms5003",
            "clock": "synced", "t": FIRST + turn * rows * 1000, "q": list(QUANTITIES),
            "r": table, "why": why, "every": 1.0,
        })  # fmt: skip
