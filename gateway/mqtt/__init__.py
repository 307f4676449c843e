"""MQTT as events: one connection that comes back for ever, for the edge, the collector and the CLI.

paho does the protocol and nothing else: each attempt to connect gets a client of its own, so that
nothing of an old connection (queued messages, mids, callbacks) can reach a new one.
"""

from gateway.mqtt.connection import Connection
from gateway.mqtt.events import (
    Arrived,
    Confirmed,
    Connected,
    Denied,
    Disconnected,
    Event,
    Granted,
    Refused,
    Terms,
    Token,
    Will,
)

__all__ = [
    "Arrived",
    "Confirmed",
    "Connected",
    "Connection",
    "Denied",
    "Disconnected",
    "Event",
    "Granted",
    "Refused",
    "Terms",
    "Token",
    "Will",
]
