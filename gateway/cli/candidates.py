"""Whom a probe may find: every driver as it comes, and every register map at each address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.errors import DriverError
from devices.registry import names
from gateway.cli.probing import Candidate
from gateway.config import maps
from gateway.config.sensor import Sensor, sensor

if TYPE_CHECKING:
    from collections.abc import Iterator

MAPPED: Final = "modbus.map"

_TOLD: Final = frozenset({MAPPED, "modbus", "text.line"})
"""These say nothing by themselves: a config has to tell them how."""


def candidates(addresses: int) -> list[Candidate]:
    """Return all that speak without being told how; a broken driver is left out.

    Args:
        addresses: On a bus, the highest address that is looked at.
    """
    return [*_plain(), *sorted(_mapped(addresses), key=_largest_first)]


def _plain() -> Iterator[Candidate]:
    for name in names():
        if name in _TOLD:
            continue
        try:
            plain = sensor(name, {})
            takes = plain.driver.takes.items()
            said = {key: each.initial for key, each in takes if each.initial is not None}
            yield Candidate(name, plain, said)
        except DriverError:
            continue


def _mapped(addresses: int) -> Iterator[Candidate]:
    for name in maps.names():
        usual = sensor(MAPPED, {"map": name})
        for address in sorted({*range(1, addresses + 1), usual.settings["address"]}):
            settings = {**usual.settings, "address": address}
            told = Sensor(usual.driver.tailored(settings), settings)
            yield Candidate(MAPPED, told, {"map": name, "address": address})


def _largest_first(candidate: Candidate) -> int:
    """Whoever answers for many registers is hardly one of those with few."""
    return -len(candidate.sensor.driver.quantities)
