"""Keeping a reading each interval, corrected."""

from __future__ import annotations

import pytest

from gateway.clock import FakeClock
from gateway.config.gateway import Calibration
from gateway.edge.sampler import Sampler


def _kept(interval: float, every: float, count: int) -> list[int]:
    clock, sampler = FakeClock(), Sampler(interval, {})
    kept = []
    for number in range(count):
        if sampler.keep({}, clock.stamp()) is not None:
            kept.append(number)
        clock.advance(every)
    return kept


def test_no_interval_keeps_every_reading() -> None:
    assert _kept(0, 0.01, 5) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("every", [0.91, 1.0, 1.3])
def test_a_sensor_that_is_not_punctual_loses_no_reading(every: float) -> None:
    assert _kept(1.0, every, 5) == [0, 1, 2, 3, 4]


def test_readings_that_come_too_soon_are_left_out() -> None:
    assert _kept(10, 1.0, 30) == [0, 9, 18, 27]


def test_a_wall_clock_that_is_set_makes_no_gap_and_no_crowd() -> None:
    clock, sampler = FakeClock(), Sampler(10, {})
    assert sampler.keep({}, clock.stamp()) is not None
    clock.step(-3600)
    clock.advance(1)
    assert sampler.keep({}, clock.stamp()) is None
    clock.advance(9)
    assert sampler.keep({}, clock.stamp()) is not None


def test_a_corrected_value_has_its_raw_twin_beside_it() -> None:
    sampler = Sampler(0, {"pm2_5": Calibration(gain=0.92, offset=1.5)})
    kept = sampler.keep({"pm2_5": 12.0, "pm10": 15.0}, FakeClock().stamp())
    assert kept == {"pm2_5": 12.54, "pm2_5_raw": 12.0, "pm10": 15.0}


def test_a_missing_value_stays_missing_when_corrected() -> None:
    sampler = Sampler(0, {"pm2_5": Calibration(gain=0.92, offset=1.5)})
    kept = sampler.keep({"pm2_5": None}, FakeClock().stamp())
    assert kept == {"pm2_5": None, "pm2_5_raw": None}
