"""The inbox: events of the connection on their way to the collector's one thread, within a bound.

The bound is in bytes. When it is reached, the connection's thread waits here, reads no more from
the network, and the broker in the end drops us and keeps what we did not acknowledge: a flood costs
a reconnect, never the memory.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from gateway.mqtt import Arrived

if TYPE_CHECKING:
    from gateway.mqtt import Event

MOST_BYTES: Final = 32 * 1024 * 1024
"""Bytes held; one message may lie above it."""

WEIGHT: Final = 512
"""Bytes that a message takes beside its payload and its topic."""


class Inbox:
    """A queue of events, bounded by what they weigh.

    Whoever waits is woken only by what it waits for: in a flood, a thread that is woken for each
    message in vain costs as much as the message.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._most_bytes = most_bytes
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._woken = False
        self._closed = False
        lock = threading.RLock()  # a signal may wake us in the middle of our own `get`
        self._room = threading.Condition(lock)
        self._news = threading.Condition(lock)
        self._call = threading.Condition(lock)

    @property
    def held(self) -> int:
        """About how many bytes lie here."""
        return self._bytes

    def put(self, event: Event) -> None:
        """Take an event; a message waits while the inbox is full, other events never do."""
        size = weigh(event) if isinstance(event, Arrived) else 0
        with self._room:
            while size and self._bytes >= self._most_bytes and not self._closed:
                self._room.wait()
            self._events.append(event)
            self._bytes += size
            if len(self._events) == 1:
                self._news.notify_all()

    def get(self, within: float) -> Event | None:
        """Return the next event, or None if none comes within so many seconds, or on `wake`."""
        with self._news:
            if not self._events:
                self._news.wait_for(lambda: self._events or self._woken, max(0.0, within))
            self._woken = False
            if not self._events:
                return None
            event = self._events.popleft()
            if isinstance(event, Arrived):
                was_full = self._bytes >= self._most_bytes
                self._bytes -= weigh(event)
                if was_full:
                    self._room.notify_all()
            return event

    def rest(self, within: float) -> None:
        """Take nothing out for so many seconds, or until `wake`."""
        with self._call:
            self._call.wait_for(lambda: self._woken, max(0.0, within))
            self._woken = False

    def wake(self) -> None:
        """Let a waiting `get` or `rest` return at once; safe in a signal handler."""
        with self._call:
            self._woken = True
            self._news.notify_all()
            self._call.notify_all()

    def close(self) -> None:
        """Hold nobody up any more: nothing will be taken out."""
        with self._room:
            self._closed = True
            self._room.notify_all()


def weigh(message: Arrived) -> int:
    """Return about how many bytes a message takes in memory."""
    return len(message.payload) + len(message.topic) + WEIGHT
