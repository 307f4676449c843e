"""What rots in a spool's file costs what it touches, with a number and a name."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from gateway.edge.publisher import DAMAGED
from schemas.batch import decode
from tests.edge.bench import Bench, Dates
from tests.edge.rows import query

if TYPE_CHECKING:
    from pathlib import Path

FLIPS: Final = 250

SEED: Final = 5

BATCHES: Final = 12

WAITING: Final = 8

Told = tuple[str, float | int | None, int, str]
"""Device, value, time and clock of a reading that is sent."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def fill(path: Path) -> None:
    """Leave batches, readings with a date and readings that wait for one, as a crash would."""
    bench = Bench(path, dates=Dates(offset=None))
    for number in range(4):
        bench.now += 1
        bench.measure(f"early-{number}", 100.0 + number)
    bench.dates.win()
    for number in range(BATCHES):
        bench.batch(f"pm-{number % 3}", float(number))
    for number in range(4):
        bench.now += 1
        bench.measure(f"dated-{number}", 200.0 + number)
    bench.batcher.save(bench.now)
    bench.commit()
    bench.spool.abandon()
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")


def go_on(path: Path, start: float) -> tuple[Bench, set[Told]]:
    """Open the file as the next start does, and send and have receipted whatever it gives."""
    bench = Bench(path, start=start)
    bench.publisher.connected()
    told: set[Told] = set()
    for _ in range(5):
        bench.after(11)
        sent = bench.sent()
        for batch in (decode(held.payload) for held in sent):
            told |= {(batch.device, value, batch.t + ms, batch.clock) for ms, _, value in batch.r}
        bench.receipt(*sent)
        bench.spool.state()
        bench.spool.oldest_age(bench.now)
        bench.publisher.reoffer(bench.now)
        bench.commit()
    return bench, told


@pytest.mark.parametrize("which", ["dated-1", "early-1"])
@pytest.mark.parametrize(
    "flaw",
    [
        "device = x'00ff'", "device = 'pm-7'", "channel = 7", "channel = 'in'", "at = 'abc'",
        "at = 1764000000000", "at = -1", "undatable = 1 - undatable", "reading = 'abc'",
        "reading = 5", "reading = substr(reading, 1, length(reading) - 4)", "sum = sum + 1",
        "id = -5", "id = 9223372036854775807", "since = 7.0", "boot = 'boot-0'",
    ],
)  # fmt: skip
def test_a_waiting_reading_that_rots_costs_itself_and_is_counted(
    path: Path, which: str, flaw: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(path)
    query(path, f"UPDATE pending SET {flaw} WHERE device = '{which}'")  # noqa: S608 - a test

    bench, told = go_on(path, 2000.0)
    bench.commit()

    assert "that waited for its batch is damaged" in caplog.text
    assert len(told) == BATCHES + WAITING - 1
    assert bench.spool.counts.dropped == {"damaged": 1}
    assert (bench.spool.counts.held, bench.spool.counts.undated) == (0, 0)
    assert not bench.spool.alarms
    bench.close()
    again = Bench(path, start=3000.0)
    assert again.spool.counts.dropped == {"damaged": 1}
    again.close()


@pytest.mark.parametrize(
    "flaw",
    [
        "batches SET device = x'00'", "batches SET channel = 7", "batches SET born = 'x'",
        "batches SET born = 1e300", "batches SET first = first + 1", "batches SET rows = 'x'",
        "batches SET sum = 7", "payloads SET payload = 5", "payloads SET payload = x'78da'",
        "payloads SET payload = CAST(replace(payload, '1', '3') AS BLOB)",
        "batches SET id = id + 9000", "payloads SET id = -7",
    ],
)  # fmt: skip
def test_a_batch_that_rots_is_kept_and_never_sent_and_holds_up_no_other(
    path: Path, flaw: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(path)
    query(path, f"UPDATE {flaw} WHERE id & 255 = 3")

    bench, told = go_on(path, 2000.0)
    bench.commit()

    assert len(told) == BATCHES + WAITING - 1
    assert (bench.spool.counts.held, bench.spool.counts.refused) == (1, 1)
    assert query(path, "SELECT refused FROM batches") == [(DAMAGED,)]
    assert "is damaged" in caplog.text
    assert "kept, not sent" in caplog.text
    assert not bench.spool.alarms
    bench.close()


@pytest.mark.parametrize(
    "what",
    ["batches WHERE id & 255 = 3", "pending WHERE device = 'dated-1'", "pending WHERE id = 2"],
)
def test_a_row_that_vanishes_is_missed_and_counted(path: Path, what: str) -> None:
    fill(path)
    query(path, f"DELETE FROM {what}")  # noqa: S608 - a test

    bench, told = go_on(path, 2000.0)

    assert len(told) == BATCHES + WAITING - 1
    assert bench.spool.counts.dropped == {"damaged": 1}
    assert bench.spool.counts.rows == 0
    assert not bench.spool.alarms
    bench.close()


def test_a_batch_without_an_epoch_goes_too_where_the_spool_is_full(path: Path) -> None:
    fill(path)
    query(path, "UPDATE batches SET id = -5 WHERE id & 255 = 3")

    bench = Bench(path, start=2000.0, max_bytes=1000)
    bench.commit()

    assert bench.spool.counts.held == 0
    assert bench.spool.counts.dropped["full"] >= BATCHES
    bench.close()


def test_a_fact_that_rots_is_not_known_and_said_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(path)
    query(
        path,
        "UPDATE kept SET value = replace(value, 'address', 'bddress') WHERE name = 'channel:pm-1'",
        "UPDATE kept SET value = 7 WHERE name = 'opened'",
        "UPDATE kept SET value = replace(value, '12', '13') WHERE name = 'counts'",
    )

    bench, told = go_on(path, 2000.0)
    bench.commit()

    assert caplog.text.count("what it kept as 'channel:pm-1': its sum is wrong") == 1
    assert len(told) == BATCHES + WAITING
    assert (bench.spool.counts.held, bench.spool.counts.dropped) == (0, {})
    bench.close()


@pytest.mark.parametrize(
    "flaw",
    [
        "epochs SET epoch = 'f' || substr(epoch, 2)", "epochs SET next = next - 1",
        "epochs SET dropped = '[[1,9,\"full\"]]'", "epochs SET number = -3",
    ],
)  # fmt: skip
def test_what_goes_with_a_file_has_a_number_and_a_cause(path: Path, flaw: str) -> None:
    fill(path)
    query(path, f"UPDATE {flaw}")

    bench = Bench(path, start=2000.0)

    assert "damaged" in bench.spool.alarms
    assert bench.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    bench.close()
    again = Bench(path, start=3000.0)
    assert again.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    again.close()


def test_a_description_that_rots_is_damage_and_no_full_disk(path: Path) -> None:
    fill(path)
    query(
        path, "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'device', 'devico') WHERE name = 'pending'",
    )  # fmt: skip

    bench = Bench(path, start=2000.0)

    assert bench.spool.alarms == {"damaged"}
    assert bench.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    bench.close()


def test_of_a_flipped_bit_nothing_false_is_ever_sent_and_every_loss_has_a_name(path: Path) -> None:
    """Law, for one bit anywhere in the file: starts go on; what is missing is told."""
    fill(path)
    sound = path.read_bytes()
    bench, truth = go_on(path, 2000.0)
    bench.close()
    assert len(truth) == BATCHES + WAITING
    chance = random.Random(SEED)
    for _ in range(FLIPS):
        at, bit = chance.randrange(len(sound)), chance.randrange(8)
        for old in path.parent.iterdir():
            old.unlink()
        rotten = bytearray(sound)
        rotten[at] ^= 1 << bit
        path.write_bytes(rotten)
        bench, told = go_on(path, 2000.0)
        bench.commit()
        where = f"byte {at}, bit {bit}"
        undated = {(device, value) for device, value, _, clock in truth if clock != "synced"}
        false = {one for one in told - truth if one[:2] not in undated or one[3] == "synced"}
        assert not false, where
        counts = bench.spool.counts
        named = counts.dropped or counts.refused or bench.spool.alarms
        assert named or len(told) == len(truth), where
        bench.close()
        Bench(path, start=3000.0).close()
