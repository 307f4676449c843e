"""A Doppler radar beside a road: several lines a vehicle, in the unit and form it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.sensor import Ear, Spoken

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line
    from gateway.simulator.road import Road, Vehicle

LINE_SECONDS: Final = 0.15
"""Between two lines about one vehicle."""

_KMH: Final = {
    "UM": ("m/s", 3.6),
    "UK": ("km/h", 1.0),
    "US": ("mph", 1.609344),
    "UF": ("ft/s", 1.09728),
    "UC": ("cm/s", 0.036),
}
"""The command of each unit, its label, and km/h in one of it."""

_ANSWERS: Final[dict[str, object]] = {
    "Product": "OPS243",
    "Version": "1.3.4",
    "SerialNumber": "S000000000000042",
    "PowerMode": "Continuous",
    "SamplingRate": "10000",
    "DetectedObjectCount": 0,
}


class Radar:
    """An OPS243: the number that a line carries is its vehicle's.

    Attributes:
        vehicles: Every vehicle that was ever on its way, by its number.
    """

    def __init__(self, driver: Driver, road: Road) -> None:
        """Stand beside a road."""
        self._driver = driver
        self._road = road
        self._ear = Ear(driver.commands)
        self._unit = "UM"
        self._on: set[str] = set()
        self._in_beam: dict[str, Vehicle] = {}
        self._next_line: dict[str, float] = {}
        self.vehicles: dict[int, Vehicle] = {}

    @property
    def line(self) -> Line:
        """The settings of its line."""
        return self._driver.line

    def power_on(self, at: float) -> None:
        """Send plain numbers in m/s, until it is told otherwise."""
        self._unit, self._on = "UM", set()
        for channel in self._driver.channels:
            self._await(channel, at)

    def due(self) -> float:
        """Tell when the next line about any vehicle is due."""
        return min(self._next_line.values())

    def speak(self, at: float) -> Spoken:
        """Send one line about the vehicle whose turn it is."""
        channel = min(self._next_line, key=self._next_line.__getitem__)
        vehicle = self._in_beam[channel]
        line = Spoken(self._write(vehicle), vehicle.number)
        following = self._next_line[channel] + LINE_SECONDS
        if following <= vehicle.leaves:
            self._next_line[channel] = following
        else:
            self._await(channel, max(at, vehicle.leaves))
        return line

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Carry out commands, and answer each in JSON as the real one does."""
        del at
        return [Spoken(self._obey(command)) for command in self._ear.feed(data)]

    def _await(self, channel: str, after: float) -> None:
        vehicle = self._road.next(channel, after)
        self.vehicles[vehicle.number] = self._in_beam[channel] = vehicle
        self._next_line[channel] = vehicle.enters

    def _obey(self, command: Command) -> bytes:
        name = command.name
        if name in _KMH:
            self._unit = name
        elif len(name) == 2 and name[0] == "O":  # noqa: PLR2004 - a letter and its object
            switch = name[1].upper()
            (self._on.add if name[1].isupper() else self._on.discard)(switch)
        answers = {"Units": _KMH[self._unit][0], **_ANSWERS}
        reply = {
            key: answers[key] if value is None else value
            for key, value in (command.reply or {}).items()
        }
        return self._driver.encode(reply or {"Command": name})

    def _write(self, vehicle: Vehicle) -> bytes:
        unit, kmh = _KMH[self._unit]
        speed = vehicle.speed / kmh * (1 if vehicle.channel == "in" else -1)
        if "J" not in self._on:
            label = f'"{unit}",' if "U" in self._on else ""
            return f"{label}{speed:.2f}\r\n".encode()
        fields: dict[str, Any] = {"unit": unit} if "U" in self._on else {}
        if "M" in self._on:
            fields["magnitude"] = "167.25"
        return self._driver.encode(fields | {"speed": f"{speed:.2f}"})
