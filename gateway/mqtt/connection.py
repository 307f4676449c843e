"""The connection that never gives up: one session after the other, in a thread of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from gateway.backoff import Backoff
from gateway.errors import BrokerGone, BrokerRefused, ConfigError
from gateway.mqtt.events import Disconnected
from gateway.mqtt.session import WINDOW, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.config.broker import BrokerConfig
    from gateway.mqtt.events import Event, Terms, Token

ATTEMPT_SECONDS: Final = 120.0
"""The longest that an attempt and the wait behind it take: names, TCP, TLS, CONNACK, back-off."""

HELD_SECONDS: Final = 5.0
"""A connection that held so long ends the back-off; two clients with one id never get there."""


class Connection:
    """A connection to the broker that comes back for ever, with jitter.

    Everything that happens is an event, handed to `deliver` in the order in which it happened, from
    a thread of our own. `Disconnected` also reports each attempt that failed. `publish` and
    `acknowledge` may be called from any other thread.
    """

    def __init__(
        self, broker: BrokerConfig, terms: Terms, deliver: Callable[[Event], None]
    ) -> None:
        """Prepare a connection; `start` begins it.

        Args:
            broker: Where the broker is and how to get in; the password is read for each attempt.
            terms: What we ask of it.
            deliver: Takes each event, at once: it is told with locks held that `publish` needs.
                It may wait with an `Arrived`: meanwhile nothing is read from the network.
        """
        self._broker = broker
        self._terms = terms
        self._deliver = deliver
        self._window = WINDOW
        self._gone = Backoff(0.5, 30.0)
        self._refused = Backoff(5.0, 60.0)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._sessions = 0
        self._stopping = threading.Event()
        self._seen = time.monotonic()
        self._thread = threading.Thread(
            target=self._run, name=f"mqtt {terms.client_id}", daemon=True
        )

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, within: float = 3.0) -> None:
        """Say goodbye, so that no will is published, and be gone within so many seconds.

        What was published before is confirmed first, as far as the time allows.
        """
        self._stopping.set()
        with self._lock:
            if self._session is not None:
                self._session.leave(within / 2)
        if self._thread.is_alive():
            self._thread.join(within)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Send a message with QoS 1 and return its mid; None if it never will be sent.

        With a mid it is written, or will be once the broker has confirmed enough of what went
        before. `Confirmed` or `Denied` follows, or `Disconnected` for all that is open; until then
        no other message bears that mid, nor will any of a later connection. None: there is no
        connection, we are leaving, or too much is open.
        """
        with self._lock:
            session = self._session
            return session.publish(topic, payload, retain=retain) if session else None

    def acknowledge(self, token: Token) -> bool:
        """Tell the broker that a message is ours now; False if its connection is gone.

        MQTT wants this in the order of arrival. What was not acknowledged comes again.
        """
        with self._lock:
            return self._session.acknowledge(token) if self._session else False

    def alive(self) -> bool:
        """Say whether the thread lives and does not hang in an attempt, connected or not."""
        if not self._thread.is_alive():
            return False
        session = self._session
        return (session is not None and session.accepted) or (
            time.monotonic() - self._seen < ATTEMPT_SECONDS
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._seen = time.monotonic()
            pause = self._gone
            try:
                reason = self._hold()
            except (BrokerRefused, ConfigError) as error:
                reason, pause = str(error), self._refused
            except BrokerGone as error:
                reason = str(error)
            self._seen = time.monotonic()
            self._deliver(Disconnected(reason))
            self._stopping.wait(pause.next())

    def _hold(self) -> str:
        """Hold one session from its beginning to its end, and return why it ended."""
        self._sessions += 1
        session = Session(
            self._sessions, self._broker, self._terms, self._deliver, window=self._window
        )
        self._session = session
        try:
            return session.run()
        finally:
            if session.accepted and time.monotonic() - self._seen > HELD_SECONDS:
                self._gone.reset()
                self._refused.reset()
            with self._lock:
                self._session = None
                self._window = session.window
                session.close()
