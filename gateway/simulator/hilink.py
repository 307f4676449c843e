"""A radar that follows a road: ten reports a second, each with all vehicles that are in view."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from devices.cutters import by_header
from devices.framing import Frame, Framer
from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.driver import Driver, Line
    from gateway.simulator.road import Road, Vehicle

REPORT_SECONDS: Final = 0.1
"""Between two reports."""

NEAREST: Final = 4.0
"""m: nearer than this, a vehicle is below the beam."""

_MOST: Final = 5
"""Vehicles in a report: the nearest ones."""

_KMH: Final = 3.6
"""km/h in one m/s."""

_ANGLES: Final = {"in": -3, "out": 5}
"""Degrees: each direction has its lane."""

_DIRECTIONS: Final = {"out": 0, "in": 1}
"""The byte of each direction, and the way that has the radar report only it."""

_BOTH: Final = 2
_HEAD, _TAIL = b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01"
_ENABLE, _END, _RESTART, _FORGET = 0xFF, 0xFE, 0xA3, 0xA2
_SET: Final = {0x02: 0x12, 0x03: 0x13}
"""What is set by one command is told by another."""

_FACTORY: Final = {
    0x12: bytes((100, 1, 5, 1)),  # m, who comes closer only, km/h, s
    0x13: bytes((1, 4, 0, 0)),
    0xA0: bytes.fromhex("5124010116112407"),
    _ENABLE: bytes.fromhex("01004000"),
}
"""What it tells, by the command that asks for it."""


class VehicleRadar:
    """An LD2451; what it was told outlives a power cut, config mode does not.

    Attributes:
        vehicles: Every vehicle that ever came into view, by its number.
    """

    def __init__(self, driver: Driver, road: Road, *, quiet: bool = False) -> None:
        """Stand beside a road.

        Args:
            driver: How it speaks.
            road: Who comes.
            quiet: Whether it says nothing while nobody is in view, as some units do.
        """
        self._driver = driver
        self._road = road
        self._quiet = quiet
        self._told = dict(_FACTORY)
        self._ear = Framer(by_header((_HEAD,), _size, lambda _: True, tail=_TAIL))
        self._in_config = False
        self._number = 0
        self._due = math.inf
        self._coming: dict[str, Vehicle] = {}
        self._in_view: list[Vehicle] = []
        self.vehicles: dict[int, Vehicle] = {}

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Report, out of config mode."""
        self._in_config = False
        self._in_view = []
        self._coming = {channel: self._road.next(channel, at) for channel in self._driver.channels}
        self._due = at + REPORT_SECONDS

    def due(self) -> float:
        """Tell when the next report is due."""
        if self._in_config:
            return math.inf
        if self._quiet and not self._in_view:
            return max(self._due, min(vehicle.enters for vehicle in self._coming.values()))
        return self._due

    def speak(self, at: float) -> Spoken:
        """Report whoever is in view, the nearest first."""
        self._due = max(self._due, at) + REPORT_SECONDS
        self._move(at)
        targets = sorted(self._targets(at), key=lambda target: target["distance_m"])[:_MOST]
        if self._quiet and not targets:
            return Spoken(b"")
        self._number += 1
        alarm = int(any(target["dir_raw"] for target in targets))
        return Spoken(self._driver.encode({"alarm": alarm, "targets": targets}), self._number)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands; outside config mode, it hears only the one that begins it."""
        frames = (piece.raw for piece in self._ear.feed(data) if isinstance(piece, Frame))
        return [answer for frame in frames for answer in self._obey(frame[6], frame[8:-4], at)]

    # -- within -----------------------------------------------------------------------------

    def _obey(self, code: int, value: bytes, at: float) -> Iterator[Spoken]:
        if code == _ENABLE:
            self._in_config = True
        if not self._in_config:
            return
        if code in _SET:
            self._told[_SET[code]] = value
        elif code == _FORGET:
            self._told = dict(_FACTORY)
        elif code in {_END, _RESTART}:
            self._in_config = False
            self._due = at + REPORT_SECONDS
        told = self._told.get(code, b"").hex()
        yield Spoken(self._driver.encode({"ack_cmd": code, "status": 0, "value_hex": told}))

    def _move(self, at: float) -> None:
        """Let time pass on the road."""
        for channel, vehicle in self._coming.items():
            if vehicle.enters <= at:
                self.vehicles[vehicle.number] = vehicle
                self._in_view.append(vehicle)
                self._coming[channel] = self._road.next(channel, vehicle.enters)
        far = self._told[0x12][0]
        self._in_view = [
            each for each in self._in_view if NEAREST <= self._distance(each, at) <= far
        ]

    def _distance(self, vehicle: Vehicle, at: float) -> float:
        way = (at - vehicle.enters) * vehicle.speed / _KMH
        return self._told[0x12][0] - way if vehicle.channel == "in" else NEAREST + way

    def _targets(self, at: float) -> Iterator[dict[str, Any]]:
        _, only, slowest, _ = self._told[0x12]
        for vehicle in self._in_view:
            direction = _DIRECTIONS[vehicle.channel]
            if only in {direction, _BOTH} and vehicle.speed >= slowest:
                distance = round(self._distance(vehicle, at))
                yield {
                    "angle_deg": _ANGLES[vehicle.channel],
                    "distance_m": distance,
                    "dir_raw": direction,
                    "speed_kmh": round(vehicle.speed),
                    "snr": 40 - distance // 8,
                }


def _size(buffer: bytes) -> int:
    return 10 + buffer[4] if len(buffer) > 4 else 0  # noqa: PLR2004 - where the length stands
