from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.edge.channels import MOST_STRETCHES, Channel
from gateway.edge.held import write_reading
from schemas.batch import Batch, decode
from schemas.reading import Flag, Reading, Value
from tests.edge.bench import OFFSET, Bench, Dates
from tests.edge.rows import as_written
from tests.edge.test_spool import crash

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def hide(path: Path) -> None:
    """Let the disk give nothing and take nothing."""
    path.rename(path.with_name("hidden"))
    path.mkdir()


def show(path: Path) -> None:
    path.rmdir()
    path.with_name("hidden").rename(path)


def batches(bench: Bench) -> list[Batch]:
    """Everything that the spool would send, in order of birth."""
    held = map(bench.spool.read, bench.spool.oldest(0, 10_000))
    return [decode(one.payload) for one in held if one is not None]


def times(batch: Batch) -> list[int]:
    return [batch.t + row[0] for row in batch.r]


def test_readings_wait_for_company_and_share_a_batch(path: Path) -> None:
    bench = Bench(path, batch_seconds=10)
    for value in range(10):
        bench.measure(value=value)
        bench.after(1)
    bench.after(0)
    (batch,) = batches(bench)
    assert [row[2] for row in batch.r] == list(range(10))
    assert [row[0] for row in batch.r] == [1000 * second for second in range(10)]


def test_without_patience_each_reading_travels_alone(path: Path) -> None:
    bench = Bench(path, batch_seconds=0)
    assert len(bench.measure()) == 1


def test_two_readings_of_a_channel_never_share_a_millisecond(path: Path) -> None:
    bench = Bench(path)
    for value in range(5):
        bench.measure(value=value)
    bench.after(11)
    (batch,) = batches(bench)
    assert len(set(times(batch))) == 5


def test_readings_without_a_trusted_clock_wait_and_are_dated_late_and_exactly(path: Path) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    moments = []
    for _ in range(3):
        moments.append(round((bench.now + OFFSET) * 1000))
        bench.measure(offset=0)
        bench.after(1)
    assert batches(bench) == []
    bench.dates.win()
    bench.after(0)
    bench.commit()
    (batch,) = batches(bench)
    assert (batch.clock, times(batch)) == ("late", moments)


def test_a_late_batch_is_published_after_its_commit_only(path: Path) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    bench.publisher.connected()
    bench.measure(offset=0)
    bench.dates.win()
    bench.after(0)
    assert bench.sent() == []
    bench.commit()
    assert len(bench.sent()) == 1


def test_what_an_earlier_boot_left_without_a_date_never_gets_one(path: Path) -> None:
    first = Bench(path, dates=Dates(offset=None), start=500.0)
    first.measure(value=7, offset=0)
    first.close()
    second = Bench(path, boot_id="boot-2", start=20.0)
    second.after(0)
    second.commit()
    (batch,) = batches(second)
    assert (batch.clock, batch.boot, batch.q) == ("never", "boot-1", ["pm2_5", "boot_ms"])
    assert batch.r == [[0, "41", 7, 500_000]]
    assert batch.why == {"0": "60"}


def test_a_reading_waits_for_its_date_over_a_restart_in_the_same_boot(path: Path) -> None:
    first = Bench(path, dates=Dates(offset=None), start=500.0)
    first.measure(offset=0)
    first.close()
    second = Bench(path, start=600.0)
    second.after(0)
    second.commit()
    (batch,) = batches(second)
    assert (batch.clock, times(batch)) == ("late", [round((500 + OFFSET) * 1000)])


def test_a_wall_clock_set_back_gives_no_time_twice(path: Path) -> None:
    bench = Bench(path)
    for _ in range(100):
        bench.measure()
        bench.after(1)
    bench.set_clock(-60)
    for _ in range(100):
        bench.measure(value=2)
        bench.after(1)
    bench.after(20)
    bench.commit()
    dated = [t for batch in batches(bench) if batch.clock == "synced" for t in times(batch)]
    assert len(dated) == len(set(dated)) == 140
    undated = [batch for batch in batches(bench) if batch.clock == "never"]
    assert sum(len(batch.r) for batch in undated) == 60


def test_a_restart_remembers_the_times_given(path: Path) -> None:
    first = Bench(path)
    for _ in range(10):
        first.measure()
        first.after(1)
    first.close()
    second = Bench(path, start=first.now)
    second.set_clock(-5)
    second.measure()
    second.after(11)
    second.commit()
    assert batches(second)[-1].clock == "never"


def test_addresses_rise_and_meet_no_reading(path: Path) -> None:
    channel = Channel()
    assert channel.place_undated(1000, 5) == 1000
    assert channel.place_undated(1000, 5) == 1005
    assert channel.place(1005) == 1006
    assert channel.place_undated(1003, 10) == 1010
    assert not path.exists()


def test_stretches_stay_few_and_err_on_the_safe_side() -> None:
    channel = Channel()
    for number in range(200):
        channel.place(number * 1000)
        channel.place(number * 1000 + 10)
        channel.close()
    assert len(channel.closed) == MOST_STRETCHES
    assert channel.place(5) is None
    assert channel.place(199_500) == 199_500


def test_two_channels_may_share_a_first_reading(path: Path) -> None:
    bench = Bench(path, batch_seconds=0)
    bench.count(1, "in")
    bench.count(2, "out")
    bench.commit()
    first, second = batches(bench)
    assert first.first == second.first
    assert {first.channel, second.channel} == {"in", "out"}
    assert first.seq != second.seq


def test_the_running_count_goes_on_after_a_crash_from_what_was_given(
    path: Path, tmp_path: Path
) -> None:
    bench = Bench(path)
    bench.count(5)
    bench.commit()
    bench.count(3)
    again = Bench(crash(bench, tmp_path / "cut"), start=bench.now + 60)
    again.count(1)
    again.after(11)
    again.commit()
    assert [row[3] for batch in batches(again) for row in batch.r] == [5, 6]


def test_the_running_count_goes_on_where_the_disk_could_be_read_only_later(path: Path) -> None:
    first = Bench(path)
    first.count(5)
    first.close()
    hide(path)
    second = Bench(path)
    second.count(1)
    show(path)
    second.now += 61
    second.commit()
    second.count(1)
    second.after(11)
    second.commit()
    assert [batch.q for batch in batches(second)] == [
        ["count", "count_total"], ["count"], ["count", "count_total"],
    ]  # fmt: skip
    assert batches(second)[-1].r[0][3] == 7


def test_a_count_that_waited_without_disk_and_date_is_no_running_count(path: Path) -> None:
    first = Bench(path)
    first.count(5)
    first.close()
    hide(path)
    second = Bench(path, dates=Dates(offset=None), start=2000.0)
    second.count(1)
    show(path)
    second.now += 61
    second.commit()
    second.dates.win()
    second.after(1)
    second.commit()
    assert [batch.q for batch in batches(second)] == [["count", "count_total"], ["count"]]


def test_what_lies_out_of_its_range_travels_as_failed_whoever_forgot_to_say_so(path: Path) -> None:
    bench = Bench(path, batch_seconds=0)
    bench.measure(value=99_999.0)
    (batch,) = batches(bench)
    assert (batch.r, batch.why) == ([[0, "4", 99_999]], {"0": "1"})


def test_a_value_that_is_no_number_is_missing(path: Path) -> None:
    bench = Bench(path, batch_seconds=0)
    bench.measure(value=float("nan"))
    (batch,) = batches(bench)
    assert batch.r == [[0, "9", None]]


def test_after_a_blind_crash_no_time_is_given_that_may_have_been_given(
    path: Path, tmp_path: Path
) -> None:
    channel = Channel()
    channel.place(10_000)
    known = channel.write()
    assert Channel.read(known, after_crash_ms=5000).place(14_000) is None
    assert Channel.read(known, after_crash_ms=0).place(14_000) == 14_000
    assert not (tmp_path / "cut").exists()
    assert not path.exists()


def test_in_memory_what_a_disk_holds_gets_no_date(path: Path) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    bench.measure(value=1, offset=0)
    bench.commit()
    hide(path)
    bench.measure(value=2, offset=0)
    bench.commit()
    bench.dates.win()
    bench.after(1)
    assert [row[2] for batch in batches(bench) for row in batch.r] == [2]
    show(path)
    bench.now += 61
    bench.commit()
    bench.after(1)
    bench.commit()
    assert sorted(row[2] for batch in batches(bench) for row in batch.r) == [1, 2]


def test_a_long_wait_for_the_clock_is_dated_round_by_round(path: Path) -> None:
    bench = Bench(path, dates=Dates(offset=None))
    for value in range(1300):
        bench.measure(value=value % 50, offset=0)
        bench.now += 1
    bench.commit()
    for value in range(300):
        bench.measure(value=value % 50, offset=0)
        bench.now += 1
    bench.dates.win()
    rounds = 0
    while bench.spool.undated(1):
        bench.after(0)
        rounds += 1
    bench.commit()
    dated = [t for batch in batches(bench) for t in times(batch)]
    assert rounds == 4
    assert len(dated) == len(set(dated)) == 1600


@pytest.mark.parametrize(
    ("left", "travels", "dropped"),
    [(["phlogiston", "pm2_5"], [1, 9], 0), (["phlogiston"], [9], 1)],
    ids=["a quantity too many", "nothing that is known"],
)
def test_what_another_version_left_is_cut_to_what_can_travel(
    path: Path, left: list[str], travels: list[int], dropped: int
) -> None:
    first = Bench(path)
    first.measure()
    first.commit()
    first.spool.abandon()
    measured = dict.fromkeys(left, Value(1.0, Flag.PASS))
    packed = write_reading(Reading("pm-1", None, measured), "m")
    as_written(path, "UPDATE pending SET reading = ?", packed)
    again = Bench(path, start=first.now + 60)
    again.measure(value=9)
    again.after(11)
    again.commit()
    assert [row[2] for batch in batches(again) for row in batch.r] == travels
    assert again.spool.counts.dropped["unsound"] == dropped


def test_vitals_and_readings_without_a_date_have_two_names(path: Path) -> None:
    first = Bench(path, dates=Dates(offset=None), start=500.0)
    first.measure(offset=0)
    first.put(Reading("pm-1", None, {"frames": Value(1.0, Flag.PASS)}), 0)
    first.close()
    second = Bench(path, boot_id="boot-2", start=20.0)
    second.after(0)
    second.commit()
    assert len({batch.t for batch in batches(second)}) == 2
