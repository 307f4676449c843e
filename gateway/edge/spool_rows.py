"""The rows of the spool's file: written with a sum, and believed only where the sum is right.

A card that wears flips bits, and nothing under us says so: SQLite has no checksums. A row whose sum
is wrong says nothing, whichever of its columns looks sound. Rows of older layouts have no sum.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.edge.held import LAST_NUMBER, LONGEST, EpochRow, Waiting, read_reading, write_reading
from schemas.base import LATEST_MS, is_id
from schemas.spool import EpochState

if TYPE_CHECKING:
    from gateway.edge.held import Held
    from schemas.reading import Reading

COLUMNS: Final = "id, device, channel, boot, since, at, undatable, reading, sum"
"""Of the table `pending`, in the order of a row."""

LAST_ID: Final = 1 << 53
"""The highest id that a waiting reading may bear: none of ours ever comes near."""

_NO_SUM: Final = -1
"""The sum of what is damaged already: no row has it."""


class Spoiled(NamedTuple):
    """A waiting reading that is none any more.

    Attributes:
        id: The id that its row bears.
        flaw: What is wrong with it.
    """

    id: int
    flaw: str


def row_sum(*columns: Any) -> int:  # noqa: ANN401 - whatever a row holds
    """Sum up the columns of a row: CRC-32, which finds every flipped bit.

    A number has one form here, so a column of type REAL has to be given as a float.
    """
    plain = [column for column in columns if not isinstance(column, bytes)]
    total = zlib.crc32(repr(plain).encode())
    for column in columns:
        if isinstance(column, bytes):
            total = zlib.crc32(column, total)
    return total


def write_waiting(waiting: Waiting) -> tuple[Any, ...]:
    """Write the row of a waiting reading."""
    reading, (boot, since) = waiting.reading, waiting.origin
    row = (
        waiting.id, reading.device, reading.channel, boot, None if since is None else float(since),
        waiting.at, int(waiting.undatable), write_reading(reading, waiting.model),
    )  # fmt: skip
    return (*row, row_sum(*row))


def read_waiting(row: tuple[Any, ...]) -> Waiting:
    """Read what `write_waiting` wrote, with its sum or, of an older layout, without.

    Raises:
        ValueError: It wrote no such row.
    """
    _check(row[:8], row[8:])
    number, device, channel, boot, since, at, undatable, packed = row[:8]
    reading, model = read_reading(*place(device, channel), packed)
    return believe(number, reading, model, boot, since, at, undatable)


def look_at(row: tuple[Any, ...]) -> Waiting | Spoiled:
    """Read a waiting reading, or say what is wrong with it."""
    try:
        return read_waiting(row)
    except ValueError as error:
        return Spoiled(row[0], str(error))


def place(device: object, channel: object) -> tuple[str, str | None]:
    """Check where a reading was measured.

    Raises:
        ValueError: There is no such place.
    """
    if not (isinstance(device, str) and is_id(device)):
        raise ValueError(f"its device is {device!r}")
    if channel is None or (isinstance(channel, str) and is_id(channel)):
        return device, channel
    raise ValueError(f"its channel is {channel!r}")


def believe(
    number: object, reading: Reading, model: str, boot: object, since: object, at: object,
    undatable: object,
) -> Waiting:  # fmt: skip
    """Check the order and the times of a reading.

    Raises:
        ValueError: No gateway gave it those.
    """
    if not (isinstance(number, int) and 0 < number <= LAST_ID):
        raise ValueError(f"its id is {number!r}")
    if at is None:
        if not (isinstance(boot, str) and isinstance(since, float | int)):
            raise ValueError("it has no date, and no boot that could give it one")
        if not 0 <= since <= LONGEST:
            raise ValueError(f"its time since boot is {since!r} s")
    elif not (isinstance(at, int) and 0 <= at <= LATEST_MS):
        raise ValueError(f"its time is {at!r}")
    else:
        boot, since = "", 0.0
    if undatable not in {0, 1}:
        raise ValueError(f"whether it can be dated is {undatable!r}")
    return Waiting(number, reading, model, boot, since, at, undatable=bool(undatable), on_disk=True)


def write_batch(held: Held) -> tuple[Any, ...]:
    """Write the row of a batch, its sum over its bytes too."""
    row = (held.id, held.device, held.channel, held.first, held.rows, float(held.born))
    return (*row, row_sum(*row, held.payload))


def batch_again(row: tuple[Any, ...], payload: object) -> tuple[Any, ...]:
    """Write the row of a batch of an older layout anew, its bytes as they are found."""
    match row[1:6], payload:
        case [str(), str() | None, int(), int(), float(born)], bytes():
            sound = 0 <= born <= LONGEST
        case _:
            sound = False
    return (*row[:6], row_sum(*row[:6], payload) if sound else _NO_SUM, *row[6:])


def batch_flaw(row: tuple[Any, ...], payload: object) -> str:
    """Say what is wrong with a row that `write_batch` wrote; empty where nothing is."""
    if not isinstance(payload, bytes):
        return "its bytes are gone"
    return "" if row[6] == row_sum(*row[:6], payload) else "its sum is wrong"


def write_epoch(row: EpochRow) -> tuple[Any, ...]:
    """Write the row of an epoch."""
    columns = (row.number, row.epoch, row.next, json.dumps(row.dropped))
    return (*columns, row_sum(*columns))


def read_epoch(row: tuple[Any, ...]) -> EpochRow:
    """Read what `write_epoch` wrote, with its sum or, of an older layout, without.

    Raises:
        ValueError: It wrote no such row.
    """
    number, epoch, following, dropped = row[:4]
    _check(row[:4], row[4:])
    ranges = [(low, high, cause) for low, high, cause in json.loads(dropped)]
    if not (isinstance(number, int) and 0 < number <= LAST_NUMBER):
        raise ValueError(f"an epoch has the number {number!r}")
    EpochState(epoch=epoch, low=following, next=following, dropped=ranges)
    return EpochRow(number, epoch, following, following, ranges)


def write_fact(name: str, value: object) -> tuple[Any, ...]:
    """Write the row of a small fact."""
    text = json.dumps(value)
    return name, text, row_sum(name, text)


def read_fact(row: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever JSON was kept
    """Read the value that `write_fact` wrote, with its sum or, of an older layout, without.

    Raises:
        ValueError: It wrote no such row.
    """
    _check(row[:2], row[2:])
    return json.loads(row[1])


def again(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give a row of an older layout its sum."""
    return (*row, row_sum(*row))


def _check(columns: tuple[Any, ...], sums: tuple[Any, ...]) -> None:
    if sums and sums != (row_sum(*columns),):
        raise ValueError("its sum is wrong")
