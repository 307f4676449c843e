"""The inbox: everything comes out in order, and a flood waits outside."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gateway.collector.inbox import Inbox
from gateway.mqtt import Arrived, Connected, Disconnected
from tests.waiting import until

if TYPE_CHECKING:
    from gateway.mqtt import Event


def message(size: int) -> Arrived:
    return Arrived("t", bytes(size), retained=False, token=None)


def test_events_come_out_in_the_order_in_which_they_went_in() -> None:
    inbox = Inbox()
    events: list[Event] = [Connected(), message(1), Disconnected("gone"), message(2)]
    for event in events:
        inbox.put(event)
    assert [inbox.get(0) for _ in range(5)] == [*events, None]


def test_a_flood_waits_until_there_is_room() -> None:
    inbox = Inbox(most_bytes=100)
    inbox.put(message(100))
    flood = threading.Thread(target=inbox.put, args=(message(50),))
    flood.start()
    inbox.put(Disconnected("this never waits"))
    assert flood.is_alive()
    assert inbox.get(1) == message(100)
    flood.join(5)
    assert not flood.is_alive()
    assert [inbox.get(1), inbox.get(1)] == [Disconnected("this never waits"), message(50)]


def test_a_closed_inbox_holds_nobody_up() -> None:
    inbox = Inbox(most_bytes=1)
    inbox.put(message(1))
    flood = threading.Thread(target=inbox.put, args=(message(1),))
    flood.start()
    inbox.close()
    flood.join(5)
    assert not flood.is_alive()


def test_waiting_ends_when_woken() -> None:
    inbox = Inbox()
    got: list[object] = []
    waiter = threading.Thread(target=lambda: got.append(inbox.get(60)))
    waiter.start()
    until(waiter.is_alive, 5)
    inbox.wake()
    waiter.join(5)
    assert got == [None]


def test_waiting_ends_when_an_event_comes() -> None:
    inbox = Inbox()
    got: list[object] = []
    waiter = threading.Thread(target=lambda: got.append(inbox.get(60)))
    waiter.start()
    until(waiter.is_alive, 5)
    inbox.put(Connected())
    waiter.join(5)
    assert got == [Connected()]


def test_resting_takes_nothing_out_and_ends_when_woken() -> None:
    inbox = Inbox()
    inbox.put(Connected())
    inbox.rest(0.01)
    inbox.wake()
    inbox.rest(60)
    assert inbox.get(0) == Connected()


def test_a_signal_may_wake_it_in_the_middle_of_a_get() -> None:
    inbox = Inbox()

    class Signal(bytes):
        def __len__(self) -> int:
            inbox.wake()
            return 0

    def take() -> None:
        inbox.put(Arrived("t", Signal(), retained=False, token=None))
        inbox.get(0)

    taker = threading.Thread(target=take, daemon=True)
    taker.start()
    taker.join(5)
    assert not taker.is_alive()


def put(inbox: Inbox, times: int) -> None:
    for _ in range(times):
        inbox.put(message(0))


def test_messages_without_a_payload_have_weight_too() -> None:
    inbox = Inbox(most_bytes=10_000)
    flood = threading.Thread(target=put, args=(inbox, 100))
    flood.start()
    taken = 0
    while inbox.get(0.2) is not None:
        taken += 1
        assert inbox.held <= 10_000 + 600
    flood.join()
    assert taken == 100
