"""What two writes under way do to each other, and a write that is tried again to the counters."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from gateway.collector.audit import judge
from gateway.collector.points import DELIVERY, of_batch
from gateway.collector.writer import Item
from schemas.topics import ROOT
from tests.collector.batches import GATEWAY, T, batch, payload
from tests.collector.bench import READINGS, Bench

if TYPE_CHECKING:
    from gateway.collector.points import Point
    from gateway.collector.writer import Decision


def test_rows_refused_in_a_write_that_is_tried_again_are_counted_once(bench: Bench) -> None:
    bench.take(payload(1))
    bench.take(payload(2))
    bench.store.refuses = lambda point: point.time == T + 10_000
    bench.store.fails_after = 1
    assert not bench.write()
    assert bench.writer.refused_rows == 0
    bench.store.fails_after = None
    assert bench.write()
    assert bench.writer.refused_rows == 1


def items_of(seq: int) -> list[Item]:
    verdict, rows = judge(ROOT, READINGS, payload(seq), None), of_batch(GATEWAY, batch(seq))
    return [Item(READINGS, payload(seq), None, T, verdict, rows)]


def test_readings_are_carried_while_others_are_told_of(bench: Bench) -> None:
    other = Thread(target=bench.writer.write, args=(items_of(2),), daemon=True)

    def let_another_go_on(point: Point) -> bool:
        if point.measurement == DELIVERY:
            bench.store.refuses = lambda _: False
            other.start()
            other.join(5)
        return False

    bench.store.refuses = let_another_go_on
    bench.writer.write(items_of(1))
    assert not other.is_alive()
    measurements = [points[0].measurement for points in bench.store.written]
    assert measurements == ["air", "air", DELIVERY, DELIVERY]


def test_no_more_readings_are_carried_at_a_time_than_the_store_bears(bench: Bench) -> None:
    other = Thread(target=bench.writer.write, args=(items_of(2),), daemon=True)
    meanwhile: list[int] = []

    def let_another_try(_: Point) -> bool:
        bench.store.refuses = lambda _: False
        other.start()
        other.join(0.1)
        meanwhile.append(bench.store.attempts)
        return False

    bench.store.refuses = let_another_try
    bench.writer.write(items_of(1))
    other.join(5)
    assert meanwhile == [1]
    assert len(bench.store.written) == 4


def test_a_write_that_was_overtaken_leaves_no_letter_of_what_is_stored(bench: Bench) -> None:
    items = items_of(1)
    newer: list[Decision] = []

    def refuse_once_and_let_another_go_first(point: Point) -> bool:
        if point.measurement != DELIVERY:
            return False
        bench.store.refuses = lambda _: False
        newer.extend(bench.writer.write(items))
        return True

    bench.store.refuses = refuse_once_and_let_another_go_first
    older = bench.writer.write(items)
    assert [one.reason for one in (*older, *newer)] == ["rows", None]
    assert bench.reasons() == {1: "rows"}
    bench.writer.settle(items, older)
    assert bench.reasons() == {1: "rows"}
    bench.writer.settle(items, newer)
    assert bench.reasons() == {}
