"""A subscriber of the tests' own: which devices were heard under a gateway's readings."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from schemas.topics import Kind, build

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessage

ROOT = "simpang/v1"


class Heard:
    """Listens from `with` on; nothing is acknowledged as stored."""

    def __init__(self, url: str, gateway: str) -> None:
        address = urlsplit(url)
        self._address = (address.hostname or "", address.port or 1883)
        self._topic = build(ROOT, gateway, Kind.READINGS, "+")
        self._lock = threading.Lock()
        self._devices: set[str] = set()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.on_connect = self._subscribe

    def devices(self) -> set[str]:
        with self._lock:
            return set(self._devices)

    def __enter__(self) -> Self:
        self._client.connect(*self._address)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, client: Client, *_: object) -> None:
        client.subscribe(self._topic, qos=1)

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._lock:
            self._devices.add(message.topic.rpartition("/")[2])
