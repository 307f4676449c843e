"""Brokers that misbehave: a TCP server that plays a script of bytes, whatever it is told."""

from __future__ import annotations

import socket
import threading
from typing import Self

CONNACK_3 = bytes.fromhex("20020000")
"""MQTT 3.1.1: accepted, no session."""

SUBACK_3_REFUSED = bytes.fromhex("9003000180")
"""MQTT 3.1.1: the subscription with packet id 1 is refused."""

CONNACK_5 = bytes.fromhex("2003000000")
"""MQTT 5: accepted, no session, no properties."""

PUBLISH_MALFORMED = bytes.fromhex("3003ffff00")
"""A message whose topic is longer than the whole of it."""

TAKEN_OVER_5 = bytes.fromhex("e0018e")
"""MQTT 5: the broker disconnects, since another client came with the same id."""


class Rogue:
    """Accepts connections and answers each chunk it gets with the next piece of its script.

    Attributes:
        url: Its address.
        connections: How often somebody connected.
    """

    def __init__(self, *script: bytes) -> None:
        """Prepare a script; an empty one keeps silent for ever."""
        self.connections = 0
        self._script = script
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            for answer in self._script:
                if not line.recv(65536):
                    break
                line.sendall(answer)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for line in self._open:
            line.close()
        self._thread.join(5)


def usurp(port: int, client_id: str) -> None:
    """Connect with somebody else's client id (MQTT 3.1.1, session kept), and leave again."""
    name = client_id.encode()
    body = b"\0\4MQTT\4\0\0\x0a" + len(name).to_bytes(2, "big") + name
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(bytes([0x10, len(body)]) + body)
        assert line.recv(4)[:1] == b"\x20"
        line.sendall(b"\xe0\0")
