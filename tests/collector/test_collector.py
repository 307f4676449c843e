"""A whole collector behind a real broker that keeps nothing on disk and has its default window."""

from __future__ import annotations

import logging
import threading
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

from gateway.clock import SystemClock
from gateway.collector.collector import Collector
from gateway.collector.ledger import missing
from gateway.collector.letters import list_letters
from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import CollectorConfig
from gateway.trust import Trust
from schemas.topics import ROOT
from tests.collector.batches import GATEWAY, payload, raw
from tests.collector.gateway import Gateway
from tests.collector.stores import FaultyStore
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.broker import Broker


class Running:
    """A collector at work, its store, and a reader of the store's file."""

    def __init__(
        self,
        broker: Broker,
        protocol: str,
        folder: Path,
        name: str,
        share: str,
        write_rows: int = 5000,
    ) -> None:
        config = CollectorConfig.model_validate(
            {
                "collector": {"id": name, "dead_letters": folder / "dead", "share": share},
                "broker": {"url": broker.url, "protocol": protocol},
                "store": {"kind": "sqlite", "path": folder / "city.db", "write_rows": write_rows},
            }
        )
        clock = SystemClock()
        self.dead = folder / "dead"
        self.store = FaultyStore(SqliteStore(folder / "city.db"))
        self.reader = SqliteStore(folder / "city.db")
        trust = Trust.of("system", clock.boot_id)
        self.collector = Collector(config, self.store, clock, trust)
        self.thread = threading.Thread(target=self.collector.run, name=name)

    @property
    def seqs(self) -> list[int]:
        """The seqs in the store's ledger."""
        points = self.reader.select("delivery", {"gateway": GATEWAY})
        return sorted(int(fields["seq"]) for _, _, fields in points)

    @property
    def status(self) -> dict[str, int]:
        return self.collector.status()

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.collector.stop()
        self.thread.join(10)
        self.reader.close()
        assert not self.thread.is_alive()


@contextmanager
def collecting(
    broker: Broker,
    protocol: str,
    folder: Path,
    name: str = "collector-1",
    share: str = "",
    write_rows: int = 5000,
) -> Iterator[Running]:
    with ExitStack() as stack:
        with Gateway(broker, protocol, f"probe-of-{name}") as probe:
            probe.announce()
            running = stack.enter_context(
                Running(broker, protocol, folder, name, share, write_rows)
            )
            probe.await_greeting()
        yield running


def test_more_than_the_broker_s_window_is_stored_and_receipted(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    with collecting(broker, protocol, tmp_path) as running, Gateway(broker, protocol) as gateway:
        for seq in range(1, 71):
            gateway.publish(payload(seq))
        until(lambda: sorted(gateway.stored) == list(range(1, 71)), 10, "all receipts")
        assert running.seqs == list(range(1, 71))
        assert running.reader.count("air") == 140
        assert running.status["duplicates"] == 0


def test_a_write_takes_no_more_than_it_should_however_many_wait(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    collected = collecting(broker, protocol, tmp_path, write_rows=4)
    with collected as running, Gateway(broker, protocol) as gateway:
        running.store.busy = True
        for seq in range(1, 21):
            gateway.publish(payload(seq))
        until(lambda: running.store.attempts > 2, 10, "some attempts")
        running.store.busy = False
        until(lambda: sorted(gateway.stored) == list(range(1, 21)), 20, "all receipts")
        assert max(len(points) for points in running.store.written) <= 4


def test_a_busy_store_acknowledges_nothing_and_loses_nothing(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    with collecting(broker, protocol, tmp_path) as running, Gateway(broker, protocol) as gateway:
        running.store.busy = True
        for seq in range(1, 41):
            gateway.publish(payload(seq))
        until(lambda: running.store.attempts > 2, 10, "some attempts")
        assert (gateway.stored, running.status["held"]) == ([], 1)
        running.store.busy = False
        until(lambda: sorted(gateway.stored) == list(range(1, 41)), 20, "all receipts")
        assert running.seqs == list(range(1, 41))
        assert running.status["connected"] == 1


def test_a_broker_that_forgot_everything_costs_a_resend_and_no_point_twice(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    with collecting(broker, protocol, tmp_path) as running:
        with Gateway(broker, protocol) as gateway:
            running.store.busy = True
            gateway.publish(payload(1))
            until(lambda: running.status["held"] == 1, 10, "the store asked")
        broker.restart()
        running.store.busy = False
        until(lambda: running.seqs == [1], 10, "the batch stored")
        with Gateway(broker, protocol) as gateway:

            def resend() -> bool:
                gateway.publish(payload(1))
                return 1 in gateway.stored

            until(resend, 20, "a receipt")
        assert running.reader.count("air") == 2
        assert running.seqs == [1]


def test_what_came_while_the_collector_was_away_is_there_when_it_is_back(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    with collecting(broker, protocol, tmp_path):
        pass
    with Gateway(broker, protocol) as gateway:
        for seq in range(1, 31):
            gateway.publish(payload(seq))
        with collecting(broker, protocol, tmp_path) as running:
            until(lambda: sorted(gateway.stored) == list(range(1, 31)), 10, "all receipts")
            assert running.seqs == list(range(1, 31))


def test_of_a_flood_every_message_is_acknowledged_and_none_comes_twice(
    broker: Broker, tmp_path: Path
) -> None:
    with collecting(broker, "5", tmp_path):
        pass
    seqs = list(range(1, 151))
    with Gateway(broker, "5") as gateway:
        for seq in seqs:
            gateway.publish(payload(seq))
        with collecting(broker, "5", tmp_path) as running:
            until(lambda: running.seqs == seqs, 10, "all in the store")
            until(lambda: sorted(gateway.stored) == seqs, 10, "all receipts")
    with collecting(broker, "5", tmp_path) as again:
        assert again.status["duplicates"] == 0
        assert again.seqs == seqs


def test_every_hostile_payload_is_a_dead_letter_and_delays_nobody(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    hostile = [
        raw(1)[:-20],
        b"\0" * (5 << 20),
        zlib.compress(bytes(64 << 20), 9),
        raw(4, v=2),
        raw(5, r=[[0, "1", 1.0]], why={}),
        raw(6, r=[[0, "1", float("nan"), 1.0]], why={}),
        raw(7, q=["pm2_5", "joy"]),
    ]
    with collecting(broker, protocol, tmp_path) as running, Gateway(broker, protocol) as gateway:
        for seq, body in enumerate(hostile, 11):
            gateway.publish(body)
            gateway.publish(payload(seq))
        until(lambda: len(gateway.stored) == 7 and len(gateway.refused) == 3, 10, "all receipts")
        assert gateway.refused == {4: "version", 5: "width", 7: "quantity"}
        letters = [(letter.seq, letter.reason) for letter in list_letters(running.dead)]
        assert sorted(letters, key=str) == sorted(
            [
                (None, "json"),
                (None, "size"),
                (None, "size"),
                (4, "version"),
                (5, "width"),
                (None, "json"),
                (7, "quantity"),
            ],
            key=str,
        )
        assert running.seqs == list(range(11, 18))


def test_a_gateway_online_is_greeted_when_the_collector_comes(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    with Gateway(broker, protocol) as gateway:
        gateway.say(f"{ROOT}/{GATEWAY}/state", b'{"v":1,"online":true}', retain=True)
        with collecting(broker, protocol, tmp_path):
            until(lambda: len(gateway.receipts) == 1, 10, "a greeting")
        assert gateway.stored == []


def test_the_ledger_knows_what_waits(broker: Broker, protocol: str, tmp_path: Path) -> None:
    with collecting(broker, protocol, tmp_path) as running, Gateway(broker, protocol) as gateway:
        gateway.publish(payload(1))
        gateway.publish(payload(4))
        epoch = "6f1c0a0000000001"
        spool = f'{{"v":1,"now":"{epoch}","epochs":[{{"epoch":"{epoch}","low":2,"next":5}}]}}'
        gateway.say(f"{ROOT}/{GATEWAY}/spool", spool.encode(), retain=True)
        until(lambda: running.reader.count("spool") == 1, 10, "the spool message")
        assert running.seqs == [1, 4]
        (gap,) = missing(running.reader, GATEWAY)
        assert (gap.first, gap.last, gap.kind) == (2, 3, "waiting")


def test_two_collectors_on_a_share_store_each_batch_once_between_them(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with (
        collecting(broker, protocol, one, "collector-1", "city") as first,
        collecting(broker, protocol, two, "collector-2", "city") as second,
        Gateway(broker, protocol) as gateway,
    ):
        for seq in range(1, 41):
            gateway.publish(payload(seq))
        until(lambda: sorted(gateway.stored) == list(range(1, 41)), 10, "all receipts")
        assert sorted(first.seqs + second.seqs) == list(range(1, 41))
        assert first.seqs
        assert second.seqs


def test_a_collector_that_has_just_begun_has_no_counters_to_tell(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with collecting(broker, "5", tmp_path):
        until(lambda: "connected to the broker" in caplog.text, 10)
        assert "since the start" not in caplog.text


def test_a_stop_tells_what_has_come_since_the_counters_were_told(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with collecting(broker, "5", tmp_path):
        until(lambda: "connected to the broker" in caplog.text, 10)
    told, stopped = caplog.messages[-2:]
    assert told.startswith("since the start: ")
    assert stopped == "stopped"


def test_two_collectors_with_one_id_wonder_about_it(
    broker: Broker, protocol: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with (
        Running(broker, protocol, one, "collector-1", ""),
        Running(broker, protocol, two, "collector-1", ""),
    ):
        until(lambda: "another client with our collector.id, collector-1?" in caplog.text, 30)


def test_more_than_a_twentieth_of_the_rows_refused_in_a_minute_is_an_alarm(
    broker: Broker,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("gateway.collector.collector.STATUS_SECONDS", 0.2)
    with collecting(broker, "5", tmp_path) as running, Gateway(broker, "5") as gateway:
        running.store.refuses = lambda point: point.fields.get("pm2_5") == 99.0
        for seq in range(1, 11):
            gateway.publish(payload(seq, r=[[n, "1", 12.0, 15.0] for n in range(20)], why={}))
        until(lambda: running.status.get("rows") == 200, 10, "good rows")
        until(lambda: "rows 200" in caplog.text, 10, "the counters")
        assert "the store refused" not in caplog.text
        gateway.publish(payload(11, r=[[n, "1", 99.0, 15.0] for n in range(20)], why={}))
        until(lambda: "the store refused 20 of 20 rows" in caplog.text, 10, "the alarm")
        until(lambda: gateway.refused == {11: "rows"}, 10, "the receipt")
