"""What a client asks of the broker, and what can happen then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when we vanish without a word."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client asks of the broker.

    Attributes:
        client_id: Unique at the broker; a second client with it throws us out.
        subscriptions: Topic filters, subscribed to with QoS 1 on each connect.
        will: What the broker publishes if we vanish.
        persistent: The broker keeps subscriptions and unacknowledged messages while we are away;
            otherwise each connection begins with nothing.
        manual_ack: Nothing is acknowledged but by `acknowledge`.
        largest: Bytes of a payload that we take. With MQTT 5 the broker keeps for itself what is
            larger; 3.1.1 has no word for it, and such a message arrives empty.
    """

    client_id: str
    subscriptions: tuple[str, ...] = ()
    will: Will | None = None
    persistent: bool = False
    manual_ack: bool = False
    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What acknowledges one arrived message; worthless once its connection is gone."""

    connection: int
    mid: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted us; the subscriptions are on their way."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection ended, or an attempt failed: what was not confirmed must be sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came.

    Attributes:
        topic: Its topic; empty where that is no text at all.
        payload: Its bytes, whatever they are; none where they are more than `Terms.largest`.
        retained: Whether the broker had it lying there.
        token: What acknowledges it; None where the broker wants no acknowledgement (QoS 0).
    """

    topic: str
    payload: bytes
    retained: bool
    token: Token | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has the message (PUBACK): no proof that anybody stored it."""

    mid: int


@dataclass(frozen=True, slots=True)
class Denied:
    """The broker does not take the message and says why (MQTT 5; 3.1.1 has no word for it)."""

    mid: int
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker does not let us subscribe: nothing comes on that topic until it does.

    It is asked again and again; of each connection, only another reason is told again.
    """

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The broker lets us subscribe after all, to what it refused on this connection."""

    topic: str


Event = Connected | Disconnected | Arrived | Confirmed | Denied | Refused | Granted
