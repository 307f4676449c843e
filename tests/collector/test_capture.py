"""Data capture and lateness: what both kinds of store answer, held against the readings."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from gateway.collector import questions
from gateway.collector.capture import Captured, days, hours, share, spans
from gateway.collector.lateness import LATE_MS, Late, find_late
from gateway.collector.points import of_touched
from tests.collector.batches import GATEWAY, T, batch

if TYPE_CHECKING:
    from tests.collector.books import Books

JAKARTA = ZoneInfo("Asia/Jakarta")
MINUTE = 60_000
START = T // MINUTE


def store(
    books: Books,
    seq: int,
    minutes: range | list[int],
    flags: str = "1",
    causes: str = "",
    *,
    device: str = "pm-1",
    quantities: tuple[str, ...] = ("pm2_5", "pm10"),
    gateway: str = GATEWAY,
) -> None:
    """Store one reading in each of these minutes after the start, all flagged alike."""
    values = [None if flag == "9" else 12.0 for flag in flags * (len(quantities) // len(flags))]
    rows = [[minute * MINUTE + 7000, flags, *values] for minute in minutes]
    why = {str(n): causes for n in range(len(rows))} if causes else {}
    made = batch(seq, device=device, t=T, q=list(quantities), r=rows, why=why)
    books.store(made, gateway)


def captured(books: Books, minutes: int, gateway: str = GATEWAY) -> dict[str, set[int]]:
    """Return the usable minutes of each device, counted from the start."""
    found = Captured(questions.of(books.reader), gateway, (START, START + minutes)).minutes
    return {device: {each - START for each in its} for device, its in found.items() if its}


def test_a_minute_with_a_good_value_is_captured(books: Books) -> None:
    store(books, 1, [0, 1, 2, 5])
    store(books, 2, [7], "2")
    store(books, 3, [8], device="pm-2")
    store(books, 4, [9], gateway="gw-2")

    assert captured(books, 60) == {"pm-1": {0, 1, 2, 5, 7}, "pm-2": {8}}
    assert captured(books, 5) == {"pm-1": {0, 1, 2}}


def test_what_failed_is_missing_or_suspect_is_not_captured(books: Books) -> None:
    store(books, 1, [0], "4", "1")
    store(books, 2, [1], "9")
    store(books, 3, [2], "3", "4")
    store(books, 4, [3], "3", "9")

    assert captured(books, 60) == {}


def test_what_only_humidity_makes_suspect_is_captured(books: Books) -> None:
    store(books, 1, [0, 61], "3", "8")
    store(books, 2, [1, 62], "33", "48")

    assert captured(books, 120) == {"pm-1": {0, 1, 61, 62}}


def test_any_quantity_of_a_device_captures_its_minute(books: Books) -> None:
    both = ("temperature", "humidity", "pm2_5")
    store(books, 1, range(120), "141", "010", quantities=both)
    store(books, 2, range(120, 130), "414", "101", quantities=both)
    store(books, 3, range(130, 140), "441", "110", quantities=both)
    store(books, 4, range(140, 150), "444", "111", quantities=both)

    assert captured(books, 200) == {"pm-1": set(range(140))}


def test_a_device_that_went_silent_hours_ago_is_remembered(books: Books) -> None:
    store(books, 1, range(300))
    store(books, 2, range(10, 20), device="gas-1", quantities=("no2",))

    assert captured(books, 300)["gas-1"] == set(range(10, 20))


def test_a_device_of_which_nothing_is_usable_yet_is_looked_through(books: Books) -> None:
    store(books, 1, range(200, 300), "4", "1")
    store(books, 2, range(5))

    assert captured(books, 300) == {"pm-1": set(range(5))}


@pytest.mark.parametrize("seed", range(4))
def test_usable_minutes_are_those_of_the_readings(books: Books, seed: int) -> None:
    luck = random.Random(seed)
    verdicts = [("1", "0"), ("2", "0"), ("3", "4"), ("3", "8"), ("4", "1"), ("9", "0")]
    expected: dict[str, set[int]] = {}
    devices = {"pm-1": ("pm2_5", "humidity"), "gas-1": ("no2",), "radar-1": ("count", "seconds")}
    for device, quantities in devices.items():
        there = sorted(luck.sample(range(180), luck.randrange(1, 170)))
        rows, why = [], {}
        for number, minute in enumerate(there):
            sound = luck.random() < 0.7
            chosen = [verdicts[0] if sound else luck.choice(verdicts) for _ in quantities]
            flags, why[str(number)] = ("".join(one[n] for one in chosen) for n in (0, 1))
            values = [None if flag == "9" else 5.0 for flag in flags]
            rows.append([minute * MINUTE, flags, *values])
            if any(one[0] in "12" or one == ("3", "8") for one in chosen):
                expected.setdefault(device, set()).add(minute)
        books.store(batch(device=device, t=T, q=list(quantities), r=rows, why=why))

    assert captured(books, 180) == expected


def test_the_gateway_itself_is_no_sensor(books: Books) -> None:
    store(books, 1, range(10), device="node", quantities=("cpu", "memory"))

    assert captured(books, 60) == {}


def test_the_first_reading_of_a_device_is_known_however_long_ago_it_was(books: Books) -> None:
    store(books, 1, range(100, 105))
    store(books, 2, [7, 300], "4", "1", device="pm-2")
    store(books, 3, [3], gateway="gw-2", device="pm-1")
    store(books, 4, range(200, 310))
    found = Captured(questions.of(books.reader), GATEWAY, (START + 290, START + 310))

    assert {name: minute - START for name, minute in found.begun.items()} == {
        "pm-1": 100, "pm-2": 7,
    }  # fmt: skip


# -- shares --------------------------------------------------------------------------------------


def test_a_share_is_of_the_minutes_of_a_span() -> None:
    assert share({0, 1, 2, 99}, (0, 4), 1.0) == 0.75
    assert share(set(), (0, 60), None) == 0
    assert share({5}, (5, 5), None) is None


def test_a_slow_device_owes_a_value_as_often_as_it_measures() -> None:
    every_five = set(range(0, 60, 5))

    assert share(every_five, (0, 60), 300.0) == 1
    assert share(every_five, (0, 120), 300.0) == 0.5
    assert share(every_five | {1}, (0, 60), 300.0) == 1
    assert share(every_five, (0, 60), 10.0) == 0.2
    assert share({3}, (0, 10), 86_400.0) == 1


def test_days_are_local_ones() -> None:
    now = datetime(2026, 3, 2, 0, 30, tzinfo=JAKARTA)
    found = spans(now.timestamp(), JAKARTA)
    minute = int(now.timestamp()) // 60

    assert found.hour == (minute - 60, minute)
    assert found.today == (minute - 30, minute)
    assert found.yesterday == (minute - 30 - 1440, minute - 30)
    assert found.week == (minute - 7 * 1440, minute)
    assert [day.isoformat() for day, _ in days((minute - 100, minute), JAKARTA)] == [
        "2026-03-01T22:50:00+07:00",
        "2026-03-02T00:00:00+07:00",
    ]


def test_a_day_has_as_many_minutes_as_its_clocks_gave_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 30, 12, 0, tzinfo=berlin)
    start, end = spans(now.timestamp(), berlin).yesterday

    assert end - start == 23 * 60


def test_a_span_is_cut_into_hours_of_the_clock() -> None:
    minute = int(datetime(2026, 3, 2, 0, 30, tzinfo=UTC).timestamp()) // 60
    cut = [(at.hour, end - start) for at, (start, end) in hours((minute, minute + 100))]

    assert cut == [(0, 30), (1, 60), (2, 10)]


# -- late ----------------------------------------------------------------------------------------


def test_readings_of_this_moment_are_not_late(books: Books) -> None:
    books.write(of_touched("c", {(GATEWAY, "pm-1"): (T - LATE_MS, T)}, T))

    assert find_late(questions.of(books.reader), GATEWAY, 0, T + MINUTE) is None


def test_the_oldest_of_what_came_tells_how_late_it_came(books: Books) -> None:
    hour = 60 * MINUTE
    books.write(of_touched("c1", {(GATEWAY, "pm-1"): (T - 3 * hour, T)}, T))
    books.write(of_touched("c2", {(GATEWAY, "pm-1"): (T - 2 * hour, T)}, T + 1))
    books.write(of_touched("c1", {(GATEWAY, "pm-2"): (T - 3 * hour, T)}, T + hour))
    books.write(of_touched("c1", {("gw-2", "pm-9"): (0, T)}, T))
    store = questions.of(books.reader)

    assert find_late(store, GATEWAY, T, T + 2 * hour) == Late(2, 4 * hour, "pm-2", T + hour)
    assert find_late(store, GATEWAY, T, T + hour) == Late(1, 3 * hour, "pm-1", T)
