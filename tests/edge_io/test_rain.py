"""What was added to a counter between two readings."""

from __future__ import annotations

import pytest

from devices.sample import Counter
from gateway.clock import FakeClock
from gateway.config.gateway import Calibration
from gateway.edge.counters import Counters
from gateway.edge.sampler import Sampler


def rain(*stands: float, wraps: float | None = None, every: float = 60.0) -> list[float | None]:
    """Read a counter of rain at these stands."""
    counters = Counters()
    return [
        counters.since({"rain": Counter(stand, wraps)}, at * every)["rain"]
        for at, stand in enumerate(stands)
    ]


def test_the_first_reading_gives_nothing_and_each_later_one_what_was_added() -> None:
    assert rain(812.4, 812.4, 812.6, 813.0) == [None, 0.0, 0.2, 0.4]


def test_after_a_reset_it_is_what_came_since() -> None:
    assert rain(812.4, 0.0, 0.4) == [None, 0.0, 0.4]
    assert rain(812.4, 0.6) == [None, 0.6]


def test_a_wrap_is_counted_across_and_a_reset_is_not_taken_for_one() -> None:
    assert rain(6553.4, 0.2, wraps=6553.6) == [None, 0.4]
    for every in (60.0, 90_000.0):
        assert rain(100.0, 0.2, wraps=6553.6, every=every) == [None, 0.2]


@pytest.mark.parametrize("wraps", [None, 6553.6])
def test_what_can_not_have_fallen_meanwhile_was_not_measured(wraps: float | None) -> None:
    assert rain(80.0, 0.0, 80.0, 80.2, wraps=wraps) == [None, 0.0, None, 0.2]
    assert rain(80.0, 4000.0, 80.0, wraps=wraps) == [None, None, None]


def test_what_fell_while_nobody_read_comes_with_the_next_reading() -> None:
    assert rain(10.0, 130.0, every=36_000.0) == [None, 120.0]


def test_another_counter_is_bounded_by_what_is_plausible_of_it() -> None:
    counters = Counters()
    for stand, added in ((5, None), (1200, 1195), (5000, None)):
        assert counters.since({"solar": Counter(stand)}, 0.0) == {"solar": added}


def test_a_reading_that_is_left_out_costs_no_rain_and_the_sum_is_calibrated() -> None:
    clock = FakeClock()
    sampler = Sampler(10, {"rain": Calibration(gain=2.0)})
    kept = []
    for stand in range(31):
        kept.append(sampler.keep({"humidity": 90.0}, clock.stamp(), {"rain": Counter(stand / 10)}))
        clock.advance(1)
    sums = [each["rain"] for each in kept if each is not None]
    raw = [each["rain_raw"] for each in kept if each is not None]
    assert sums[0] is None
    assert sum(value or 0 for value in raw) == pytest.approx(2.7)
    assert sums[1:] == [pytest.approx(2 * value) for value in raw[1:] if value is not None]
