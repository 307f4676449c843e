"""A tap on the line between a gateway and its broker: when a batch went, when its PUBACK came.

Bytes pass as they come, and are looked at behind their backs.

Source: OASIS MQTT Version 5.0, sections 2.1, 3.3.2, 3.4.2.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_PUBLISH: Final = 3
_PUBACK: Final = 4
_MORE: Final = 0x80
_CHUNK: Final = 65536


class Tap:
    """Listens on a port of its own and passes everything on to a broker.

    Attributes:
        port: Where the gateway is to connect.
    """

    def __init__(self, target: int, topic: str) -> None:
        """Watch what is published on topics with `topic` in them."""
        self._target = target
        self._topic = topic.encode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._mids: set[bytes] = set()
        self._confirmed = Event()
        self._at = 0.0
        self._stopping = False
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin to pass."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the connection."""
        self._stopping = True
        self._thread.join()
        self._listener.close()

    def expect(self) -> None:
        """Forget the last PUBACK: the next one is awaited."""
        self._confirmed.clear()

    def confirmed(self, within: float) -> float:
        """Return when the next PUBACK of a watched message had passed (monotonic).

        Raises:
            TimeoutError: None came within so many seconds.
        """
        if not self._confirmed.wait(within):
            raise TimeoutError(f"no PUBACK within {within:g} s")
        return self._at

    def _run(self) -> None:
        client, _ = self._listener.accept()
        broker = socket.create_connection(("127.0.0.1", self._target))
        with client, broker, selectors.DefaultSelector() as selector:
            for end, other in ((client, broker), (broker, client)):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(end, selectors.EVENT_READ, (other, _Packets()))
            while not self._stopping:
                for key, _ in selector.select(0.1):
                    other, packets = key.data
                    data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]  # a socket
                    if not data:
                        return
                    with contextlib.suppress(ConnectionError):
                        other.sendall(data)
                    for packet in packets.feed(data):
                        self._look(packet)

    def _look(self, packet: bytes) -> None:
        kind, body = packet[0] >> 4, packet[1:]
        if kind == _PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            if self._topic in body[2:end]:
                self._mids.add(body[end : end + 2])
        elif kind == _PUBACK and body[:2] in self._mids:
            self._mids.remove(body[:2])
            self._at = time.monotonic()
            self._confirmed.set()


class _Packets:
    """Cuts a stream into packets: the first byte, then what its remaining length counts."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        while (found := self._first()) is not None:
            start, end = found
            yield self._buffer[:1] + self._buffer[start:end]
            self._buffer = self._buffer[end:]

    def _first(self) -> tuple[int, int] | None:
        """Find where the body of the first packet starts and ends; None while it is not whole."""
        size, at = 0, 1
        while at < len(self._buffer):
            digit = self._buffer[at]
            size += (digit & ~_MORE) << 7 * (at - 1)
            at += 1
            if digit < _MORE:
                return (at, at + size) if len(self._buffer) >= at + size else None
        return None
