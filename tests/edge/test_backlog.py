"""The backlog's line, and how often it asks the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.edge.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "spool.db", window=5)


@pytest.fixture
def asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Where the spool was asked for its oldest batches from."""
    oldest, asked = bench.spool.oldest, list[int]()

    def ask(after: int, limit: int) -> list[int]:
        asked.append(after)
        return oldest(after, limit)

    monkeypatch.setattr(bench.spool, "oldest", ask)
    return asked


def test_an_idle_round_asks_the_spool_nothing(bench: Bench, asked: list[int]) -> None:
    bench.publisher.connected()
    bench.batch()
    bench.commit()
    assert len(bench.sent()) == 1
    before = len(asked)
    for _ in range(100):
        bench.now += 0.01
        assert bench.sent() == []
    assert len(asked) == before


def test_whoever_comes_into_the_line_later_is_found(bench: Bench) -> None:
    bench.publisher.connected()
    assert bench.sent() == []
    for _ in range(3):
        bench.batch()
    assert {held.seq for held in bench.sent()} == {1, 2, 3}


def test_a_batch_that_waited_for_its_commit_is_found(bench: Bench) -> None:
    bench.publisher.connected()
    for vehicles in range(3):
        bench.now += 60
        bench.count(vehicles)
        bench.publisher.born(bench.batcher.close_all(bench.now))
    assert bench.sent() == []
    bench.commit()
    assert {held.seq for held in bench.sent()} == {1, 2, 3}


def test_what_could_not_be_read_is_asked_for_until_it_can(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        bench.batch()
    bench.commit()
    bench.publisher.start_anew()
    bench.publisher.connected()
    bench.spool.alarms.add("unreadable")
    with monkeypatch.context() as patch:
        patch.setattr(bench.spool, "oldest", lambda *_: [])
        assert [held.seq for held in bench.sent()] == [3]
    bench.spool.alarms.discard("unreadable")
    assert {held.seq for held in bench.sent()} == {1, 2}
