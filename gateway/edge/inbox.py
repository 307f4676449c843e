"""The inbox: readings and events on their way to the main thread, in the order of their coming.

A port's thread waits where it is full, which is honest: what it does not read meanwhile counts as
`stalled`. The connection's thread never waits: it tells us things with locks in its hands that the
main thread needs to publish, and nobody else makes room here.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING, Final

from gateway.edge.measured import Measured
from gateway.mqtt import Arrived

if TYPE_CHECKING:
    from gateway.mqtt import Event

MOST_READINGS: Final = 10_000
"""Readings held; the readers wait beyond that."""

MOST_MESSAGES: Final = 64
"""Messages held; what comes beyond that is dropped, which costs a receipt, and so a resend.

All other events are bounded by what we ask of the broker.
"""

log = logging.getLogger(__name__)


class Inbox:
    """A queue that only a reader can be held up by.

    Attributes:
        dropped: Messages that were dropped unread.
    """

    def __init__(
        self, most_readings: int = MOST_READINGS, most_messages: int = MOST_MESSAGES
    ) -> None:
        """Begin empty."""
        self.dropped = 0
        self._items: queue.SimpleQueue[Measured | Event] = queue.SimpleQueue()
        self._readings = threading.Semaphore(most_readings)
        self._messages = threading.Semaphore(most_messages)

    def measured(self, measured: Measured) -> None:
        """Take a reading in, as soon as there is room."""
        self._readings.acquire()
        self._items.put(measured)

    def happened(self, event: Event) -> None:
        """Take an event in, at once; a message too many is dropped."""
        if isinstance(event, Arrived) and not self._messages.acquire(blocking=False):
            self.dropped += 1
            log.warning("messages come faster than they are read: %s dropped", self.dropped)
            return
        self._items.put(event)

    @property
    def waiting(self) -> int:
        """How many readings and events wait."""
        return self._items.qsize()

    def take(self, within: float) -> Measured | Event | None:
        """Take the next one out; None where none comes within so many seconds."""
        try:
            item = self._items.get(timeout=within)
        except queue.Empty:
            return None
        if isinstance(item, Measured):
            self._readings.release()
        elif isinstance(item, Arrived):
            self._messages.release()
        return item
