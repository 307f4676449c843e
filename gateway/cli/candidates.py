"""Whom a probe may find: every driver, as it comes without settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.errors import DriverError
from devices.registry import names
from gateway.cli.probing import Candidate
from gateway.config.sensor import sensor

if TYPE_CHECKING:
    from collections.abc import Iterator


def candidates() -> Iterator[Candidate]:
    """Return all drivers that speak without being told how; a broken one is left out."""
    for name in names():
        try:
            yield Candidate(name, sensor(name, {}))
        except DriverError:
            continue
