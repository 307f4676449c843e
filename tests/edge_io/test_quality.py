"""The flags of readings, and what each test must not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import FakeClock
from gateway.edge.quality import Quality
from schemas.quantity import QUANTITIES
from schemas.reading import Cause, Flag, Reading, Value

if TYPE_CHECKING:
    from gateway.edge.measured import Measured
    from schemas.quantity import Quantity

GOOD = (Flag.PASS, Cause.NONE)
RANGE = (Flag.FAIL, Cause.RANGE)
STEP = (Flag.SUSPECT, Cause.STEP)
RATE = (Flag.SUSPECT, Cause.RATE)
STUCK = (Flag.SUSPECT, Cause.STUCK)
WARMING = (Flag.SUSPECT, Cause.WARMING_UP)
FAULT = (Flag.FAIL, Cause.DEVICE_FAULT)
HUMID = (Flag.SUSPECT, Cause.HUMIDITY)
ORDER = (Flag.SUSPECT, Cause.ORDER)


class Bench:
    """A device whose readings come each second."""

    def __init__(self, every: float | None = 1.0, warmup: float = 0.0) -> None:
        self.clock = FakeClock()
        self.quality = Quality(every, warmup)

    def judge(self, faulty: str = "", /, **values: float | None) -> list[Measured]:
        reading = Reading("d", None, {name: Value(value) for name, value in values.items()})
        return self.quality.judge(reading, self.clock.stamp(), fault=bool(faulty))

    def verdict(self, faulty: str = "", /, **values: float | None) -> tuple[Flag, Cause]:
        """Judge a reading alone, and return the verdict on its first value."""
        measured = [*self.judge(faulty, **values), *self.quality.flush()]
        self.clock.advance(1)
        return _verdict(measured[-1])

    def verdicts(self, *temperatures: float | None, after: float = 1.0) -> list[object]:
        """Judge temperatures one after the other; a second behind each, time is looked at."""
        measured: list[Measured] = []
        for temperature in temperatures:
            measured += self.judge(temperature=temperature)
            self.clock.advance(after)
            measured += self.quality.due(self.clock.stamp())
        measured += self.quality.flush()
        assert [m.stamp.boot for m in measured] == sorted(m.stamp.boot for m in measured)
        return [_verdict(m) for m in measured]


def test_of_a_device_that_nobody_has_confirmed_no_value_is_good() -> None:
    bench = Bench()
    bench.quality = Quality(1.0, confirmed=False)
    assert bench.verdict(temperature=20.0) == (Flag.SUSPECT, Cause.NONE)
    assert bench.verdict(temperature=2000.0) == RANGE


def test_a_plausible_value_passes() -> None:
    assert Bench().verdict(temperature=27) == GOOD


@pytest.mark.parametrize("quantity", [q for q in QUANTITIES.values() if q.measurement != "node"])
def test_the_ends_of_a_range_pass_and_what_lies_beyond_fails(quantity: Quantity) -> None:
    values = [quantity.low, quantity.high, quantity.low - 1, quantity.high + 1]
    verdicts = [Bench().verdict(**{quantity.name: value}) for value in values]
    assert verdicts == [GOOD, GOOD, RANGE, RANGE]


def test_a_quantity_without_a_table_row_is_not_evaluated() -> None:
    assert Bench().verdict(mystery=1) == (Flag.NOT_EVALUATED, Cause.NONE)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_missing_and_never_zero(value: float | None) -> None:
    (measured,) = Bench().judge(temperature=value)
    assert measured.reading.values["temperature"] == Value(None, Flag.MISSING, Cause.NONE)


def test_a_faulty_device_gives_nothing_good() -> None:
    bench = Bench()
    assert bench.verdict("faulty", temperature=27) == FAULT
    assert bench.verdict("faulty", temperature=999) == FAULT
    assert bench.verdict(temperature=27) == GOOD


def test_a_spike_is_suspect_and_neither_of_its_neighbours_is() -> None:
    assert Bench().verdicts(27, 45, 27, 27) == [GOOD, STEP, GOOD, GOOD]


def test_a_jump_that_stays_is_suspect_once_as_too_fast() -> None:
    assert Bench().verdicts(27, 45, 45, 45) == [GOOD, RATE, GOOD, GOOD]


def test_a_jump_that_goes_on_is_no_spike() -> None:
    assert Bench().verdicts(0, 20, 40, 41) == [GOOD, RATE, RATE, GOOD]


def test_a_jump_without_a_follower_in_time_is_not_held_any_longer() -> None:
    bench = Bench()
    bench.judge(temperature=27)
    bench.clock.advance(1)
    assert bench.judge(temperature=45) == []
    bench.clock.advance(1.0)
    assert bench.quality.due(bench.clock.stamp()) == []
    bench.clock.advance(0.2)
    (late,) = bench.quality.due(bench.clock.stamp())
    assert _verdict(late) == RATE
    assert bench.quality.flush() == []


@pytest.mark.parametrize(("every", "held"), [
    (None, 5.0), (0.1, 0.11), (1, 1.1), (4, 4.4), (60, 0),
])  # fmt: skip
def test_a_reading_is_held_an_interval_at_most_and_never_beyond_five_seconds(
    every: float | None, held: float
) -> None:
    bench = Bench(every)
    bench.judge(temperature=27)
    bench.clock.advance(0.05)
    released = bench.judge(temperature=45)
    assert bool(released) == (held == 0)
    bench.clock.advance(held - 0.01 if held else 0)
    assert bench.quality.due(bench.clock.stamp()) == []
    bench.clock.advance(0.02)
    assert len(bench.quality.due(bench.clock.stamp())) == (1 if held else 0)


def test_nothing_is_held_while_nothing_jumps() -> None:
    bench = Bench()
    for temperature in range(20, 30):
        assert len(bench.judge(temperature=temperature)) == 1
        bench.clock.advance(1)


def test_a_quantity_that_may_jump_is_never_held() -> None:
    bench = Bench()
    for direction in (0, 180, 10, 350):
        assert len(bench.judge(wind_direction=direction)) == 1
        bench.clock.advance(1)


def test_a_change_over_a_long_gap_is_no_jump() -> None:
    assert Bench().verdicts(20, 35, after=3600) == [GOOD, GOOD]


def test_an_implausible_value_is_no_neighbour() -> None:
    assert Bench().verdicts(27, 300, 27, None, 28) == [
        GOOD, RANGE, GOOD, (Flag.MISSING, Cause.NONE), GOOD,
    ]  # fmt: skip


def test_the_first_seconds_after_opening_or_waking_are_suspect() -> None:
    bench = Bench(warmup=3)
    bench.quality.woke(bench.clock.stamp())
    assert bench.verdicts(20, 60, 20, 20, 20) == [WARMING, WARMING, WARMING, GOOD, GOOD]
    bench.quality.woke(bench.clock.stamp())
    assert bench.verdicts(20) == [WARMING]


def test_what_began_before_a_sensor_woke_that_needs_no_warming_up_is_good() -> None:
    bench = Bench()
    began = bench.clock.stamp()
    bench.clock.advance(30)
    bench.quality.woke(bench.clock.stamp())
    reading = Reading("d", None, {"count": Value(3.0)})
    assert _verdict(bench.quality.judge(reading, began)[0]) == GOOD


def test_nothing_is_compared_across_a_sleep() -> None:
    bench = Bench()
    assert bench.verdicts(27) == [GOOD]
    bench.quality.woke(bench.clock.stamp())
    assert bench.verdicts(60, 60) == [GOOD, GOOD]


def test_a_jump_before_a_sleep_is_told_without_what_came_behind_it() -> None:
    bench = Bench()
    assert bench.verdicts(27) == [GOOD]
    bench.judge(temperature=60)
    bench.clock.advance(1)
    bench.quality.woke(bench.clock.stamp())
    before, behind = [*bench.judge(temperature=27), *bench.quality.flush()]
    assert [_verdict(before), _verdict(behind)] == [RATE, GOOD]


def test_what_fails_stays_failed_while_warming_up() -> None:
    bench = Bench(warmup=3)
    bench.quality.woke(bench.clock.stamp())
    assert bench.verdict(temperature=999) == RANGE


def test_a_value_that_never_moves_is_stuck_after_hours_until_it_moves() -> None:
    bench = Bench(every=60)
    verdicts = bench.verdicts(*[27.5] * 362, 27.4, after=60)
    assert verdicts[:360] == [GOOD] * 360
    assert verdicts[361:] == [STUCK, GOOD]


@pytest.mark.parametrize(("name", "value"), [
    ("pm2_5", 0), ("pm2_5", 12), ("humidity", 100), ("rain", 0), ("o3", 0), ("wind_speed", 0),
])  # fmt: skip
def test_clean_air_calm_wind_and_a_saturated_night_are_not_stuck(name: str, value: float) -> None:
    bench = Bench(every=60)
    for _ in range(24 * 60):
        assert bench.verdict(**{name: value}) == GOOD
        bench.clock.advance(59)


def test_dust_that_never_moves_at_a_height_where_it_always_does_is_stuck() -> None:
    bench = Bench(every=60)
    for _ in range(61):
        verdict = bench.verdict(pm2_5=80)
        bench.clock.advance(59)
    assert verdict == STUCK


def test_a_few_equal_readings_far_apart_prove_nothing() -> None:
    bench = Bench(every=3600)
    assert bench.verdicts(*[27.5] * 50, after=3600) == [GOOD] * 50
    bench = Bench(every=800)
    for _ in range(9):
        assert bench.verdict(pm2_5=80) == GOOD
        bench.clock.advance(799)


def test_dust_in_very_humid_air_is_suspect_and_the_humidity_is_not() -> None:
    bench = Bench()
    (measured,) = bench.judge(pm2_5=40, pm10=60, pn0_3=10, humidity=90.1)
    assert _all(measured) == [HUMID, HUMID, GOOD, GOOD]
    bench.clock.advance(1)
    (measured,) = bench.judge(pm2_5=40, pm10=60, pn0_3=10, humidity=90)
    assert _all(measured) == [GOOD] * 4


def test_a_hygrometer_that_fails_says_nothing_about_dust() -> None:
    (measured,) = Bench().judge(pm2_5=40, humidity=120)
    assert _all(measured) == [GOOD, RANGE]


def test_a_mass_below_one_that_it_contains_is_suspect_with_it() -> None:
    (measured,) = Bench().judge(pm1_0=5, pm2_5=30, pm10=20, pm1_0_cf1=5, pm10_cf1=20)
    assert _all(measured) == [GOOD, ORDER, ORDER, GOOD, GOOD]


def test_rounding_is_no_disorder() -> None:
    (measured,) = Bench().judge(pm1_0=6, pm2_5=5, pm10=5)
    assert _all(measured) == [GOOD] * 3


def test_a_spike_of_one_mass_casts_no_doubt_on_the_others() -> None:
    bench = Bench()
    bench.judge(pm1_0=8, pm2_5=12, pm10=15)
    bench.clock.advance(1)
    assert bench.judge(pm1_0=8, pm2_5=900, pm10=15) == []
    bench.clock.advance(1)
    spike, after = bench.judge(pm1_0=8, pm2_5=12, pm10=15)
    assert _all(spike) == [GOOD, STEP, GOOD]
    assert _all(after) == [GOOD] * 3


def test_a_raw_value_shares_the_verdict_on_the_corrected_one() -> None:
    (measured,) = Bench().judge(temperature=-41, temperature_raw=27)
    assert _all(measured) == [RANGE, RANGE]
    assert measured.reading.values["temperature_raw"].value == 27


def test_device_channel_and_time_pass_through() -> None:
    reading = Reading("radar", "in", {"count": Value(3)}, every=60)
    clock = FakeClock()
    (measured,) = Quality(60).judge(reading, clock.stamp())
    judged = {"count": Value(3, Flag.PASS, Cause.NONE)}
    assert measured == (Reading("radar", "in", judged, every=60), clock.stamp())


@given(st.lists(st.one_of(st.none(), st.floats(-100, 200)), max_size=30), st.floats(0.01, 20))
def test_every_reading_leaves_once_in_order_with_its_own_value(
    temperatures: list[float | None], after: float
) -> None:
    bench = Bench()
    measured: list[Measured] = []
    for temperature in temperatures:
        measured += bench.judge(temperature=temperature)
        bench.clock.advance(after)
        measured += bench.quality.due(bench.clock.stamp())
    measured += bench.quality.flush()
    assert [m.reading.values["temperature"].value for m in measured] == temperatures


def _verdict(measured: Measured) -> tuple[Flag, Cause]:
    return _all(measured)[0]


def _all(measured: Measured) -> list[tuple[Flag, Cause]]:
    return [(value.flag, value.cause) for value in measured.reading.values.values()]
