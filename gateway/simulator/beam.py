"""Radars in whose beam vehicles come and go, and which show one speed at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.simulator.plain import Answering, Streaming
from gateway.simulator.road import Road

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver
    from gateway.simulator.road import Vehicle
    from gateway.simulator.sensor import Sensor, Spoken

_MPH: Final = 1.609344
_KMH: Final = 3.6
"""km/h in one m/s."""

_WAYS: Final = {"in": "approach", "out": "recede"}


class Beam:
    """Who is in view: of several, the one that came first.

    Attributes:
        passed: Whoever has left it.
    """

    def __init__(self, seed: int, channels: tuple[str, ...] = ("in", "out")) -> None:
        """Look at a road with these directions."""
        self._road = Road(seed)
        self._channels = channels
        self._coming: dict[str, Vehicle] = {}
        self.passed: list[Vehicle] = []

    def see(self, at: float) -> Vehicle | None:
        """Return who is in view; time never goes back."""
        for channel in self._channels:
            vehicle = self._coming.get(channel) or self._road.next(channel, at)
            while vehicle.leaves < at:
                self.passed.append(vehicle)
                vehicle = self._road.next(channel, vehicle.leaves)
            self._coming[channel] = vehicle
        seen = [vehicle for vehicle in self._coming.values() if vehicle.enters <= at]
        return min(seen, key=lambda vehicle: vehicle.enters, default=None)


class Telling(Streaming):
    """A radar that streams, and answers commands as each asks."""

    def __init__(self, driver: Driver, measure: Callable[[float, int], Fields]) -> None:
        """Send what `measure` says, as often as the radar does."""
        super().__init__(driver, measure, driver.every or 0.2)
        self._answering = Answering(driver, _answer)

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        """Answer commands."""
        return self._answering.hear(data, at)


class Asked(Answering):
    """A radar that is asked for a speed: the question for it gets one, others their answer."""

    def __init__(
        self, driver: Driver, question: str, measure: Callable[[float, int], Fields]
    ) -> None:
        """Answer `question` with what `measure` says."""

        def answer(command: Command, at: float, number: int) -> Fields | None:
            return measure(at, number) if command.name == question else _answer(command, at, number)

        super().__init__(driver, answer)


def radar(driver: Driver, seed: int, beam: Beam | None = None) -> Sensor:
    """Build a radar of any of the families here, with a beam of its own where none is given."""
    beam = beam or Beam(seed)

    def measure(at: float, _number: int) -> Fields:
        return _SHOWS[driver.name](beam.see(at), at)

    if driver.name == "houston.dr500":
        return Asked(driver, "avg_speed_query", measure)
    return Telling(driver, measure)


def _answer(command: Command, _at: float, _number: int) -> Fields | None:
    if command.reply is None:
        return None
    return {key: "42" if value is None else value for key, value in command.reply.items()}


def _speed(vehicle: Vehicle | None, unit: float = 1.0) -> int:
    return 0 if vehicle is None else round(vehicle.speed / unit)


def way_to_go(vehicle: Vehicle, at: float) -> float:
    """How far a vehicle is from the end of the beam, m."""
    return vehicle.speed / _KMH * (vehicle.leaves - at)


def _distance(vehicle: Vehicle | None, at: float) -> int:
    return 0 if vehicle is None else max(1, round(way_to_go(vehicle, at)))


def _directed(vehicle: Vehicle | None, idle: str) -> str:
    return idle if vehicle is None else _WAYS[vehicle.channel]


def _mph(vehicle: Vehicle | None, _at: float) -> Fields:
    return {"target": _speed(vehicle, _MPH), "front_antenna": True}


def _ds4(vehicle: Vehicle | None, at: float) -> Fields:
    coming = vehicle if vehicle is not None and vehicle.channel == "in" else None
    feet = round(_distance(coming, at) / 3.048) * 10
    return {"approach_speed": _speed(coming, _MPH), "range_ft": feet}


def _icoms(vehicle: Vehicle | None, at: float) -> Fields:
    return {
        "direction": _directed(vehicle, "approach"),
        "speed": _speed(vehicle),
        "range_m": _distance(vehicle, at),
    }


def _decatur(vehicle: Vehicle | None, _at: float) -> Fields:
    speed = 0.0 if vehicle is None else round(vehicle.speed / _MPH, 1)
    strength = 0 if vehicle is None else 120
    return {
        "direction": _directed(vehicle, "unknown"), "speed": speed, "strength_db": strength,
    }  # fmt: skip


def _hikvision(vehicle: Vehicle | None, _at: float) -> Fields:
    return {"direction": _directed(vehicle, "unknown"), "speed_kmh": _speed(vehicle)}


def _houston(vehicle: Vehicle | None, _at: float) -> Fields:
    return {"prefix": "?" if vehicle is None else "", "speed": _speed(vehicle, _MPH)}


def _average(vehicle: Vehicle | None, _at: float) -> Fields:
    return {"avg_speed": _speed(vehicle, _MPH)}


_SHOWS: Final[dict[str, Callable[[Vehicle | None, float], Fields]]] = {
    "mph.speed": _mph,
    "mph.ds4": _ds4,
    "houston.ascii": _houston,
    "houston.dr500": _average,
    "icoms.tma296": _icoms,
    "decatur.si": _decatur,
    "hikvision.csr": _hikvision,
}
"""Driver to what it shows of who is in view."""
