"""From detections to intervals: what is counted, when, and for how long it was observed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from devices.sample import Detection, Sample, Tally, Vehicle
from gateway.clock import FakeClock, Stamp
from gateway.edge.vehicles import Vehicles
from schemas.quantity import BINS, find, speed_bin

if TYPE_CHECKING:
    from gateway.edge.measured import Measured

NOON = 1_764_072_000.0


class Roadside:
    """A radar with two directions, looked at eight times a second: floats keep that exact."""

    def __init__(self, wall: float = NOON) -> None:
        self.clock = FakeClock(wall=wall)
        self.vehicles = Vehicles("radar", ("in", "out"), 60.0)
        self.turn = 0
        self.observing = True
        self.ended: list[Measured] = []
        self.wait(0.0)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 8)):
            self.clock.advance(0.125)
            self._look()
        if seconds == 0:
            self._look()

    def _look(self) -> None:
        self.ended += self.vehicles.observe(self.clock.stamp(), self.turn, observing=self.observing)

    def see(self, *speeds: float | None, channel: str = "in") -> None:
        """See one vehicle, in as many lines as there are speeds."""
        for speed in speeds:
            self.vehicles.see([Detection(channel, speed)], self.clock.stamp())
            self.wait(0.25)

    def close(self) -> None:
        self.ended += self.vehicles.close()

    def intervals(self, channel: str = "in") -> list[tuple[float, float, float]]:
        """List begin (seconds behind noon), seconds observed, and count."""
        return [
            (
                round(m.stamp.wall - NOON, 3),
                _value(m, "seconds"),
                _value(m, "count"),
            )
            for m in self.ended
            if m.reading.channel == channel
        ]


def test_a_minute_bears_its_start_and_every_channel_speaks_each_minute() -> None:
    road = Roadside()
    road.see(36.0)
    road.wait(120)
    assert road.intervals("in") == [(0, 60, 1), (60, 60, 0)]
    assert road.intervals("out") == [(0, 60, 0), (60, 60, 0)]
    assert road.ended[0].stamp.wall == NOON
    assert road.ended[0].reading.every == 60


def test_all_columns_are_there_and_known_even_when_nobody_passed() -> None:
    road = Roadside()
    road.wait(60)
    values = road.ended[0].reading.values
    assert {value.value for name, value in values.items() if name != "seconds"} == {0.0}
    assert {speed_bin(low) for low in BINS} < set(values)
    assert all(find(name) is not None for name in values)


def test_the_lines_about_one_vehicle_are_one_passage_at_their_median_speed() -> None:
    road = Roadside()
    road.see(36.0, 37.0, 90.0)
    road.wait(60)
    (measured,) = [m for m in road.ended if m.reading.channel == "in"]
    sums = {name: value.value for name, value in measured.reading.values.items() if value.value}
    assert sums == {
        "count": 1, "count_unknown": 1, "count_total": 1,
        "speed_sum": 37, "speed_square_sum": 1369, "speed_inverse_sum": 0.027027027,
        "speed_b035": 1, "seconds": 60,
    }  # fmt: skip


def test_vehicles_more_than_a_second_apart_and_in_both_directions_are_told_apart() -> None:
    road = Roadside()
    for _ in range(3):
        road.see(36.0, 36.0)
        road.see(50.0, channel="out")
        road.wait(1.5)
    road.wait(60)
    assert road.intervals("in")[0] == (0, 60, 3)
    assert road.intervals("out")[0] == (0, 60, 3)


def test_a_passage_across_a_minute_counts_once() -> None:
    road = Roadside()
    road.wait(59.5)
    road.see(*[36.0] * 6)
    road.wait(60)
    assert [count for _, _, count in road.intervals()] == [0, 1]


def test_a_queue_counts_again_each_ten_seconds() -> None:
    road = Roadside()
    road.see(*[6.0] * 100)
    road.wait(40)
    assert road.intervals()[0] == (0, 60, 3)


def test_what_stands_still_does_not_pass() -> None:
    road = Roadside()
    road.see(0.0, 0.0)
    road.wait(60)
    assert road.intervals()[0] == (0, 60, 0)


def test_a_passage_without_a_speed_counts_and_adds_to_no_speed() -> None:
    road = Roadside()
    road.see(None)
    road.wait(60)
    assert _value(road.ended[0], "count") == 1
    assert _value(road.ended[0], "speed_sum") == 0


def test_the_running_count_goes_on_from_interval_to_interval() -> None:
    road = Roadside()
    road.see(36.0)
    road.wait(60)
    road.see(36.0)
    road.wait(60)
    totals = [_value(m, "count_total") for m in road.ended if m.reading.channel == "in"]
    assert totals == [1, 2]


def test_an_interval_that_began_late_bears_the_moment_when_it_did() -> None:
    road = Roadside(wall=NOON + 42.5)
    road.wait(80)
    assert road.intervals() == [(42.5, 17.5, 0), (60, 60, 0)]


def test_a_stop_ends_the_interval_and_whoever_is_passing() -> None:
    road = Roadside()
    road.see(36.0)
    road.wait(9.75)
    road.vehicles.see([Detection("in", 36.0)], road.clock.stamp())
    road.close()
    assert road.intervals() == [(0, 10, 2)]


def test_winning_trust_cuts_the_interval_and_no_passage() -> None:
    road = Roadside()
    road.wait(20)
    road.see(36.0)
    road.turn += 1
    road.see(36.0)
    road.wait(40)
    assert road.intervals() == [(0, 20.375, 0), (20.375, 39.625, 1)]


@pytest.mark.parametrize("step", [86_400.0, -86_400.0, 1.5, -1.5])
def test_setting_the_clock_cuts_the_interval_where_it_was_set(step: float) -> None:
    road = Roadside()
    road.wait(20)
    road.clock.step(step)
    road.wait(0.125)
    assert road.intervals() == [(0, 20.125, 0)]
    road.wait(10)
    road.close()
    assert road.intervals()[1:] == [(20.125 + step, 10, 0)]


def test_a_gentle_correction_cuts_nothing() -> None:
    road = Roadside()
    road.wait(20)
    road.clock.step(0.5)
    road.wait(40)
    assert road.intervals() == [(0, 59.5, 0)]


def test_seconds_without_the_sensor_are_not_observed() -> None:
    road = Roadside()
    road.wait(20)
    road.observing = False
    road.wait(15)
    road.observing = True
    road.wait(25)
    assert road.intervals() == [(0, 44.875, 0)]


def test_a_moment_without_the_sensor_is_not_observed_either() -> None:
    road = Roadside()
    road.wait(20)
    road.observing = False
    road.wait(0.5)
    road.observing = True
    road.wait(39.5)
    assert road.intervals() == [(0, 59.375, 0)]


def test_minutes_follow_each_other_without_a_gap_whenever_they_are_looked_at() -> None:
    road = Roadside(wall=NOON + 1 / 16)
    road.wait(180)
    assert road.intervals() == [(0.062, 59.938, 0), (60, 60, 0), (120, 60, 0)]


def test_two_vehicles_in_one_portion_of_bytes_are_told_apart() -> None:
    road = Roadside()
    for _ in range(2):
        road.vehicles.see([Detection("in", 36.0)], road.clock.stamp())
        road.clock.advance(1.5)
    road.close()
    assert road.intervals() == [(0, 0, 2)]


def test_minutes_without_the_sensor_are_absent_and_the_next_begins_when_it_is_back() -> None:
    road = Roadside()
    road.wait(20)
    road.observing = False
    road.wait(190)
    road.observing = True
    road.wait(60)
    assert road.intervals() == [(0, 20, 0), (210.125, 29.875, 0)]


def test_who_is_passing_when_the_sensor_is_lost_counts_where_it_was_seen() -> None:
    road = Roadside()
    road.wait(59)
    road.see(36.0)
    road.observing = False
    road.wait(120)
    road.observing = True
    road.wait(1)
    road.close()
    assert road.intervals()[0][2] == 1
    assert [count for _, _, count in road.intervals()[1:]] == [0] * (len(road.intervals()) - 1)


def test_whoever_looked_away_has_not_observed() -> None:
    road = Roadside()
    road.wait(20)
    road.clock.advance(15)
    road.wait(25)
    assert road.intervals() == [(0, 44.875, 0)]


def test_two_cuts_within_a_millisecond_make_one_interval() -> None:
    road = Roadside()
    road.wait(20)
    for _ in range(5):
        road.turn += 1
        road.wait(0)
    road.wait(40)
    assert road.intervals() == [(0, 20, 0), (20, 40, 0)]


def test_a_lane_that_nobody_set_up_is_no_channel_and_is_told() -> None:
    road = Roadside()
    strange = "lane-200"
    seen = (Detection(strange, 36.0), Detection("in", 36.0))
    told = Sample({}, seen, vehicles=(Vehicle(strange),), tallies=(Tally(strange, 3.0),))
    assert road.vehicles.take(told, road.clock.stamp()) == [strange] * 3
    road.wait(60)
    assert road.intervals(strange) == []
    assert road.intervals("in") == [(0, 60, 1)]


class Traffic(RuleBasedStateMachine):
    """The law: each passage counts once, no time is observed twice, no two intervals share one."""

    def __init__(self) -> None:
        super().__init__()
        self.road = Roadside()
        self.began = self.road.clock.boot
        self.passed = 0

    @rule(seconds=st.floats(0.125, 100))
    def time_passes(self, seconds: float) -> None:
        self.road.wait(seconds)

    @precondition(lambda self: self.road.observing)
    @rule(lines=st.integers(1, 8))
    def a_vehicle_passes(self, lines: int) -> None:
        self.road.wait(1.2)
        self.road.see(*[40.0] * lines)
        self.passed += 1

    @rule(step=st.floats(-200, 200))
    def the_clock_is_set(self, step: float) -> None:
        self.road.clock.step(step)

    @rule()
    def trust_is_won(self) -> None:
        self.road.turn += 1

    @rule()
    def the_sensor_goes_or_comes(self) -> None:
        self.road.observing = not self.road.observing

    @rule(seconds=st.floats(1.1, 100))
    def the_gateway_looks_away(self, seconds: float) -> None:
        self.road.clock.advance(seconds)

    def teardown(self) -> None:
        self.road.observing = True
        self.road.wait(1.2)
        self.road.close()
        mine = [m for m in self.road.ended if m.reading.channel == "in"]
        assert sum(_value(m, "count") for m in mine) == self.passed
        lived = self.road.clock.boot - self.began
        assert sum(_value(m, "seconds") for m in mine) <= lived + 0.001 * len(mine)
        boots = [m.stamp.boot for m in mine]
        assert boots == sorted(boots)
        assert all(later - earlier > 0.001 for earlier, later in pairwise(boots))


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)


def _value(measured: Measured, name: str) -> float:
    value = measured.reading.values[name].value
    assert value is not None
    return value


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.7, 2.2, 3.6, 60.0])
def test_an_interval_of_any_length_ends(seconds: float) -> None:
    vehicles = Vehicles("radar", ("in",), seconds)
    wall, ended = 1_764_000_000.3, 0
    for step in range(200):
        stamp = Stamp(100.0 + step * 0.2, wall + step * 0.2)
        ended += len(vehicles.observe(stamp, 0, observing=True))
    assert ended == pytest.approx(39.8 / seconds, abs=2)
