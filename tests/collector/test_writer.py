"""What two writes under way do to each other, and a write that is tried again to the counters."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

from gateway.collector.audit import Flawed, Sound, judge
from gateway.collector.parcel import pack
from gateway.collector.points import DELIVERY, TOUCHED, of_batch
from gateway.collector.pulse import Pulse
from gateway.collector.writer import Item, Writer
from schemas.topics import ROOT
from tests.collector.batches import GATEWAY, T, batch, payload
from tests.collector.bench import READINGS, Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pytest

    from gateway.collector.deadletters import Letter
    from gateway.collector.points import Point
    from gateway.collector.writer import Decision

JUNK = Flawed("json", "no JSON", GATEWAY)


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
    sound = judge(ROOT, READINGS, payload(seq), None)
    assert isinstance(sound, Sound)
    parcel = pack(sound, lambda point: point)
    return [Item(READINGS, payload(seq), None, T, parcel, of_batch(GATEWAY, batch(seq)))]


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


def test_no_more_is_told_at_a_time_than_the_store_bears(bench: Bench) -> None:
    bench.store.tellers = 1
    writer = Writer(bench.store, bench.letters, "collector-1", lambda: bench.clock.wall)
    other = Thread(target=writer.write, args=(items_of(2),), daemon=True)
    meanwhile: list[int] = []

    def let_another_try(point: Point) -> bool:
        if point.measurement == DELIVERY:
            bench.store.refuses = lambda _: False
            other.start()
            other.join(0.1)
            meanwhile.append(bench.store.attempts)
        return False

    bench.store.refuses = let_another_try
    writer.write(items_of(1))
    other.join(5)
    assert meanwhile == [3], "two writes of readings, one of what tells of them"
    assert len(bench.store.written) == 4


def test_a_pulse_rests_until_the_lane_is_free_and_beats_from_then_on(bench: Bench) -> None:
    pulse = Pulse(bench.clock.monotonic)
    other = Thread(target=bench.writer.write, args=(items_of(2), pulse), daemon=True)
    silences: list[float] = []

    def let_another_wait(_: Point) -> bool:
        bench.store.refuses = lambda _: False
        other.start()
        other.join(0.1)
        bench.clock.advance(5000)
        silences.append(pulse.silent)
        return False

    bench.store.refuses = let_another_wait
    bench.writer.write(items_of(1))
    other.join(5)
    assert silences == [-float("inf")]
    assert pulse.silent == 0


def test_nobody_waits_for_the_store_to_say_what_was_touched_last(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Thread(target=bench.writer.write, args=(items_of(2),), daemon=True)

    def ask_for_long(_measurement: str, _tags: Mapping[str, str]) -> int:
        monkeypatch.undo()
        other.start()
        other.join(5)
        return 10 * T

    monkeypatch.setattr(bench.store, "newest", ask_for_long)
    bench.writer.write(items_of(1))
    assert not other.is_alive()
    points = [point for points in bench.store.written for point in points]
    moments = [point.time for point in points if point.measurement == TOUCHED]
    assert moments == [T, 10 * T + 1]


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


def test_nobody_waits_while_others_are_buried(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = items_of(1)
    bench.store.refuses = lambda point: point.measurement == DELIVERY
    bench.writer.write(items)
    bench.store.refuses = lambda _: False
    stored = bench.writer.write(items)
    bury = bench.letters.bury
    settling = Thread(target=bench.writer.settle, args=(items, stored), daemon=True)
    waits: list[bool] = []

    def bury_for_long(letters: Sequence[Letter], alive: Callable[[], None]) -> None:
        settling.start()
        settling.join(5)
        waits.append(settling.is_alive())
        bury(letters, alive)

    monkeypatch.setattr(bench.letters, "bury", bury_for_long)
    bench.writer.write([Item(READINGS, b"junk", None, T, JUNK)])
    settling.join(5)
    assert waits == [False]
    assert list(bench.reasons()) == [None], "what is stored after all went with the burial"


def test_each_letter_that_is_buried_is_a_sign_of_life(bench: Bench) -> None:
    beats: list[float] = []

    def count() -> float:
        beats.append(0.0)
        return 0.0

    items = [Item(READINGS, b"junk%d" % one, None, T, JUNK) for one in range(5)]
    bench.writer.write(items, Pulse(count))
    assert len(beats) >= 5
    assert len(bench.letters) == 5
