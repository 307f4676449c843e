"""`spool`: what the gateway still holds, epoch by epoch, so that every gap can be named."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from schemas.base import Epoch, Model, Seq, Text

MOST_EPOCHS: Final = 200
"""Epochs listed in one message; what is beyond them is announced by `more`."""


class EpochState(Model):
    """One epoch of a spool.

    Attributes:
        epoch: Its name.
        low: The lowest seq still held, `next` when nothing is.
        next: One more than the highest seq that was committed in it.
        dropped: Ranges [from, to, cause] that were given up, both ends included.
    """

    epoch: Epoch
    low: Seq
    next: Seq
    dropped: list[tuple[Seq, Seq, Text]] = []


class SpoolState(Model):
    """All that a gateway's spool holds.

    Attributes:
        v: The version of the wire format.
        now: The epoch that batches are born in now.
        epochs: Oldest first, at most 200.
        more: True when there are more epochs than are listed.
    """

    v: Literal[1] = 1
    now: Epoch
    epochs: Annotated[list[EpochState], Field(max_length=MOST_EPOCHS)]
    more: bool = False
