"""The order of things: store, dead letter, acknowledgement, receipt; and holding, in between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from schemas.topics import ROOT
from tests.collector.batches import EPOCH, GATEWAY, T, payload, raw
from tests.collector.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.stores import FaultyStore


def test_a_batch_is_stored_then_acknowledged_then_receipted(bench: Bench) -> None:
    bench.take(payload(1))
    assert (bench.store.written, bench.acknowledged) == ([], [])
    assert bench.receipts.wait(bench.clock.monotonic()) == float("inf")
    assert bench.write()
    assert [point.measurement for point in bench.store.written[0]] == ["air", "air"]
    assert bench.acknowledged == [1]
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}


def test_rows_are_stored_before_what_tells_of_them(bench: Bench) -> None:
    bench.take(payload(1))
    bench.write()
    told = [{point.measurement for point in points} for points in bench.store.written]
    assert told == [{"air"}, {"delivery", "touched"}]


@pytest.mark.parametrize("fault", ["busy", "denied"])
def test_what_is_not_stored_is_neither_acknowledged_nor_receipted(bench: Bench, fault: str) -> None:
    setattr(bench.store, fault, True)
    bench.take(payload(1))
    bench.take(raw(2)[:-5])
    for _ in range(5):
        assert not bench.write()
        bench.clock.advance(20)
    assert "store" in bench.subscriber.held
    assert (bench.acknowledged, bench.receipt()) == ([], {})
    setattr(bench.store, fault, False)
    assert bench.write()
    assert bench.subscriber.held == ""
    assert bench.acknowledged == [1, 2]
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}


def test_rows_without_their_delivery_are_not_acknowledged(bench: Bench) -> None:
    bench.take(payload(1))
    bench.store.refuses = lambda point: point.measurement == "air" and _turn_busy(bench.store)
    assert not bench.write()
    assert bench.acknowledged == []
    bench.store.busy, bench.store.refuses = False, lambda _: False
    assert bench.write()
    assert bench.store.inner.count("delivery") == 1


def _turn_busy(store: FaultyStore) -> bool:
    store.busy = True
    return False


def test_a_busy_store_is_asked_again_and_less_and_less_often(bench: Bench) -> None:
    bench.store.busy = True
    bench.take(payload(1))
    waits = []
    for _ in range(12):
        bench.write()
        waits.append(bench.subscriber.wait())
        bench.clock.advance(waits[-1])
    assert 0 < waits[0] <= 0.2
    assert 7 < max(waits) <= 15


def test_a_store_that_says_how_long_is_left_alone_for_so_long(bench: Bench) -> None:
    bench.store.busy, bench.store.after = True, 45.0
    bench.take(payload(1))
    bench.write()
    assert bench.subscriber.wait() == pytest.approx(45)


def test_acknowledgements_keep_the_order_of_arrival(bench: Bench) -> None:
    bodies = [payload(1), b"{", payload(2), raw(3, v=9), payload(4)]
    for body in bodies:
        bench.take(body)
    bench.take(b'{"online":true}', f"{ROOT}/{GATEWAY}/state")
    bench.take(payload(5))
    bench.write()
    assert bench.acknowledged == [1, 2, 3, 4, 5, 6, 7]


def test_a_write_closes_when_it_is_full(tmp_path: Path) -> None:
    bench = Bench(tmp_path, write_rows=6)
    bench.take(payload(1))
    bench.take(payload(2))
    assert bench.subscriber.wait() > 0
    bench.take(payload(3))
    assert bench.subscriber.wait() <= 0
    bench.store.close()


def test_a_write_closes_when_nothing_more_came_for_a_moment(bench: Bench) -> None:
    bench.take(payload(1))
    bench.clock.advance(0.015)
    bench.take(payload(2))
    assert bench.subscriber.wait() == pytest.approx(0.02)


def test_a_write_closes_by_its_age_however_much_comes(bench: Bench) -> None:
    bench.take(payload(1))
    for seq in range(2, 42):
        bench.clock.advance(0.0125)
        bench.take(payload(seq))
    assert bench.subscriber.wait() <= 0


def test_a_flawed_batch_is_refused_by_name_and_its_neighbours_are_stored(bench: Bench) -> None:
    bench.take(payload(1))
    bench.take(raw(2, v=9))
    bench.take(raw(3, q=["pm2_5", "joy"]))
    bench.take(raw(4)[:-9])
    bench.take(payload(5))
    bench.write()
    assert bench.receipt() == {
        "v": 1,
        "stored": {EPOCH: [[1, 1], [5, 5]]},
        "refused": {EPOCH: [[2, 2, "version"], [3, 3, "quantity"]]},
    }
    assert bench.reasons() == {2: "version", 3: "quantity", None: "json"}


def test_a_dead_letter_is_on_the_disk_before_its_message_is_acknowledged(bench: Bench) -> None:
    bench.folder.rmdir()
    bench.folder.write_text("the disk is full", encoding="utf-8")
    bench.take(raw(1, v=9))
    assert not bench.write()
    assert (bench.acknowledged, bench.receipt()) == ([], {})
    bench.folder.unlink()
    assert bench.write()
    assert bench.acknowledged == [1]
    assert bench.reasons() == {1: "version"}


def test_a_batch_with_a_refused_row_is_refused_and_has_no_delivery(bench: Bench) -> None:
    bench.store.refuses = lambda point: "pm2_5" in point.fields and point.fields["pm2_5"] == 99.0
    bench.take(payload(1))
    bench.take(payload(2, r=[[0, "1", 99.0, 1.0], [1, "1", 5.0, 1.0]], why={}))
    bench.write()
    assert bench.receipt() == {
        "v": 1,
        "stored": {EPOCH: [[1, 1]]},
        "refused": {EPOCH: [[2, 2, "rows"]]},
    }
    assert bench.store.inner.count("air") == 3
    assert [fields["seq"] for _, _, fields in bench.store.inner.select("delivery", {})] == [1]
    assert bench.reasons() == {2: "rows"}


def test_a_batch_whose_delivery_is_refused_is_refused(bench: Bench) -> None:
    bench.store.refuses = lambda point: point.measurement == "delivery"
    bench.take(payload(1))
    bench.write()
    assert bench.receipt() == {"v": 1, "refused": {EPOCH: [[1, 1, "rows"]]}}


def test_a_batch_that_is_stored_at_last_leaves_no_dead_letter(bench: Bench) -> None:
    bench.store.refuses = lambda point: point.measurement == "air"
    bench.take(payload(1))
    bench.write()
    bench.store.refuses = lambda _: False
    bench.take(payload(1))
    bench.write()
    assert bench.reasons() == {}
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}


def test_a_duplicate_is_written_and_receipted_again_and_counted(bench: Bench) -> None:
    for _ in range(3):
        bench.take(payload(1))
        bench.write()
        assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}
    assert bench.store.inner.count("air") == 2
    assert bench.store.inner.count("delivery") == 1
    assert (bench.subscriber.recent.duplicates, bench.subscriber.recent.conflicts) == (2, 0)


def test_other_bytes_under_a_known_name_are_stored_too_and_counted(bench: Bench) -> None:
    bench.take(payload(1))
    bench.take(payload(1, t=T + 77))
    bench.write()
    assert bench.store.inner.count("air") == 4
    assert bench.store.inner.count("delivery") == 2
    assert (bench.subscriber.recent.duplicates, bench.subscriber.recent.conflicts) == (0, 1)
    assert bench.subscriber.recent.conflict == f"{GATEWAY} {EPOCH} 1"


def test_unknown_fields_are_counted_of_batches_and_of_news(bench: Bench) -> None:
    bench.take(raw(1, colour="red"))
    bench.take(b'{"v":1,"online":true,"mood":"good"}', f"{ROOT}/{GATEWAY}/state")
    bench.write()
    assert bench.subscriber.counts["unknown fields"] == 2
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}


def test_the_moments_of_touched_rise_strictly_also_across_a_restart_and_a_step(
    tmp_path: Path,
) -> None:
    moments = []
    for step in (0, 0, -3600, +60):
        bench = Bench(tmp_path)
        bench.clock.step(step)
        bench.trusted = None
        for seq in (1, 2):
            bench.take(payload(seq))
            bench.write()
        moments = [time for _, time, _ in bench.store.inner.select("touched", {})]
        bench.store.close()
    assert len(moments) == 8
    assert moments == sorted(set(moments))


def test_each_attempt_touches_at_a_new_moment(bench: Bench) -> None:
    bench.folder.rmdir()
    bench.folder.write_text("no room", encoding="utf-8")
    bench.take(payload(1))
    bench.take(b"{")
    assert not bench.write()
    bench.clock.advance(60)
    bench.folder.unlink()
    assert bench.write()
    moments = [time for _, time, _ in bench.store.inner.select("touched", {})]
    assert moments == [T, T + 60_000]


def test_touched_spans_what_each_device_got(bench: Bench) -> None:
    bench.take(payload(2))
    bench.take(payload(1))
    bench.write()
    ((_, _, fields),) = bench.store.inner.select("touched", {"device": "pm-1"})
    assert fields == {"first": T + 10_000, "last": T + 21_000}


def test_times_that_are_mere_addresses_touch_nothing(bench: Bench) -> None:
    q, rows = ["pm2_5", "boot_ms"], [[0, "4", 12.0, 5000]]
    bench.take(payload(clock="never", boot="boot-1", q=q, r=rows, why={"0": "60"}))
    bench.write()
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}
    assert not list(bench.store.inner.select("touched", {}))


def test_a_batch_that_no_aggregate_would_hear_of_is_stored_and_comes_again(bench: Bench) -> None:
    bench.store.refuses = lambda point: (
        point.measurement == "touched" and dict(point.tags)["device"] == "pm-1"
    )
    bench.take(payload(1))
    bench.take(payload(2, device="pm-2"), f"{ROOT}/{GATEWAY}/readings/pm-2")
    bench.write()
    told = {"stored": {EPOCH: [[2, 2]]}, "refused": {EPOCH: [[1, 1, "touched"]]}}
    assert bench.receipt() == {"v": 1, **told}
    assert bench.store.inner.count("delivery") == 2
    assert bench.reasons() == {}
    bench.store.refuses = lambda _: False
    bench.take(payload(1))
    bench.write()
    assert bench.receipt() == {"v": 1, "stored": {EPOCH: [[1, 1]]}}


def test_a_spool_message_is_written_when_it_changed_and_only_then(bench: Bench) -> None:
    topic = f"{ROOT}/{GATEWAY}/spool"
    one = b'{"v":1,"now":"%s","epochs":[{"epoch":"%s","low":1,"next":5}]}' % ((EPOCH.encode(),) * 2)
    for body in (one, one, one.replace(b'"low":1', b'"low":2'), one):
        bench.take(body, topic)
    bench.write()
    lows = [fields["low"] for _, _, fields in bench.store.inner.select("spool", {})]
    assert lows == [1, 2, 1]


def test_a_gateway_seen_in_state_on_connecting_is_greeted(bench: Bench) -> None:
    bench.take(b'{"v":1,"online":true}', f"{ROOT}/{GATEWAY}/state", retained=True)
    assert bench.receipt() == {"v": 1}


def test_a_gateway_that_is_away_or_comes_by_itself_is_not_greeted(bench: Bench) -> None:
    bench.take(b'{"v":1,"online":false}', f"{ROOT}/{GATEWAY}/state", retained=True)
    bench.take(b'{"v":1,"online":true}', f"{ROOT}/{GATEWAY}/state")
    assert bench.receipt() == {}


def test_a_collector_that_can_not_trust_its_clock_judges_no_time(bench: Bench) -> None:
    bench.take(payload(1, t=T + 3_600_000))
    bench.trusted = None
    bench.take(payload(2, t=T + 3_600_000))
    bench.write()
    assert bench.receipt() == {
        "v": 1,
        "stored": {EPOCH: [[2, 2]]},
        "refused": {EPOCH: [[1, 1, "time"]]},
    }


def test_a_site_is_stored_from_about(bench: Bench) -> None:
    about = {"v": 1, "gateway": GATEWAY, "site": "s", "latitude": -7.4, "longitude": 109.4}
    bench.take(json.dumps(about | {"devices": []}).encode(), f"{ROOT}/{GATEWAY}/about")
    bench.write()
    ((_, _, fields),) = bench.store.inner.select("site", {"site": "s"})
    assert fields == {"latitude": -7.4, "longitude": 109.4}


def test_what_is_no_batch_has_weight_so_that_a_flood_waits_outside(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for _ in range(8):
        assert bench.subscriber.wait() > 0
        bench.take(b"x" * (1 << 20))
    assert bench.subscriber.wait() <= 0, "the write closes"
    bench.store.busy = True
    assert not bench.write()
    assert bench.subscriber.is_full()
