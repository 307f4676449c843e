"""A SenseAir sensor on a wire, on a clock that the test moves."""

from __future__ import annotations

import pytest

from devices.senseair import S8
from gateway.edge.watch import Silence
from gateway.simulator.air import Air
from gateway.simulator.modbus import Bus, Trouble
from gateway.simulator.senseair import CarbonDioxide
from schemas.reading import Cause, Flag
from tests.edge_io.wired import Wired


def wired(sensor: CarbonDioxide) -> Wired:
    return Wired(Bus(S8.line, [sensor]), {"driver": "senseair.s8", "interval": 2.0})


def causes(wire: Wired) -> list[Cause]:
    return [measured.reading.values["co2"].cause for measured in wire.measured]


def test_it_warms_up_when_its_port_opens_and_when_it_was_silent() -> None:
    wire = wired(CarbonDioxide(S8, Air(1)))
    wire.wait(150)
    assert causes(wire)[0] is Cause.WARMING_UP
    assert causes(wire)[-1] is Cause.NONE
    wire.cut = True
    wire.wait(10)
    assert wire.watch.cause is Silence.NO_REPLY
    wire.cut = False
    wire.wait(10)
    assert causes(wire)[-1] is Cause.WARMING_UP
    wire.wait(150)
    assert causes(wire)[-1] is Cause.NONE


def test_a_fault_that_it_tells_is_no_reading_and_ends_with_it() -> None:
    sensor = CarbonDioxide(S8, Air(1))
    wire = wired(sensor)
    wire.wait(10)
    sensor.status = 1
    wire.wait(4)
    before = len(wire.measured)
    wire.wait(20)
    assert (wire.watch.cause, wire.watch.fault) == (Silence.FAULT, "fatal error")
    assert len(wire.measured) == before
    sensor.status = 0
    wire.wait(10)
    assert wire.watch.fault is None
    assert len(wire.measured) > before


@pytest.mark.parametrize("trouble", [Trouble(behind=1), Trouble(late=1.5), Trouble(late=3.0)])
def test_what_belongs_to_the_question_before_is_never_a_reading(trouble: Trouble) -> None:
    wire = wired(CarbonDioxide(S8, Air(1), trouble))
    wire.wait(120)
    assert wire.measured == []
    assert wire.watch.errors >= 5


@pytest.mark.parametrize("late", [tenths / 10 for tenths in range(11, 71)])
def test_one_that_becomes_late_is_not_believed_from_then_on(late: float) -> None:
    sensor = CarbonDioxide(S8, Air(1))
    wire = wired(sensor)
    wire.wait(20)
    sensor.trouble = Trouble(late=late)
    before = len(wire.measured)
    wire.wait(120)
    assert len(wire.measured) == before
    sensor.trouble = Trouble()
    wire.wait(20)
    assert len(wire.measured) > before


def test_all_that_is_good_is_passed_on_and_nothing_is_asked_too_often() -> None:
    wire = wired(CarbonDioxide(S8, Air(1)))
    wire.wait(60)
    flags = {measured.reading.values["co2"].flag for measured in wire.measured}
    assert flags == {Flag.SUSPECT}
    assert 28 <= len(wire.measured) <= 31
    assert len(wire.asked) == pytest.approx(len(wire.measured), abs=4)
