"""What rots in a spool's file costs what it touches, with a number and a name."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from gateway.edge.held import DAMAGED, batch_id
from schemas.batch import decode
from tests.edge.bench import Bench, Dates
from tests.edge.older import to_layout_4
from tests.edge.rows import query

if TYPE_CHECKING:
    from pathlib import Path

FLIPS: Final = 250

SEED: Final = 5

PAGE: Final = 1024

BATCHES: Final = 12

WAITING: Final = 8

Told = tuple[str, float | int | None, int, str]
"""Device, value, time and clock of a reading that is sent."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def fill(path: Path, dated: int = 4) -> None:
    """Leave batches, readings with a date and readings that wait for one, as a crash would."""
    bench = Bench(path, dates=Dates(offset=None))
    for number in range(4):
        bench.now += 1
        bench.measure(f"early-{number}", 100.0 + number)
    bench.dates.win()
    for number in range(BATCHES):
        bench.batch(f"pm-{number % 3}", float(number))
    for number in range(dated):
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
    lost = [] if "id + 9000" in flaw else [(3, 3, DAMAGED)]  # nobody knows whose id that was
    dropped = {DAMAGED: 1} if lost else {}
    assert bench.spool.counts.dropped == dropped
    assert [one for epoch in bench.spool.state().epochs for one in epoch.dropped] == lost
    bench.close()
    again, _ = go_on(path, 9e6)
    assert again.spool.counts.dropped == dropped, "told once"
    again.close()
    full = Bench(path, start=9.1e6, max_bytes=1000)
    full.commit()
    assert +full.spool.counts.dropped == dropped, "and not again where it has to go"
    full.close()


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
        undated = {(device, value) for device, value, _, clock in truth if clock != "synced"}
        false = {one for one in told - truth if one[:2] not in undated or one[3] == "synced"}
        assert not false, (at, bit)
        counts = bench.spool.counts
        named = counts.dropped or counts.refused or bench.spool.alarms
        assert named or len(told) == len(truth), (at, bit)
        bench.close()
        Bench(path, start=3000.0).close()


@pytest.mark.parametrize("fault", ["zeros", "ones", "the next one"])
def test_of_a_page_that_is_wrong_nothing_false_is_sent_and_every_loss_has_a_name(
    path: Path, fault: str
) -> None:
    fill(path, dated=20)  # more than a page of them
    sound = path.read_bytes()
    bench, truth = go_on(path, 2000.0)
    bench.close()
    known = {one[:2] for one in truth}
    for at in range(0, len(sound) - PAGE, PAGE):
        for old in path.parent.iterdir():
            old.unlink()
        wrong = {"zeros": bytes(PAGE), "ones": b"\xff" * PAGE}
        page = wrong.get(fault, sound[at + PAGE : at + 2 * PAGE])
        path.write_bytes(sound[:at] + page + sound[at + PAGE :])

        bench, told = go_on(path, 2000.0)

        assert {one[:2] for one in told} <= known, at
        named = bench.spool.counts.dropped or bench.spool.counts.refused or bench.spool.alarms
        assert named or len(told) == len(truth), at
        bench.close()


def test_a_batch_whose_id_rots_costs_no_batch_that_is_born_there_later(path: Path) -> None:
    fill(path)
    opened = query(path, "SELECT max(number) FROM epochs")[0][0]
    later = batch_id(opened + 2, 1)
    query(path, f"UPDATE batches SET id = {later} WHERE id & 255 = 3")  # noqa: S608 - a test

    bench, told = go_on(path, 2000.0)
    bench.close()
    bench, more = go_on(path, 3000.0)
    bench.batch("pm-9", 9.0)
    bench.commit()

    assert len(told | more) == BATCHES + WAITING - 1
    assert [decode(held.payload).device for held in bench.sent()] == ["pm-9"]
    assert not bench.spool.alarms
    bench.close()


def test_an_index_that_rots_makes_no_room_where_there_is_none(path: Path) -> None:
    bench = Bench(path)
    for number in range(40):
        bench.batch(value=float(number))
    bench.publisher.connected()
    for held in bench.sent():
        bench.refuse(held)
    bench.commit()
    bench.spool.abandon()
    query(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    ((root,),) = query(path, "SELECT rootpage FROM sqlite_master WHERE name = 'refused'")
    rotten = bytearray(path.read_bytes())
    begin = (root - 1) * PAGE
    cell = begin + int.from_bytes(rotten[begin + 8 : begin + 10], "big")
    rotten[cell + rotten[cell]] ^= 64  # the last byte of its first entry: whose entry it is
    path.write_bytes(rotten)

    bench = Bench(path, start=2000.0, max_bytes=9000)
    bench.commit()
    counts = bench.spool.counts
    left = query(path, "SELECT count(*) FROM batches")

    assert left == [(counts.held,)]
    assert counts.held + counts.dropped["full"] == 40
    bench.close()


@pytest.mark.parametrize(
    "flaw",
    ["epoch = 'e'", "next = 'x'", "next = -31", "dropped = '[[1,2,7]]'", "number = -3"],
)
def test_an_epoch_of_an_older_layout_that_rots_is_not_carried_over(path: Path, flaw: str) -> None:
    fill(path)
    to_layout_4(path)
    query(path, f"UPDATE epochs SET {flaw}")  # noqa: S608 - a test

    bench, _ = go_on(path, 2000.0)

    assert bench.spool.alarms == {"damaged"}
    assert bench.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    bench.spool.abandon()
    again = Bench(path, start=3000.0)
    assert again.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    again.close()


def test_what_was_lost_at_a_start_is_known_after_a_power_cut_at_once(path: Path) -> None:
    fill(path)
    query(path, "UPDATE epochs SET next = next + 1")

    Bench(path, start=2000.0).spool.abandon()

    again = Bench(path, start=3000.0)
    assert again.spool.counts.dropped == {"damaged": BATCHES + WAITING}
    again.close()
