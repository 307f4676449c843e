"""The wire hears every batch that leaves the gateway, whatever becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.config.broker import BrokerConfig
from gateway.mqtt import Connected, Connection, Terms
from schemas.topics import ROOT, Kind, build
from tests.broker import Broker
from tests.collector.batches import GATEWAY, payload
from tests.events import Events
from tests.faults.proxy import Network, Proxy
from tests.faults.wire import Name, Wire
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = build(ROOT, GATEWAY, Kind.READINGS, "pm-1")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_a_network_swallows_was_heard_all_the_same(tmp_path: Path, protocol: str) -> None:
    wire, events = Wire(), Events()
    with Broker(tmp_path) as broker:
        proxy = Proxy("test", broker.port, wire)
        proxy.start()
        settings = BrokerConfig.model_validate(
            {"url": f"mqtt://127.0.0.1:{proxy.port}", "protocol": protocol}
        )
        connection = Connection(settings, Terms("gw", ()), events.put)
        connection.start()
        events.wait(Connected)
        assert connection.publish(TOPIC, payload(seq=1)) is not None
        until(lambda: len(wire.batches) == 1, 5, "the first batch heard")
        proxy.become(Network.HOLE)
        assert connection.publish(TOPIC, payload(seq=2)) is not None
        until(lambda: len(wire.batches) == 2, 5, "the second batch heard")
        connection.stop(0.1)
        proxy.stop()
    assert sorted(name.seq for name in wire.batches) == [1, 2]
    assert not wire.flaws


def packet(topic: str, body: bytes, *, first: int = 0x32) -> bytes:
    """Write a PUBLISH of MQTT 3.1.1."""
    inner = len(topic).to_bytes(2) + topic.encode() + (b"\x00\x07" if first & 6 else b"") + body
    return bytes([first, len(inner) & 0x7F | 0x80, len(inner) >> 7]) + inner


CONNECT = bytes.fromhex("100e 0004 4d515454 04 02 003c 0002 6777".replace(" ", ""))


def test_packets_are_cut_alike_however_they_are_chopped() -> None:
    stream = CONNECT + packet(TOPIC, payload(seq=1)) + packet("simpang/v1/gw-1/state", b"{}")
    stream += packet(TOPIC, payload(seq=2), first=0x30) + b"\xc0\x00" + packet(TOPIC, b"junk")
    for size in (1, 7, len(stream)):
        wire = Wire()
        listener = wire.connection()
        for at in range(0, len(stream), size):
            listener.hear(stream[at : at + size])
        assert sorted(name.seq for name in wire.batches) == [1, 2]
        assert len(wire.flaws) == 1


def test_one_name_for_two_strings_of_bytes_is_a_flaw() -> None:
    wire = Wire()
    for body in (payload(seq=1), payload(seq=1), payload(seq=1, t=1764000060000)):
        wire.publish(TOPIC, body)
    (name,) = wire.batches
    assert wire.flaws == [f"{name.epoch} 1 names two strings of bytes"]
    assert wire.batches[Name(name.epoch, 1)].device == "pm-1"
