"""`health`: how a gateway fares this minute; live only, never stored."""

from __future__ import annotations

from typing import Literal

from schemas.base import Model, Text


class DeviceHealth(Model):
    """How one device fares.

    Attributes:
        last_frame_seconds: Seconds since its last whole frame; absent before the first.
        frames: Whole frames since the start.
        errors: Exchanges that failed since the start.
        junk: Bytes that belonged to no frame since the start.
        silence: Why it is silent, in one word; absent while it speaks.
        fault: What the device itself reports as broken.
    """

    last_frame_seconds: float | None = None
    frames: int = 0
    errors: int = 0
    junk: int = 0
    silence: Text | None = None
    fault: Text | None = None


class Health(Model):
    """How the gateway fares.

    Attributes:
        v: The version of the wire format.
        uptime_seconds: Seconds since the process started.
        clock: `trusted`, `holdover` (trusted, source silent) or `waiting`.
        spool: `disk`, or `memory` while the disk can't take a commit.
        waiting: Batches not yet receipted.
        undated: Readings that wait for a clock to be trusted, in no batch yet.
        refused: Batches that a collector refused and the gateway keeps.
        dropped: Readings and batches given up since the spool was made, by cause.
        counters: What became of batches and receipts since the start, by name; what never
            happened is left out.
        unproven: True with `delivery = "broker"`: nobody confirms storage.
        alarms: Words for what a person should look at: `twin`, `damaged`, `clock: …`, `broker: …`.
        devices: Device id to how it fares.
    """

    v: Literal[1] = 1
    uptime_seconds: float
    clock: Literal["trusted", "holdover", "waiting"]
    spool: Literal["disk", "memory"]
    waiting: int
    undated: int = 0
    refused: int
    dropped: dict[str, int] = {}
    counters: dict[str, int] = {}
    unproven: bool = False
    alarms: list[Text] = []
    devices: dict[str, DeviceHealth] = {}
