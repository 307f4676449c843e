"""What two writes under way do to each other, and a write that is tried again to the counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.collector.audit import judge
from gateway.collector.points import of_batch
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


def test_a_write_that_was_overtaken_leaves_no_letter_of_what_is_stored(bench: Bench) -> None:
    verdict, rows = judge(ROOT, READINGS, payload(1), None), of_batch(GATEWAY, batch(1))
    items = [Item(READINGS, payload(1), None, T, verdict, rows)]

    newer: list[Decision] = []

    def refuse_once_and_let_another_go_first(point: Point) -> bool:
        bench.store.refuses = lambda _: False
        newer.extend(bench.writer.write(items))
        return point.measurement == "air"

    bench.store.refuses = refuse_once_and_let_another_go_first
    older = bench.writer.write(items)
    assert [one.reason for one in (*older, *newer)] == ["rows", None]
    assert bench.reasons() == {1: "rows"}
    bench.writer.settle(items, older)
    assert bench.reasons() == {1: "rows"}
    bench.writer.settle(items, newer)
    assert bench.reasons() == {}
