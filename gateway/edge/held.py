"""What a spool holds: readings that wait for their batch or their date, and batches."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.reading import Cause, Flag, Reading, Value

SEQ_BITS: Final = 40
"""A batch's id is (number of its epoch, seq) in one integer, so that one key orders all births."""

DAMAGED: Final = "damaged"
"""The cause of a loss, and the reason of a batch that is kept and never sent: the card rots."""

LAST_NUMBER: Final = 1 << 22
"""The highest number that an epoch may bear: ids stay below 63 bits."""

LONGEST: Final = 10**12
"""Seconds beyond which no boot lasts and no spool is open."""

MOST_RANGES: Final = 32
"""Ranges given up that an epoch lists; beyond, the lowest go: `low` has passed them already."""

_OVERHEAD: Final = 120
"""Bytes of RAM and disk that a row costs beyond its payload, roughly."""

_WORDS: Final = (
    b'"speed_b100","speed_b050","speed_b000","speed_inverse_sum","speed_square_sum","speed_sum"'
    b'"count_unknown","count_heavy","count_light","count_motorcycle","count_total","count"'
    b'"latitude","longitude","wind_speed","wind_direction","rain","sound_level","pressure"'
    b',"hcho","temperature","humidity"],["winsen.mhz19",["co2"],"1","0",5,[4'
    b'["nova.sds011",["pm2_5","pm10"],"11","00",1,[1'
    b'["plantower.pms5003",["pm1_0","pm2_5","pm10","pm1_0_cf1","pm2_5_cf1","pm10_cf1","pn0_3",'
    b'"pn0_5","pn1_0","pn2_5","pn5_0","pn10"],"111111111111","000000000000",1,[1'
)
"""What readings are likely to say, for zlib, the likeliest last: part of the layout."""

_LONGEST_READING: Final = 64 * 1024
"""Bytes of a reading's plain form, beyond which it is none of ours."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reading that is not yet in a batch.

    Attributes:
        id: Its order of arrival in this spool.
        reading: What was measured.
        model: The device's driver.
        boot: The boot in which it was measured; the disk keeps neither it nor `since` once there
            is a time.
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

    @property
    def origin(self) -> tuple[str | None, float | None]:
        """What a date may come from, for the disk: nothing where there is one."""
        return (self.boot, self.since) if self.at is None else (None, None)


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
        low: The lowest seq held as of the last commit; what is below it was delivered, or dropped.
    """

    number: int
    epoch: str
    next: int = 1
    committed: int = 1
    dropped: list[tuple[int, int, str]] = field(default_factory=list)
    low: int = 1

    def may_lose(self, seq: int) -> bool:
        """Say whether it bore a batch of this seq, and has not told of it as given up."""
        told = any(low <= seq <= high for low, high, _ in self.dropped)
        return 0 < seq < self.committed and not told

    def drop(self, seq: int, cause: str, above: int | None = None) -> None:
        """Note that a batch was given up, joining it to what was given up beside it.

        Args:
            seq: The batch.
            cause: Why it had to go.
            above: The lowest seq such that nothing is held from there up to this one. Where the
                list becomes too long, what was given up there for the same cause becomes one range
                with it: only a seq that the store lacks is ever looked up in it.
        """
        before = self.dropped
        self._join(seq, cause, seq)
        if len(self.dropped) > MOST_RANGES and above is not None:
            self.dropped = before
            self._join(seq, cause, above)
        self.dropped = self.dropped[-MOST_RANGES:]

    def _join(self, seq: int, cause: str, above: int) -> None:
        low = high = seq
        others: list[tuple[int, int, str]] = []
        for first, last, known in self.dropped:
            if known == cause and first <= seq + 1 and last + 1 >= above:
                low, high = min(low, first), max(high, last)
            else:
                others.append((first, last, known))
        self.dropped = sorted([*others, (low, high, cause)])


def batch_id(number: int, seq: int) -> int:
    """Join the number of an epoch and a seq into one key that orders all births."""
    return (number << SEQ_BITS) + seq


def split_id(number: int) -> tuple[int, int]:
    """Split a batch's id into the number of its epoch and its seq."""
    return number >> SEQ_BITS, number & ((1 << SEQ_BITS) - 1)


def write_reading(reading: Reading, model: str) -> bytes:
    """Write a reading as the bytes that the spool keeps; its place and times stand beside them.

    A card wears by what is written to it, and one reading is much like the next: of twelve values
    some 50 bytes remain, with a checksum. What is the same from reading to reading comes first.
    """
    values = reading.values.values()
    flags = "".join(str(int(value.flag)) for value in values)
    causes = "".join(str(int(value.cause)) for value in values)
    numbers = [_shortest(value.value) for value in values]
    parts = [model, list(reading.values), flags, causes, _shortest(reading.every), numbers]
    plain = json.dumps(parts, separators=(",", ":"), allow_nan=False)
    deflater = zlib.compressobj(9, zlib.DEFLATED, 11, 5, zlib.Z_DEFAULT_STRATEGY, _WORDS)
    return deflater.compress(plain.encode()) + deflater.flush()


def read_reading(device: str, channel: str | None, packed: bytes) -> tuple[Reading, str]:
    """Read what `write_reading` wrote: a reading, and the model of its device.

    Raises:
        ValueError: It wrote no such thing.
    """
    model, names, flags, causes, every, numbers = unpacked(packed, _WORDS, 6)
    if not isinstance(model, str):
        raise ValueError(f"its model is {model!r}")  # noqa: TRY004 - of a row, as all its flaws are
    return assembled(device, channel, names, numbers, flags, causes, every), model


def unpacked(packed: object, words: bytes, parts: int) -> list[Any]:
    """Unpack the plain form of a reading, its checksum verified.

    Args:
        packed: What the file holds.
        words: What zlib was told that readings are likely to say.
        parts: How many parts the plain form has.

    Raises:
        ValueError: It is no such thing.
    """
    if not isinstance(packed, bytes):
        raise ValueError("its bytes are none")  # noqa: TRY004 - of a row, as all its flaws are
    inflater = zlib.decompressobj(11, words)
    try:
        plain = inflater.decompress(packed, _LONGEST_READING)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not inflater.eof:
        raise ValueError("its bytes end too early")
    found = json.loads(plain)
    if not isinstance(found, list) or len(found) != parts:
        raise ValueError("its bytes hold no reading")
    return found


def assembled(
    device: str, channel: str | None, names: object, numbers: object, flags: object,
    causes: object, every: object,
) -> Reading:  # fmt: skip
    """Put a reading together from the parts of its plain form.

    Raises:
        ValueError: They make none.
    """
    match names, numbers, flags, causes:
        case [*names], [*numbers], str(flags), str(causes):
            values = zip(names, numbers, flags, causes, strict=True)
            measured = {
                _text(name): Value(_number(number), Flag(int(flag)), Cause(int(cause)))
                for name, number, flag, cause in values
            }
            return Reading(device, channel, measured, _number(every))
    raise ValueError("its bytes hold no reading")


def _text(name: object) -> str:
    if isinstance(name, str):
        return name
    raise ValueError(f"{name!r} is no name")


def _number(value: object) -> float | None:
    if value is None or (isinstance(value, float | int) and math.isfinite(value)):
        return value
    raise ValueError(f"{value!r} is no number")


def _shortest(value: float | None) -> float | None:
    """Write 8.0 as 8: the same number in fewer bytes."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
