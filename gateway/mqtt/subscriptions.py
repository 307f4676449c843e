"""What a connection listens to: asked for once, and again for as long as the broker refuses it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from gateway.backoff import Backoff
from gateway.mqtt.events import Granted, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = (5.0, 60.0)
"""How long a refusal rests at first, and at most: rights may be given while we are connected."""

_NEVER: Final = float("inf")


class Subscriptions:
    """The subscriptions of one connection.

    A refusal does not end the connection: what is published over it is worth as much as before.
    """

    def __init__(self, topics: Sequence[str], subscribe: Callable[[str], int | None]) -> None:
        """Prepare to listen.

        Args:
            topics: Topic filters.
            subscribe: Asks the broker for one of them; its mid, as the answer bears it.
        """
        self._topics = topics
        self._subscribe = subscribe
        self._asked: dict[int | None, str] = {}
        self._refused: dict[str, str] = {}
        self._backoff = Backoff(*AGAIN_SECONDS)
        self._again_at = _NEVER

    def ask(self) -> None:
        """Ask for all of them."""
        for topic in self._topics:
            self._asked[self._subscribe(topic)] = topic

    def ask_again(self, now: float) -> None:
        """Ask for what is refused, if it has rested long enough."""
        if now < self._again_at:
            return
        self._again_at = _NEVER
        for topic in self._refused:
            self._asked[self._subscribe(topic)] = topic

    def answered(self, mid: int, refusal: str | None, now: float) -> Refused | Granted | None:
        """Take an answer in; return what it tells that is new.

        Args:
            mid: What was answered; an answer to nothing is none.
            refusal: Why not; None where the broker lets us.
            now: Monotonic seconds.
        """
        topic = self._asked.pop(mid, None)
        if topic is None:
            return None
        known = self._refused.pop(topic, None)
        if refusal is None:
            if known is None:
                return None
            log.info("the broker lets us listen to %s now", topic)
            return Granted(topic)
        self._refused[topic] = refusal
        if self._again_at == _NEVER:
            self._again_at = now + self._backoff.next()
        return Refused(topic, refusal) if refusal != known else None
