"""The events of a connection, kept in order, for a test to wait for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from tests.waiting import until

if TYPE_CHECKING:
    from gateway.mqtt import Event

    E = TypeVar("E", bound=Event)


class Events:
    """What a connection delivered: `Connection(…, events.put)`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def put(self, event: Event) -> None:
        """Keep an event."""
        with self._lock:
            self._events.append(event)

    def all(self, kind: type[E]) -> list[E]:
        """Return all events of a kind so far."""
        with self._lock:
            return [event for event in self._events if isinstance(event, kind)]

    def wait(self, kind: type[E], number: int = 1, within: float = 10.0) -> E:
        """Return the event number `number` of a kind, once it is there."""
        until(lambda: len(self.all(kind)) >= number, within, f"{kind.__name__} number {number}")
        return self.all(kind)[number - 1]
