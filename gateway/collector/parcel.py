"""The parcel: what is left of a batch once its readings are rows of the store.

Thousands of batches may wait for the store, and Python looks through all that waits for cycles,
again and again: a parcel is one object where a batch is two dozen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.collector.points import of_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.collector.audit import Sound
    from gateway.collector.points import Point


class Parcel(NamedTuple):
    """A sound batch, without its readings.

    Attributes:
        gateway: Who sent it.
        epoch: The opening of the spool that it was born in.
        seq: Its number there.
        device: Whose readings it holds.
        first: The time of the first of them, ms since 1970.
        last: The time of the last.
        dated: Whether the times are more than addresses.
        size: How many readings it holds.
        digest: What tells its bytes from other bytes of the same name.
        unknown: How many of its fields we do not know.
        delivery: Its delivery, as a row of the store.
    """

    gateway: str
    epoch: str
    seq: int
    device: str
    first: int
    last: int
    dated: bool
    size: int
    digest: bytes
    unknown: int
    delivery: Any


def pack(sound: Sound, row: Callable[[Point], Any]) -> Parcel:
    """Pack a batch, of which `row` makes the store's own; its readings go apart."""
    gateway, batch = sound.gateway, sound.batch
    return Parcel(
        gateway,
        batch.epoch,
        batch.seq,
        batch.device,
        batch.first,
        sound.last,
        not batch.undated,
        len(batch.r),
        sound.digest,
        sound.unknown,
        row(of_delivery(gateway, batch)),
    )
