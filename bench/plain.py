"""The plain gateway: frames as they come, sent on as they are. It promises nothing.

No checksum is looked at, no date given, nothing kept: the yardstick of what reading ports and
publishing over TLS costs in Python at all.
Run as `python -m bench.plain HOST PORT CA SIZE TTY…`.
"""

from __future__ import annotations

import sys
from threading import Thread
from typing import TYPE_CHECKING, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from serial import Serial

if TYPE_CHECKING:
    from collections.abc import Sequence

BAUDRATE: Final = 9600


def run(host: str, port: int, ca: str, size: int, ports: Sequence[str]) -> None:
    """Read frames of one size from all ports, a thread each, and publish them with QoS 1."""
    client = Client(
        CallbackAPIVersion.VERSION2, "plain", protocol=MQTTProtocolVersion.MQTTv5
    )  # fmt: skip
    client.tls_set(ca)
    client.connect(host, port)
    client.loop_start()
    threads = [Thread(target=_carry, args=(client, tty, size)) for tty in ports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _carry(client: Client, tty: str, size: int) -> None:
    with Serial(tty, BAUDRATE) as port:
        while True:
            client.publish(f"plain/{tty}", port.read(size), qos=1)


if __name__ == "__main__":
    host, port, ca, size, *ports = sys.argv[1:]
    run(host, int(port), ca, int(size), ports)
