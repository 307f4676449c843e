"""The inbox: a reader may wait for room, the broker's thread never does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gateway.clock import Stamp
from gateway.config.broker import BrokerConfig
from gateway.edge.inbox import Inbox
from gateway.edge.measured import Measured
from gateway.mqtt import Arrived, Confirmed, Connected, Connection, Denied, Disconnected, Terms
from schemas.reading import Reading
from tests.broker import Broker
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

READING = Measured(Reading("d-1", None, {}), Stamp(1.0, 1.0))
MESSAGE = Arrived("t", b"x", retained=False, token=None)


def full_of_readings() -> Inbox:
    inbox = Inbox(most_readings=1)
    inbox.measured(READING)
    return inbox


def test_readings_and_events_come_out_in_the_order_in_which_they_went_in() -> None:
    inbox = Inbox()
    inbox.happened(Connected())
    inbox.measured(READING)
    inbox.happened(MESSAGE)
    assert inbox.waiting == 3
    assert [inbox.take(0) for _ in range(4)] == [Connected(), READING, MESSAGE, None]


def test_a_reader_waits_for_room() -> None:
    inbox = full_of_readings()
    reader = threading.Thread(target=inbox.measured, args=(READING,))
    reader.start()
    assert inbox.take(0) == READING
    assert inbox.take(5) == READING
    reader.join(5)
    assert not reader.is_alive()
    inbox = full_of_readings()
    reader = threading.Thread(target=inbox.measured, args=(READING,), daemon=True)
    reader.start()
    reader.join(0.1)
    assert reader.is_alive()


def test_a_message_too_many_is_dropped_and_counted_and_costs_no_other_event() -> None:
    inbox = Inbox(most_messages=2)
    for _ in range(5):
        inbox.happened(MESSAGE)
    inbox.happened(Disconnected("gone"))
    assert inbox.dropped == 3
    assert [inbox.take(0) for _ in range(3)] == [MESSAGE, MESSAGE, Disconnected("gone")]
    inbox.happened(MESSAGE)
    assert inbox.dropped == 3
    assert inbox.take(0) == MESSAGE


def test_who_makes_room_can_publish_while_there_is_none(tmp_path: Path) -> None:
    inbox = full_of_readings()
    with Broker(tmp_path, lines=("allow_anonymous true", "max_packet_size 2000")) as broker:
        connection = Connection(BrokerConfig(url=broker.url), Terms("gw", ("t",)), inbox.happened)
        connection.start()
        until(lambda: connection.publish("t", bytes(3000)) is not None, 10, "the connection")

        def publish() -> None:
            for number in range(300):
                connection.publish("t", bytes(3000 if number % 3 else 1))

        main = threading.Thread(target=publish, daemon=True)
        main.start()
        main.join(10)
        assert not main.is_alive()
        until(lambda: inbox.waiting >= 1 + 1 + 200 + 2 * 64, 10, "what the broker has to say")
        connection.stop()
    kinds = {type(inbox.take(0)) for _ in range(inbox.waiting)}
    assert {Measured, Connected, Confirmed, Denied, Arrived} <= kinds
