"""The hose: ready-made PUBLISH packets, QoS 1, as fast as a broker takes them.

A client in Python would be the slowest part of the chain; so MQTT 3.1.1 is written by hand here,
as far as a publisher needs it.

Source: OASIS MQTT Version 3.1.1, sections 2.2.3, 3.1, 3.3.
"""

from __future__ import annotations

import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PUBLISH_QOS_1: Final = 0x32
_CONNECT: Final = bytes.fromhex("10 0c 0004 4d515454 04 02 0000 0000")
"""CONNECT of a client without a name, a will or a keep-alive, in a clean session."""

_DISCONNECT: Final = bytes.fromhex("e0 00")
_ANSWER: Final = 4
"""Bytes of a CONNACK, and of each PUBACK."""

_MORE: Final = 0x80
"""The bit of a byte that says: another one follows."""

_MIDS: Final = 0xFFFF
_PORTION: Final = 256
_PATIENCE: Final = 10.0


def publish(topic: str, payload: bytes, mid: int) -> bytes:
    """Write a whole PUBLISH packet; with MQTT 5 it is one byte longer, that of no properties."""
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", mid) + payload
    return bytes([_PUBLISH_QOS_1]) + _length(len(body)) + body


def pour(port: int, messages: Iterable[tuple[str, bytes]]) -> None:
    """Publish messages on 127.0.0.1 and return once the broker has confirmed each of them.

    Raises:
        OSError: It did not.
    """
    packets = [
        publish(topic, payload, 1 + number % _MIDS)
        for number, (topic, payload) in enumerate(messages)
    ]
    address = "127.0.0.1", port
    with ThreadPoolExecutor(1) as threads, socket.create_connection(address, _PATIENCE) as line:
        confirmed = threads.submit(_hear, line, _ANSWER * (1 + len(packets)))
        line.sendall(_CONNECT)
        for at in range(0, len(packets), _PORTION):
            line.sendall(b"".join(packets[at : at + _PORTION]))
        confirmed.result()
        line.sendall(_DISCONNECT)


def _hear(line: socket.socket, size: int) -> None:
    while size > 0:
        heard = len(line.recv(65536))
        if not heard:
            raise ConnectionError("the broker hung up on the hose")
        size -= heard


def _length(size: int) -> bytes:
    """Write a remaining length: seven bits a byte, the lowest first."""
    written = bytearray()
    while size >= _MORE:
        written.append(size % _MORE | _MORE)
        size >>= 7
    return bytes([*written, size])
