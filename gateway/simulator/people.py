"""A radar above a footpath: one after the other, people walk up to it and past it."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Final

from devices.hilink_config import HEAD, TAIL
from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line

_REPORT_SECONDS: Final = 0.1
_WALK_SECONDS: Final = 9.0
"""How long somebody is in view; then nobody is, for as long again."""

_FARTHEST_MM: Final = 6000
_NEAREST_MM: Final = 600
_ASIDE_MM: Final = 400
_RESOLUTION_MM: Final = 320
_END: Final = frozenset({"end_config", "restart"})
_ENABLE: Final = "enable_config"
_TOLD: Final = {
    _ENABLE: "01004000",
    "read_firmware": "0100040224062416",
    "read_target_mode": "0200",
    "read_mac": "8fa2b94c1d03",
    "read_zones": "00" * 26,
}
"""What it answers beside that it is done."""


class PeopleRadar:
    """An LD2450; in config mode it reports nothing."""

    def __init__(self, driver: Driver, seed: int) -> None:
        """Hang above a footpath."""
        self._driver = driver
        self._random = random.Random(seed)  # noqa: S311 - a signal, not a secret
        self._ear = Ear(driver.commands)
        self._number = 0
        self._due = math.inf
        self._in_config = False

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Report, out of config mode."""
        self._in_config, self._due = False, at

    def due(self) -> float:
        """Tell when the next report is due."""
        return math.inf if self._in_config else self._due

    def speak(self, at: float) -> Spoken:
        """Report who is there."""
        self._due = max(self._due + _REPORT_SECONDS, at)
        self._number += 1
        return Spoken(self._driver.encode({"targets": self._targets(at)}), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands; outside config mode, it hears only the one that begins it."""
        return [said for command in self._ear.feed(data) for said in self._obey(command, at)]

    def _obey(self, command: Command, at: float) -> list[Spoken]:
        if command.name == _ENABLE:
            self._in_config = True
        if not self._in_config:
            return []
        if command.name in _END:
            self._in_config, self._due = False, at + _REPORT_SECONDS
        code = command.data[HEAD : len(command.data) - TAIL][0]
        answer = {"ack_cmd": code, "value_hex": _TOLD.get(command.name, "")}
        return [Spoken(self._driver.encode(answer))]

    def _targets(self, at: float) -> list[dict[str, Any]]:
        """Say where somebody is who comes, turns at the door, and goes."""
        walk, seconds = divmod(at, _WALK_SECONDS)
        if walk % 2:
            return []
        way = _FARTHEST_MM - _NEAREST_MM
        share = abs(1 - 2 * seconds / _WALK_SECONDS)
        speed = round(2 * way / _WALK_SECONDS / 10)
        return [
            {
                "x_mm": round(_ASIDE_MM + self._random.gauss(0.0, 20.0)),
                "y_mm": round(_NEAREST_MM + way * share),
                "speed_cms": -speed if seconds < _WALK_SECONDS / 2 else speed,
                "res_mm": _RESOLUTION_MM,
            }
        ]
