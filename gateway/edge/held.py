"""What a spool holds: readings that wait for their batch or their date, and batches."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from schemas.reading import Cause, Flag, Reading, Value

SEQ_BITS: Final = 40
"""A batch's id is (number of its epoch, seq) in one integer, so that one key orders all births."""

MOST_RANGES: Final = 32
"""Ranges given up that an epoch lists; beyond, the lowest go: `low` has passed them already."""

_OVERHEAD: Final = 120
"""Bytes of RAM and disk that a row costs beyond its payload, roughly."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reading that is not yet in a batch.

    Attributes:
        id: Its order of arrival in this spool.
        reading: What was measured.
        model: The device's driver.
        boot: The boot in which it was measured.
        since: Seconds since that boot, of the last byte of its frame.
        at: Its time in ms since 1970, once given; never touched again.
        undatable: True where no time can ever be given.
        on_disk: True once a commit has it.
    """

    id: int
    reading: Reading
    model: str
    boot: str
    since: float
    at: int | None = None
    undatable: bool = False
    on_disk: bool = False

    @property
    def size(self) -> int:
        """Bytes it takes, roughly."""
        return _OVERHEAD + 40 * len(self.reading.values)


@dataclass(frozen=True, slots=True)
class Held:
    """A batch: its bytes are made once and never changed.

    Attributes:
        id: Order of birth; see `batch_id`.
        epoch: The opening it was born in.
        seq: Its number there.
        device: The device's id.
        channel: The channel, only for traffic.
        first: The time of its first reading, ms since 1970.
        rows: How many readings it carries.
        born: Seconds the spool had been open when it was born, over all openings.
        payload: The bytes that travel.
        after_commit: True where it may be published only once it is committed.
        rests: True while the disk holds readings of it that wait, and not the batch.
    """

    id: int
    epoch: str
    seq: int
    device: str
    channel: str | None
    first: int
    rows: int
    born: float
    payload: bytes
    after_commit: bool = False
    rests: bool = False

    @property
    def size(self) -> int:
        """Bytes it takes, roughly."""
        return _OVERHEAD + len(self.payload)

    @property
    def stays(self) -> bool:
        """Whether memory must not give it up: after a crash its readings would come again."""
        return self.after_commit or self.rests


@dataclass(slots=True)
class EpochRow:
    """One opening of the spool.

    Attributes:
        number: 1, 2, 3 … in this file.
        epoch: Its name, 64 random bits.
        next: One more than the highest seq born in it.
        committed: `next` as of the last commit: what is told, since a crash falls back to it.
        dropped: Ranges [from, to, cause] given up, in order.
    """

    number: int
    epoch: str
    next: int = 1
    committed: int = 1
    dropped: list[tuple[int, int, str]] = field(default_factory=list)

    def drop(self, seq: int, cause: str, above: int | None = None) -> None:
        """Note that a batch was given up, joining it to what was given up beside it.

        Args:
            seq: The batch.
            cause: Why it had to go.
            above: The lowest seq such that nothing is held from there up to this one: what was
                given up there for the same cause becomes one range with it, since only a seq that
                the store lacks is ever looked up in it. Without it only neighbours are joined.
        """
        low = high = seq
        others: list[tuple[int, int, str]] = []
        for first, last, known in self.dropped:
            if known == cause and first <= seq + 1 and last + 1 >= (above or seq):
                low, high = min(low, first), max(high, last)
            else:
                others.append((first, last, known))
        self.dropped = sorted([*others, (low, high, cause)])[-MOST_RANGES:]


def batch_id(number: int, seq: int) -> int:
    """Join the number of an epoch and a seq into one key that orders all births."""
    return (number << SEQ_BITS) + seq


def split_id(number: int) -> tuple[int, int]:
    """Split a batch's id into the number of its epoch and its seq."""
    return number >> SEQ_BITS, number & ((1 << SEQ_BITS) - 1)


def write_reading(reading: Reading) -> str:
    """Write a reading as the text that the spool keeps; times travel beside it."""
    values = {
        name: [value.value, int(value.flag), int(value.cause)]
        for name, value in reading.values.items()
    }
    return json.dumps([values, reading.every], separators=(",", ":"), allow_nan=False)


def read_reading(device: str, channel: str | None, text: str) -> Reading:
    """Read what `write_reading` wrote."""
    values, every = json.loads(text)
    return Reading(
        device,
        channel,
        {
            name: Value(value, Flag(flag), Cause(cause))
            for name, (value, flag, cause) in values.items()
        },
        every,
    )
