"""One connection from CONNECT to its end: a paho client that is never used twice."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.errors import BrokerGone, BrokerRefused
from gateway.mqtt.events import Arrived, Confirmed, Connected, Denied, Token
from gateway.mqtt.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from gateway.config.broker import BrokerConfig
    from gateway.mqtt.events import Event, Terms

log = logging.getLogger(__name__)

KEPT_SECONDS: Final = 86_400
"""How long the broker keeps a persistent session; the gateways' spools bridge what is longer."""

ANSWER_SECONDS: Final = 10.0
"""A broker that takes longer than this to answer is not there."""

WINDOW: Final = 20
"""Messages without PUBACK where the broker names no fewer (MQTT 5: Receive Maximum)."""

MOST_OPEN: Final = 1000
"""Messages without PUBACK, sent or not, beyond which `publish` says no: a net, not a queue."""

LARGEST_PACKET: Final = 256 * 1024 * 1024
"""The largest packet of MQTT, where the broker names no smaller one."""

_GLANCE: Final = 1.0
"""Seconds between two looks at deadlines; publishing wakes the loop by itself."""

_OVERHEAD: Final = 16
"""Bytes of a PUBLISH packet of ours besides topic and payload, at most."""

_AROUND: Final = 4096
"""Bytes that a broker may send around a payload: topic and properties."""

_NO_REASON: Final = 0x80
"""How a refusal says nothing more: *unspecified error*; the only word that MQTT 3.1.1 has."""

_MID_BITS: Final = 16
"""A mid of paho's fits into so many bits; what stands above them names the connection."""

_SENTENCES: Final = {
    "Bad user name or password": "wrong user name or password",
    "Not authorized": "not allowed",
    "Client identifier not valid": "the client id is not accepted",
    "Unsupported protocol version": "the broker does not speak this version of MQTT",
    "Server unavailable": "the broker is not available",
    "Session taken over": "another client connected with the same id",
    "Keep alive timeout": "the broker stopped answering",
    "Unspecified error": "the connection was lost",
}


def _sentence(code: ReasonCode) -> str:
    name = code.getName()
    return _SENTENCES.get(name, name.lower())


def _why(code: ReasonCode) -> str:
    """Say why a request is refused; a connection that ends without a reason was lost instead."""
    return "it gives no reason" if code.value == _NO_REASON else _sentence(code)


class Session:
    """One connection: made once, run to its end, then thrown away.

    `publish` and `acknowledge` may be called from another thread than the one in `run`.

    Attributes:
        accepted: Whether the broker let us in.
        window: Messages without PUBACK that the broker bears; paho holds back what is beyond.
    """

    def __init__(
        self,
        number: int,
        broker: BrokerConfig,
        terms: Terms,
        deliver: Callable[[Event], None],
        *,
        window: int = WINDOW,
    ) -> None:
        """Prepare connection `number`, which stands in every mid and token.

        Raises:
            BrokerRefused: The password, a certificate or a key can't be read.
        """
        self.accepted = False
        self.window = window
        self._number = number
        self._broker = broker
        self._deliver = deliver
        self._terms = terms
        self._largest = LARGEST_PACKET
        self._denied = 0
        self._sent = 0
        self._answered = 0
        self._refusal = ""
        self._reason = ""
        self._leave_by: float | None = None
        self._client = self._make()
        self._subscriptions = Subscriptions(terms.subscriptions, self._subscribe)

    def _make(self) -> Client:
        terms = self._terms
        v5 = self._broker.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            terms.client_id,
            clean_session=None if v5 else not terms.persistent,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=terms.manual_ack,
        )
        client.connect_timeout = ANSWER_SECONDS
        client.max_inflight_messages_set(self.window)
        client.max_queued_messages_set(MOST_OPEN)
        if terms.will is not None:
            client.will_set(terms.will.topic, terms.will.payload, qos=1, retain=True)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password())
        if self._broker.tls:
            client.tls_set_context(_tls(self._broker))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        # With a callback here, paho leaves writing to the thread in `run`; without one, it writes
        # from whichever thread publishes, and two packets could mix.
        client.on_socket_register_write = _leave_it_to_the_loop
        client.on_socket_open = _send_at_once
        return client

    def run(self) -> str:
        """Connect, serve until the end, and return why it ended.

        Raises:
            BrokerGone: There is nobody, or nobody who speaks MQTT.
            BrokerRefused: The broker does not let us in.
        """
        try:
            self._connect()
            self._serve()
        except (OSError, ValueError, MQTTException) as error:
            raise BrokerGone(f"{self._broker.host}:{self._broker.port}: {error}") from None
        if self._refusal:
            raise BrokerRefused(
                f"the broker refuses us: {self._refusal}",
                "check broker.username, broker.password_file and what the broker allows",
            )
        if not self.accepted:
            raise BrokerGone(f"{self._broker.host}:{self._broker.port}: no answer to CONNECT")
        return self._reason

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int | None:
        """Send a message; its mid, or None if it can't be sent any more."""
        if not self.accepted or self._leave_by is not None:
            return None
        if len(payload) + len(topic.encode()) + _OVERHEAD > self._largest:
            return self._deny(f"the broker takes {self._largest} bytes at most")
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        self._sent += 1
        return self._name(info.mid)

    def acknowledge(self, token: Token) -> bool:
        """Send a PUBACK; False if the token is not of this connection."""
        if token.connection != self._number:
            return False
        return self._client.ack(token.mid, 1) == MQTTErrorCode.MQTT_ERR_SUCCESS

    def leave(self, within: float) -> None:
        """Disconnect cleanly, or after so many seconds anyhow."""
        self._leave_by = time.monotonic() + within
        self._part()

    def _part(self) -> None:
        """Disconnect once all is answered.

        What is beyond the window is not even written before; and whoever hangs up while answers
        come makes the broker drop us before it has read the rest, and publish our will.
        """
        if self._sent == self._answered:
            self._client.disconnect()

    def close(self) -> None:
        """Let go of the socket and of the client, whose cycle with our callbacks ends here."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        del self._client

    def _connect(self) -> None:
        broker = self._broker
        if broker.protocol != "5":
            self._client.connect(broker.host, broker.port, broker.keepalive_seconds)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's gap
        properties.SessionExpiryInterval = KEPT_SECONDS if self._terms.persistent else 0
        if self._terms.largest is not None:
            properties.MaximumPacketSize = self._terms.largest + _AROUND
        self._client.connect(
            broker.host,
            broker.port,
            broker.keepalive_seconds,
            clean_start=not self._terms.persistent,
            properties=properties,
        )

    def _serve(self) -> None:
        answer_by = time.monotonic() + ANSWER_SECONDS
        while self._client.loop(_GLANCE) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            by = self._leave_by if self.accepted else answer_by
            if by is not None and time.monotonic() > by:
                return
            if self._leave_by is not None:
                self._part()
            else:
                self._subscriptions.ask_again(time.monotonic())

    def _subscribe(self, topic: str) -> int | None:
        return self._client.subscribe(topic, qos=1)[1]

    def _name(self, mid: int) -> int:
        """Give a mid of paho's a name that no later connection gives again."""
        return self._number << _MID_BITS | mid

    def _deny(self, reason: str) -> int:
        self._denied += 1
        mid = -self._name(self._denied)
        self._deliver(Denied(mid, reason))
        return mid

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self.accepted:
            return
        if code.is_failure:
            self._refusal = _sentence(code)
            return
        # Too late for this client: paho takes a window only before it connects. If the broker
        # throws us out for it, the next session knows.
        self.window = min(self.window, getattr(properties, "ReceiveMaximum", self.window))
        self._largest = getattr(properties, "MaximumPacketSize", LARGEST_PACKET)
        self._subscriptions.ask()
        self.accepted = True
        self._deliver(Connected())

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._reason = _sentence(code)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refusal = next((_why(code) for code in codes if code.is_failure), None)
        news = self._subscriptions.answered(mid, refusal, time.monotonic())
        if news is not None:
            self._deliver(news)

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._answered += 1
        name = self._name(mid)
        self._deliver(Denied(name, _why(code)) if code.is_failure else Confirmed(name))

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        token = Token(self._number, message.mid) if message.qos else None
        payload = message.payload
        if self._terms.largest is not None and len(payload) > self._terms.largest:
            log.warning("a message of %s bytes is not read: %s", len(payload), topic)
            payload = b""
        self._deliver(Arrived(topic, bytes(payload), message.retain, token))


def _tls(broker: BrokerConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        if broker.cert_file is not None:
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except OSError as error:
        raise BrokerRefused(
            f"a certificate or key can't be read: {error}",
            "check broker.ca_file, broker.cert_file and broker.key_file",
        ) from None
    return context


def _send_at_once(_client: Client, _userdata: object, sock: Any) -> None:  # noqa: ANN401 - or TLS
    """Let a receipt not wait until the broker has answered the acknowledgement before it."""
    with suppress(OSError):  # whatever is wrong with it, the next read says so
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_it_to_the_loop(_client: Client, _userdata: object, _socket: object) -> None:
    """Write nothing from here."""
