"""What the bench measures with is itself right; what it found is no test's business."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bench.figure import Target, at_least, at_most, figure
from bench.hose import pour, publish
from bench.latency import percentile
from bench.made import load
from bench.page import WIDTH, page
from bench.tap import Tap
from gateway.config.broker import BrokerConfig
from gateway.mqtt import Arrived, Confirmed, Connected, Connection, Terms
from schemas.batch import decode
from tests.broker import Broker
from tests.events import Events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path, window=2000) as running:
        yield running


@contextmanager
def connected(port: int, *topics: str) -> Iterator[tuple[Connection, Events]]:
    events = Events()
    settings = BrokerConfig(url=f"mqtt://127.0.0.1:{port}")
    connection = Connection(settings, Terms("listener", topics), events.put)
    connection.start()
    events.wait(Connected)
    yield connection, events
    connection.stop()


def test_what_is_poured_arrives_whole_and_in_order(broker: Broker) -> None:
    sent = [(f"a/{number}", bytes([number % 256]) * (1 << number % 18)) for number in range(300)]
    with connected(broker.port, "a/#") as (connection, events):
        connection.publish("subscribed", b"")
        events.wait(Confirmed)

        pour(broker.port, sent)

        events.wait(Arrived, len(sent))
        assert [(one.topic, one.payload) for one in events.all(Arrived)] == sent


def test_a_packet_has_the_size_that_mqtt_gives_it() -> None:
    assert publish("a/b", b"xy", 7) == bytes.fromhex("32 09 0003 612f62 0007 7879")
    assert [len(publish("a", bytes(size), 1)) for size in (122, 123)] == [129, 131]


def test_the_tap_sees_the_puback_of_what_it_watches_and_of_nothing_else(broker: Broker) -> None:
    with (
        Tap(broker.port, "/readings/") as tap,
        connected(tap.port) as (connection, events),
    ):
        connection.publish("gw/state", b"on")
        events.wait(Confirmed)
        with pytest.raises(TimeoutError):
            tap.confirmed(0.05)
        began = time.monotonic()
        connection.publish("gw/readings/pm-1", bytes(300_000))
        assert began < tap.confirmed(10.0) < time.monotonic()
        events.wait(Confirmed, 2)


def test_what_the_bench_makes_are_sound_batches_that_differ() -> None:
    made = load(250, 10)
    batches = [decode(payload) for _, payload in made.messages]

    assert made.rows == sum(text.count(b"\n") + 1 for text in made.lines) == 2500
    assert len({line for body in made.bodies(1000) for line in body.split(b"\n")}) == 2500
    assert len({(batch.epoch, batch.seq) for batch in batches}) == len(batches)
    assert {digit for batch in batches for row in batch.r for digit in row[1]} == {"1", "3"}


def test_a_ratio_is_the_median_of_the_pairs_not_of_the_sides() -> None:
    found = figure("x", "s", [1, 2, 9], "y", [1, 4, 3])

    assert (found.ours, found.theirs) == (2, 3)
    assert (found.ratio, found.low, found.high, found.rounds) == (1, 0.5, 3, 3)


@pytest.mark.parametrize(
    ("target", "met"),
    [(at_least(1), True), (at_least(1.1), False), (at_most(2), True), (at_most(1.9), False)],
)
def test_a_target_says_which_side_it_is_on(target: Target, *, met: bool) -> None:
    assert figure("x", "s", [2, 2], "y", [2, 2], target).met is met


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [percentile(range(1, 201), percent) for percent in (50, 99)] == [100, 198]


def test_the_page_is_wrapped_whatever_the_machine_is_called() -> None:
    told = [line for line in page().splitlines() if not line.startswith("|")]

    assert any(line.startswith("*Measured 20") for line in told)
    assert max(map(len, told)) <= WIDTH
