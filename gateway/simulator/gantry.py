"""Sensors that count lanes by themselves: each vehicle is told once it has passed."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from gateway.simulator.plain import Answering
from gateway.simulator.road import Road
from gateway.simulator.sensor import Spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.command import Command
    from devices.dialogue import Fields
    from devices.driver import Driver
    from gateway.simulator.plain import Answer
    from gateway.simulator.road import Vehicle
    from gateway.simulator.sensor import Sensor

_LANES: Final = 3
_METRES: Final = 4.5
"""How long every vehicle is."""

_MPH, _FOOT = 1.609344, 0.3048
_BIN: Final = 30
_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SINCE_2000: Final = 820_454_400
_KMH: Final = 3.6


class Gantry:
    """Lanes, and who has passed on them, in order.

    Attributes:
        passed: Whoever has passed and was not told yet.
        seen: Whoever has ever passed.
    """

    def __init__(self, channels: tuple[str, ...], seed: int) -> None:
        """Stand above a road."""
        self._road = Road(seed, gap=1.5)
        self._lanes = channels[:_LANES]
        self._coming: dict[str, Vehicle] = {}
        self.passed: deque[Vehicle] = deque()
        self.seen: list[Vehicle] = []

    def look(self, at: float) -> None:
        """Let time pass; it never goes back."""
        for lane in self._lanes:
            self._coming.setdefault(lane, self._road.next(lane, at))
        while (first := self._first()).leaves <= at:
            self.passed.append(first)
            self.seen.append(first)
            self._coming[first.channel] = self._road.next(first.channel, first.leaves)

    def next(self, at: float) -> float:
        """Tell when the next one will have passed."""
        self.look(at)
        return at if self.passed else self._first().leaves

    def _first(self) -> Vehicle:
        return min(self._coming.values(), key=lambda vehicle: vehicle.leaves)


def counter(driver: Driver, seed: int, gantry: Gantry | None = None) -> Sensor:
    """Build a counter of any of the families here, over lanes of its own where none are given."""
    gantry = gantry or Gantry(driver.channels, seed)
    if driver.name == "eis.rtms":
        return Speaking(driver, gantry)
    return Answering(driver, _COUNTERS[driver.name](gantry))


class Speaking(Answering):
    """A sensor that speaks whenever somebody has passed, and answers besides."""

    def __init__(self, driver: Driver, gantry: Gantry) -> None:
        """Watch these lanes."""
        super().__init__(driver, lambda command, _at, _number: _information(command))
        self._speaks = driver
        self._id = (driver.commands["read_information"].reply or {})["sensor_id"]
        self._gantry = gantry
        self._at = 0.0

    def power_on(self, at: float) -> None:
        """Begin to watch."""
        self._at = at

    def due(self) -> float:
        """Tell when the next vehicle will have passed."""
        return self._gantry.next(self._at)

    def speak(self, at: float) -> Spoken:
        """Tell who has passed."""
        self._at = max(self._at, at)
        self._gantry.look(self._at)
        vehicle = self._gantry.passed.popleft()
        fields = {
            "sensor_id": self._id,
            "zone": _lane(vehicle),
            "vclass": 1,
            "length_m": _METRES,
            "speed": round(vehicle.speed),
            "duration_ms": round(1000 * _occupied(vehicle)),
            "stamp_hex": f"{round(vehicle.leaves * 1000):016x}",
        }
        return Spoken(self._speaks.encode(fields), vehicle.number)


def _information(command: Command) -> Fields:
    return {**(command.reply or {}), "value_hex": "00" * 14}


def _store(gantry: Gantry) -> Answer:
    """Hand over one vehicle for each question, the oldest first."""

    def answer(command: Command, at: float, _number: int) -> Fields:
        gantry.look(at)
        ends = {"dest": 0, "source": int.from_bytes(command.data[3:5])}
        if command.name == "clear_events":
            gantry.passed.clear()
            return {**ends, "msg_id": 0x6D, "msg_sub": 0, "result": 0}
        if command.name != "read_active_event":
            return {**ends, **(command.reply or {}), "msg_type": 0, "value_hex": "00" * 83}
        if not gantry.passed:
            return {**ends, "valid": False}
        vehicle = gantry.passed.popleft()
        time = _BEGAN + timedelta(milliseconds=round(vehicle.leaves * 1000))
        return {
            **ends,
            "time_utc": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "lane": _lane(vehicle),
            "range": 30.0,
            "duration_ms": round(1000 * _occupied(vehicle)),
            "speed": round(vehicle.speed / _MPH, 1),
            "vclass": 1,
            "length": _METRES / _FOOT,
        }

    return answer


def _bins(gantry: Gantry) -> Answer:
    """Tell the last whole interval."""
    told: dict[str, Any] = {"number": -math.inf}

    def answer(command: Command, at: float, _number: int) -> Fields:
        number = math.floor(at / _BIN)
        if number > told["number"]:
            gantry.look(number * _BIN)
            told.update(number=number, seen=list(gantry.passed))
            gantry.passed.clear()
        lanes = [_binned(lane, told["seen"]) for lane in range(1, _LANES + 1)]
        drop = (command.reply or {})["drop"]
        return {"drop": drop, "t2000_s": _SINCE_2000 + number * _BIN, "lanes": lanes}

    return answer


def _binned(lane: int, seen: list[Vehicle]) -> Fields:
    mine = [vehicle for vehicle in seen if _lane(vehicle) == lane]
    mean = sum(vehicle.speed for vehicle in mine) / len(mine) if mine else 0.0
    share = 100 * sum(map(_occupied, mine)) / _BIN
    return {"lane": lane, "count": len(mine), "speed": round(mean / _MPH), "occ_pct": share}


def _loops(gantry: Gantry) -> Answer:
    """Tell of each loop who was the last, and how many there were."""
    loops = [{"duration_ms": 0, "start_ms": 0, "count": 0, "state": 0} for _ in range(4)]

    def answer(_command: Command, at: float, _number: int) -> Fields:
        gantry.look(at)
        while gantry.passed:
            vehicle = gantry.passed.popleft()
            loop = loops[_lane(vehicle) - 1]
            occupied = _occupied(vehicle)
            loop["duration_ms"] = round(1000 * occupied)
            loop["start_ms"] = round(1000 * (vehicle.leaves - occupied))
            loop["count"] = (loop["count"] + 1) % 256
        return {"det": loops}

    return answer


def _link(gantry: Gantry) -> Answer:
    """Tell up to four vehicles for each question; one that is repeated gets the same answer."""
    last: dict[str, Any] = {"name": "", "answer": {"no_data": True}, "count": 0, "left": 0.0}

    def answer(command: Command, at: float, _number: int) -> Fields:
        gantry.look(at)
        name = command.name.rpartition("_")[0]
        if name == "read_status":
            return {"ctrl": 0x0B, "address": command.data[2], "status": 0}
        if name == last["name"]:
            return dict(last["answer"])
        last["name"] = name
        seen = [gantry.passed.popleft() for _ in range(min(4, len(gantry.passed)))]
        if name == "reset" or not seen:
            last["answer"] = {"no_data": True}
        else:
            last["count"] += len(seen)
            last["answer"] = {
                "address": command.data[2],
                "count": last["count"],
                "vehicles": [_record(vehicle, last) for vehicle in seen],
            }
        return dict(last["answer"])

    return answer


def _record(vehicle: Vehicle, last: dict[str, Any]) -> Fields:
    occupied = _occupied(vehicle)
    gap = max(0.0, vehicle.leaves - occupied - last["left"])
    last["left"] = vehicle.leaves
    return {
        "speed_kmh": round(vehicle.speed),
        "class_lane": 0x21,
        "occupancy_ms": round(100 * occupied) * 10,
        "gap_ms": min(65535, round(100 * gap)) * 10,
        "length_m": _METRES,
    }


def _lane(vehicle: Vehicle) -> int:
    number = vehicle.channel.rpartition("-")[2]
    return int(number) if number.isdigit() else 1


def _occupied(vehicle: Vehicle) -> float:
    """How long it is over the sensor, s."""
    return _METRES / vehicle.speed * _KMH


_COUNTERS: Final[dict[str, Callable[[Gantry], Answer]]] = {
    "wavetronix.ss125": _store,
    "wavetronix.ss105": _bins,
    "canoga.loop": _loops,
    "adec.tdc": _link,
}
"""Driver to how it tells who has passed."""
