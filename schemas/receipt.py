"""The receipt: what the store has, and what was refused, so that the edge may forget."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Epoch, Model, Seq, Text

LARGEST_RECEIPT = 256 * 1024
"""Bytes of a receipt beyond which it is not even parsed."""

Ranges = Annotated[list[tuple[Seq, Seq]], Field(max_length=10_000)]
RefusedRanges = Annotated[list[tuple[Seq, Seq, Text]], Field(max_length=10_000)]


class Receipt(Model):
    """What a collector decided on since its last receipt; empty, it only says "I am here".

    Attributes:
        v: The version of the wire format.
        stored: Epoch to ranges [from, to], both included, that the database said yes to.
        refused: Epoch to ranges [from, to, reason]: not stored, to be kept by the gateway.
    """

    v: Literal[1] = 1
    stored: dict[Epoch, Ranges] = {}
    refused: dict[Epoch, RefusedRanges] = {}

    @model_validator(mode="after")
    def _ranges_run_upward(self) -> Self:
        pairs = [(low, high) for ranges in self.stored.values() for low, high in ranges]
        pairs += [(low, high) for ranges in self.refused.values() for low, high, _ in ranges]
        if any(low > high for low, high in pairs):
            message = "a range must run upward"
            raise ValueError(message)
        return self
