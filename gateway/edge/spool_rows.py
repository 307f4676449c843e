"""A waiting reading as a row of the spool's file: written, and believed only where it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.edge.held import Waiting, read_reading, write_reading
from schemas.base import LATEST_MS, is_id

if TYPE_CHECKING:
    from schemas.reading import Reading

COLUMNS: Final = "id, device, channel, boot, since, at, undatable, reading"
"""Of the table `pending`, in the order of a row."""

INSERT: Final = "INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

LAST_ID: Final = 1 << 53
"""The highest id that a waiting reading may bear: none of ours ever comes near."""

_LONGEST_BOOT: Final = 1e12
"""Seconds beyond which no boot lasts."""


def write_waiting(waiting: Waiting) -> tuple[Any, ...]:
    """Write the row of a waiting reading."""
    reading = waiting.reading
    return (
        waiting.id, reading.device, reading.channel, *waiting.origin, waiting.at,
        waiting.undatable, write_reading(reading, waiting.model),
    )  # fmt: skip


def read_waiting(row: tuple[Any, ...]) -> Waiting:
    """Read what `write_waiting` wrote.

    Raises:
        ValueError: It wrote no such row.
    """
    number, device, channel, boot, since, at, undatable, packed = row
    reading, model = read_reading(*place(device, channel), packed)
    return believe(number, reading, model, boot, since, at, undatable)


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
        if not 0 <= since <= _LONGEST_BOOT:
            raise ValueError(f"its time since boot is {since!r} s")
    elif not (isinstance(at, int) and 0 <= at <= LATEST_MS):
        raise ValueError(f"its time is {at!r}")
    else:
        boot, since = "", 0.0
    if undatable not in {0, 1}:
        raise ValueError(f"whether it can be dated is {undatable!r}")
    return Waiting(number, reading, model, boot, since, at, undatable=bool(undatable), on_disk=True)
