"""What gateways say at this moment: a broker listened to for a few seconds."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from pydantic import ValidationError

from gateway.mqtt import Arrived, Connected, Connection, Disconnected, Refused, Terms
from schemas.about import About
from schemas.batch import LARGEST_PAYLOAD
from schemas.health import Health
from schemas.spool import SpoolState
from schemas.state import State
from schemas.topics import Kind, build, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.config.broker import BrokerConfig
    from gateway.mqtt import Event

CONNECT_SECONDS: Final = 5.0
"""A broker that takes longer than this to let us in is not there."""

MOST_GATEWAYS: Final = 10_000
"""Gateways that are remembered; nobody has more."""

_GLANCE: Final = 0.25


@dataclass(slots=True)
class Live:
    """What one gateway said; None of what was not heard.

    Attributes:
        state: Whether it is online.
        about: What hangs on it.
        spool: What it holds.
        health: How it fares.
    """

    state: State | None = None
    about: About | None = None
    spool: SpoolState | None = None
    health: Health | None = None


class Listening:
    """A broker that is listened to while other things are done.

    Attributes:
        heard: What each gateway said.
        problem: Why nothing can be heard, or not all; empty while all is well.
    """

    def __init__(self, broker: BrokerConfig, gateway: str = "+") -> None:
        """Listen to one gateway, or to all; `with` begins."""
        self.heard: dict[str, Live] = {}
        self.problem = ""
        self._root = broker.root
        self._changed = threading.Condition()
        self._connected: float | None = None
        kinds = (Kind.STATE, Kind.ABOUT, Kind.SPOOL, Kind.HEALTH)
        topics = tuple(build(broker.root, gateway, kind) for kind in kinds)
        name = f"fleet-{secrets.token_hex(6)}"
        terms = Terms(name, topics, largest=LARGEST_PAYLOAD)
        self._connection = Connection(broker, terms, self._hear)

    def wait(
        self, seconds: float, enough: Callable[[], bool], tell: Callable[[], None] = lambda: None
    ) -> None:
        """Listen on until so many seconds after connecting, or until it is enough.

        Args:
            seconds: How long to listen.
            enough: Says whether all that is wanted was heard.
            tell: Is called now and then.
        """
        give_up = time.monotonic() + CONNECT_SECONDS
        with self._changed:
            while not self.problem and not enough():
                since = self._connected
                left = (give_up if since is None else since + seconds) - time.monotonic()
                if left <= 0:
                    if since is None:
                        self.problem = "the broker does not answer"
                    return
                self._changed.wait(min(left, _GLANCE))
                tell()

    def _hear(self, event: Event) -> None:
        with self._changed:
            match event:
                case Arrived(topic, payload):
                    self._read(topic, payload)
                case Connected():
                    self._connected = time.monotonic()
                case Refused(topic, reason):
                    self.problem = f"the broker does not let us listen to {topic}: {reason}"
                case Disconnected(reason):
                    self.problem = self.problem or reason
                case _:
                    pass
            self._changed.notify_all()

    def _read(self, topic: str, payload: bytes) -> None:
        """Remember a message; what can't be read was not said."""
        parsed = parse(self._root, topic)
        if parsed is None or not payload:
            return
        live = self.heard.get(parsed.gateway)
        if live is None:
            if len(self.heard) >= MOST_GATEWAYS:
                return
            live = self.heard[parsed.gateway] = Live()
        try:
            match parsed.kind:
                case Kind.STATE:
                    live.state = State.model_validate_json(payload)
                case Kind.ABOUT:
                    live.about = About.model_validate_json(payload)
                case Kind.SPOOL:
                    live.spool = SpoolState.model_validate_json(payload)
                case Kind.HEALTH:
                    live.health = Health.model_validate_json(payload)
                case _:
                    pass
        except ValidationError:
            return

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._connection.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._connection.stop()
