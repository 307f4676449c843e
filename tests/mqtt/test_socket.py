"""The socket under a connection."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from gateway.config.broker import BrokerConfig
from gateway.mqtt import Connected, Connection, Terms
from tests.events import Events

if TYPE_CHECKING:
    from tests.broker import Broker


def test_what_is_small_is_sent_at_once(broker: Broker) -> None:
    events = Events()
    connection = Connection(BrokerConfig(url=broker.url), Terms("gw-1"), events.put)
    connection.start()
    try:
        events.wait(Connected)
        session = connection._session  # noqa: SLF001
        assert session is not None
        sock = session._client.socket()  # noqa: SLF001
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    finally:
        connection.stop()
