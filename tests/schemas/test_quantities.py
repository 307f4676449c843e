from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.quantity import (
    BIN_KMH,
    BINS,
    BOOT_COLUMN,
    QUANTITIES,
    RAW_SUFFIX,
    Quantity,
    find,
    speed_bin,
)
from schemas.reading import PRECEDENCE, Flag, stronger

MEASUREMENTS = {"air", "weather", "noise", "traffic", "position", "distance", "node"}
SUFFIXES = ("_qf", "_why", "_rejected", RAW_SUFFIX)

each_quantity = pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)


@each_quantity
def test_a_quantity_belongs_to_a_measurement_and_has_a_range(quantity: Quantity) -> None:
    assert quantity.measurement in MEASUREMENTS
    assert quantity.low < quantity.high
    assert quantity.step is None or 0 < quantity.step <= quantity.high - quantity.low


@each_quantity
def test_a_quantity_has_a_name_in_both_languages(quantity: Quantity) -> None:
    assert quantity.label_id.strip()
    assert quantity.label_en.strip()


@each_quantity
def test_a_quantity_s_name_can_t_be_taken_for_a_field_made_of_another(quantity: Quantity) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", quantity.name)
    assert not quantity.name.endswith(SUFFIXES)
    assert quantity.name != BOOT_COLUMN


def test_no_two_quantities_of_a_measurement_bear_one_label() -> None:
    labels = [(each.measurement, each.label_id) for each in QUANTITIES.values()]

    assert len(set(labels)) == len(labels)


@each_quantity
def test_a_calibrated_quantity_s_raw_twin_shares_its_row(quantity: Quantity) -> None:
    assert find(quantity.name + RAW_SUFFIX) is find(quantity.name) is quantity


def test_what_is_no_quantity_is_not_found() -> None:
    for name in ("pm3", "", RAW_SUFFIX, f"pm10{RAW_SUFFIX}{RAW_SUFFIX}", BOOT_COLUMN):
        assert find(name) is None


def test_every_bin_is_a_quantity_and_they_leave_no_gap() -> None:
    assert all(high - low == BIN_KMH for low, high in pairwise(BINS))
    assert [name for name in QUANTITIES if name.startswith("speed_b")] == [
        f"speed_b{low:03}" for low in BINS
    ]


@given(st.floats(0, 1e6))
def test_every_speed_falls_into_the_bin_that_bears_its_lower_edge(speed: float) -> None:
    low = int(speed_bin(speed).removeprefix("speed_b"))

    assert low <= speed
    assert speed < low + BIN_KMH or low == BINS[-1]
    assert speed_bin(speed) in QUANTITIES


def test_a_negative_speed_has_no_bin() -> None:
    with pytest.raises(ValueError, match="magnitude"):
        speed_bin(-1.0)


def test_of_two_verdicts_the_graver_holds() -> None:
    assert PRECEDENCE == (9, 2, 1, 3, 4)
    assert set(PRECEDENCE) == set(Flag)
    for weaker, graver in pairwise(PRECEDENCE):
        assert stronger(weaker, graver) is stronger(graver, weaker) is graver
