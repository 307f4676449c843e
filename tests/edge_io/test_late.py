"""The law of late answers: what is read was measured for the question that it answers."""

from __future__ import annotations

import random

import pytest

from devices.modbus_asking import WITHIN
from devices.senseair import S8
from gateway.simulator.air import Air
from gateway.simulator.modbus import Bus
from gateway.simulator.senseair import CarbonDioxide
from gateway.simulator.sensor import Spoken
from tests.edge_io.wired import TICK, Wired


class Slow(Bus):
    """A line on which answers come late, each for its own time, but never overtake each other."""

    def __init__(self, sensor: CarbonDioxide) -> None:
        super().__init__(S8.line, [sensor])
        self._sensor = sensor
        self._waiting: list[tuple[float, bytes]] = []
        self.late = 0.0

    def due(self) -> float:
        return min((at for at, _ in self._waiting), default=float("inf"))

    def speak(self, at: float) -> Spoken:
        del at
        return Spoken(self._waiting.pop(0)[1])

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        answer = self._sensor.hear(data, at)
        last = self._waiting[-1][0] if self._waiting else at
        self._waiting += [(max(last, at + self.late), answer)] if answer else []
        return []


class Dated(CarbonDioxide):
    """Remembers when it measured each of its numbers."""

    def __init__(self) -> None:
        super().__init__(S8, Air(1))
        self.at: dict[int, float] = {}

    def hold(self, at: float, number: int) -> dict[tuple[int, int], int]:
        self.at[number % 100] = at
        return super().hold(at, number)


@pytest.mark.parametrize("seed", range(60))
def test_no_answer_is_a_reading_of_another_question(seed: int) -> None:
    chance = random.Random(seed)
    sensor = Dated()
    line = Slow(sensor)
    wire = Wired(line, {"driver": "senseair.s8", "interval": chance.choice([0.0, 2.0, 5.0])})
    usual, spread = chance.uniform(0.0, 4.0), chance.choice([0.0, 0.5, 2.0])
    often, lost = chance.choice([0.1, 0.5, 1.0]), chance.choice([0.0, 0.05])
    for _ in range(200):
        late = chance.random() < often
        line.late = max(0.0, usual + chance.uniform(-spread, spread)) if late else 0.0
        sensor.trouble.dead = chance.random() < lost
        known = len(wire.measured)
        wire.wait(0.5)
        for measured in wire.measured[known:]:
            number = round(measured.reading.values["co2"].value or 0) % 100
            assert measured.stamp.boot - sensor.at[number] <= WITHIN + 2 * TICK
