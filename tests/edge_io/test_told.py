"""Sensors that count by themselves: nothing counts twice, nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.driver import SUMS
from devices.sample import Counter, Detection, Sample, Tally, Vehicle
from gateway.clock import FakeClock
from gateway.edge.sums import columns
from gateway.edge.vehicles import Vehicles
from schemas.quantity import BINS, QUANTITIES, speed_bin

ALL = (
    "count_motorcycle", "count_light", "count_heavy", *SUMS,
    "occupied_seconds", "headway_sum", "gap_sum", "length_sum",
)  # fmt: skip
MEANS = ("speed_sum", "occupied_seconds")


class Gantry:
    """A lane counter, looked at four times a second."""

    def __init__(self, sums: tuple[str, ...] = ALL, gap: float = 1.0) -> None:
        self.clock = FakeClock(wall=1_764_072_000.0)
        self.vehicles = Vehicles("counter", ("lane-1", "lane-2"), 60.0, sums, gap)
        self.observing = True
        self.wait(0.25)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            self.clock.advance(0.25)
            self.vehicles.observe(self.clock.stamp(), 0, observing=self.observing)

    def tell(self, *told: Vehicle | Tally | Detection) -> None:
        sample = Sample(
            vehicles=tuple(one for one in told if isinstance(one, Vehicle)),
            tallies=tuple(one for one in told if isinstance(one, Tally)),
            detections=tuple(one for one in told if isinstance(one, Detection)),
        )
        self.vehicles.take(sample, self.clock.stamp())

    def count(self, *values: float, wraps: float | None = 256.0, each: float = 1.0) -> None:
        """Read a running count at these values, one after the other."""
        for value in values:
            self.tell(Tally("lane-1", Counter(value, wraps)))
            self.wait(each)

    def close(self, channel: str = "lane-1") -> dict[str, float | None]:
        """Return all that is not zero in the interval that ends here."""
        self.wait(0.25)
        (one,) = [m.reading for m in self.vehicles.close() if m.reading.channel == channel]
        return {
            name: value.value
            for name, value in one.values.items()
            if value.value and name != "seconds"
        }

    def counted(self) -> float:
        return self.close().get("count") or 0.0


def test_a_vehicle_adds_all_that_is_known_of_it() -> None:
    road = Gantry()
    road.tell(Vehicle("lane-1", 50.0, "light", length=4.5, occupied=0.5, gap=2.0))
    road.tell(Vehicle("lane-1", 25.0, "motorcycle", length=2.0, occupied=0.25, gap=3.0))
    assert road.close() == {
        "count": 2, "count_total": 2, "count_light": 1, "count_motorcycle": 1,
        "speed_sum": 75, "speed_square_sum": 3125, "speed_inverse_sum": 0.06,
        "speed_b050": 1, "speed_b025": 1,
        "length_sum": 6.5, "occupied_seconds": 0.75, "gap_sum": 5, "headway_sum": 3.5,
    }  # fmt: skip


def test_a_headway_is_known_only_behind_a_vehicle_that_was_seen_and_never_across_a_silence() -> (
    None
):
    road = Gantry()
    road.tell(Vehicle("lane-1", 50.0, occupied=0.5, gap=2.0))
    road.observing = False
    road.wait(0.25)
    road.observing = True
    road.wait(0.25)
    road.tell(Vehicle("lane-1", 50.0, occupied=0.5, gap=2.0))
    assert "headway_sum" not in road.close()


def test_a_vehicle_of_no_class_or_of_one_that_its_driver_does_not_tell_is_unknown() -> None:
    road = Gantry(SUMS)
    road.tell(Vehicle("lane-1", None, "heavy"), Vehicle("lane-1", 0.0))
    assert road.close() == {"count": 2, "count_unknown": 2, "count_total": 2}


def test_a_vehicle_that_is_told_twice_counts_once() -> None:
    road = Gantry()
    road.tell(Vehicle("lane-1", 50.0, mark="a"), Vehicle("lane-2", 50.0, mark="a"))
    road.tell(Vehicle("lane-1", 50.0, mark="a"), Vehicle("lane-1", 50.0, mark="b"))
    assert road.counted() == 2


@pytest.mark.parametrize("before", [200, 20])
def test_a_sensor_that_begins_to_count_again_hides_nobody(before: int) -> None:
    road = Gantry()
    for number in [*range(1, before + 1), *range(1, 201)]:
        road.tell(Vehicle("lane-1", 50.0, mark=f"{number}", number=number))
    assert road.counted() == before + 200


def test_one_that_bears_a_number_counts_once_though_it_is_told_again_late() -> None:
    road = Gantry()
    for number in range(1, 41):
        road.tell(Vehicle("lane-1", 50.0, mark=f"{number}", number=number))
    road.wait(300.0)
    for number in [*range(29, 41), *range(37, 43)]:
        road.tell(Vehicle("lane-1", 50.0, mark=f"{number}", number=number))
    measured = road.close()
    assert measured["count_total"] == 42


def test_a_mark_that_comes_again_after_half_a_minute_is_another_vehicle() -> None:
    road = Gantry()
    road.tell(Vehicle("lane-1", 50.0, mark="a"))
    road.wait(20.0)
    road.tell(Vehicle("lane-1", 50.0, mark="a"))
    road.wait(10.25)
    road.tell(Vehicle("lane-1", 50.0, mark="a"))
    assert road.close()["count_total"] == 2


def test_without_marks_every_vehicle_counts() -> None:
    road = Gantry()
    road.tell(Vehicle("lane-1", 50.0), Vehicle("lane-1", 50.0))
    assert road.counted() == 2


def test_an_interval_counts_once_and_the_first_which_may_have_counted_before_not_at_all() -> None:
    road = Gantry(MEANS)
    for mark, count in (("1", 7.0), ("1", 7.0), ("2", 5.0), ("2", 5.0), ("3", 0.0)):
        road.tell(Tally("lane-1", count, {"speed_sum": 50.0 * count}, mark))
        road.wait(5)
    assert road.close() == {"count": 5, "count_unknown": 5, "count_total": 5, "speed_sum": 250}


def test_an_interval_of_means_has_no_squares_and_no_bins() -> None:
    road = Gantry(MEANS)
    road.tell(Tally("lane-1", 3.0, {"speed_sum": 150.0, "speed_square_sum": 7500.0}))
    assert road.close() == {"count": 3, "count_unknown": 3, "count_total": 3, "speed_sum": 150}
    assert not {speed_bin(low) for low in BINS} & set(columns(MEANS))


def test_classes_that_a_sensor_counts_leave_the_rest_unknown() -> None:
    road = Gantry()
    road.tell(Tally("lane-1", 5.0, {"count_light": 3.0, "count_heavy": 1.0}))
    assert road.close() == {
        "count": 5, "count_total": 5, "count_light": 3, "count_heavy": 1, "count_unknown": 1,
    }  # fmt: skip


def test_of_a_running_count_only_the_difference_counts() -> None:
    road = Gantry()
    road.count(17, 18, 18, 20)
    assert road.counted() == 3


def test_a_running_count_goes_on_where_it_wraps() -> None:
    road = Gantry()
    road.count(254, 255, 0, 2)
    assert road.counted() == 4


@pytest.mark.parametrize("values", [(200, 3), (10, 190), (900, 2)])
def test_a_count_that_was_reset_or_jumped_gives_nothing_and_goes_on_from_there(
    values: tuple[int, int],
) -> None:
    wraps = None if values[0] > 255 else 256.0
    road = Gantry()
    road.count(*values, values[1] + 1, wraps=wraps)
    assert road.counted() == 1


def test_a_count_that_may_have_wrapped_unread_gives_nothing() -> None:
    road = Gantry()
    road.count(10, wraps=16.0, each=8.0)
    road.count(12, wraps=16.0)
    assert road.counted() == 0


def test_a_count_that_was_not_read_for_long_belongs_to_no_minute() -> None:
    road = Gantry()
    road.tell(Tally("lane-1", Counter(100.0)))
    road.clock.advance(121)
    road.tell(Tally("lane-1", Counter(120.0)))
    road.wait(1)
    road.tell(Tally("lane-1", Counter(121.0)))
    assert road.counted() == 1


@pytest.mark.parametrize(
    ("changed", "counted"), [(51.0, 1), (50.0, 0), (3.0, 0), (12_800.0, 0), (None, 0)]
)
def test_a_count_is_believed_as_far_as_the_sensor_s_own_clock_goes_on_with_ours(
    changed: float | None, counted: int
) -> None:
    road = Gantry()
    road.tell(Tally("lane-1", Counter(7, 256, changed=50.0)))
    road.wait(2)
    road.tell(Tally("lane-1", Counter(8, 256, changed=changed)))
    assert road.counted() == counted


def test_the_first_vehicle_of_a_sensor_that_has_run_for_long_counts() -> None:
    road = Gantry()
    road.tell(Tally("lane-1", Counter(0, 256)))
    road.wait(2)
    road.tell(Tally("lane-1", Counter(1, 256, changed=86_400.0)))
    assert road.counted() == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=25))  # less than an interval
def test_a_count_read_often_enough_gives_all_vehicles_and_no_other(
    passing: list[tuple[int, bool]],
) -> None:
    road, stands, read, expected = Gantry(), 250, 250, 0
    road.count(stands, each=2.0)
    for vehicles, is_read in passing:
        stands += vehicles
        if is_read:
            road.count(stands % 256, each=0.0)
            read, expected = stands, expected + stands - read
        road.wait(2)
    assert road.counted() == expected


def test_every_column_is_one_of_the_table() -> None:
    assert set(columns(ALL)) <= set(QUANTITIES)
    assert columns()[:3] == ("count", "count_unknown", "count_total")


def test_a_beam_without_speeds_tells_vehicles_apart_by_its_own_gap() -> None:
    road = Gantry(gap=0.25)
    for _ in range(3):
        for _ in range(4):
            road.tell(Detection("lane-1", distance=1.5))
            road.wait(0.25)
        road.wait(0.5)
    assert road.close() == {"count": 3, "count_unknown": 3, "count_total": 3}


def test_who_stands_in_a_beam_without_speeds_counts_once_and_when_gone() -> None:
    road = Gantry(gap=0.25)
    for _ in range(160):
        road.tell(Detection("lane-1", distance=1.5))
        road.wait(0.25)
    road.wait(1)
    assert road.counted() == 1
