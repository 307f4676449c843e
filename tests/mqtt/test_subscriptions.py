"""What a broker does not let us hear is asked for again, until it does."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.config.broker import BrokerConfig
from gateway.mqtt import (
    Arrived,
    Confirmed,
    Connected,
    Disconnected,
    Granted,
    Refused,
    Terms,
    subscriptions,
)
from gateway.mqtt.subscriptions import Subscriptions
from tests.broker import Broker
from tests.mqtt.rogue import CONNACK_3, CONNACK_5, Rogue
from tests.mqtt.test_connection import config, connected
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLUGIN = "mosquitto_dynamic_security.so"
_PLUGINS = [*Path("/usr/lib").glob(_PLUGIN), *Path("/usr/lib").glob(f"*/{_PLUGIN}")]
_CONTROL = "$CONTROL/dynamic-security/v1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "AGAIN_SECONDS", (0.0, 0.0))


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Broker]:
    """Run a broker that lets nobody subscribe, until it is told otherwise."""
    if not _PLUGINS:
        pytest.skip(f"mosquitto has no {_PLUGIN} here")
    access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False}
    acl = {"acltype": "publishClientSend", "topic": "$CONTROL/#", "allow": True}
    rights = {
        "defaultACLAccess": access,
        "roles": [{"rolename": "admin", "acls": [acl]}],
        "groups": [{"groupname": "all", "roles": [{"rolename": "admin"}]}],
        "anonymousGroup": "all",
    }
    (tmp_path / "rights.json").write_text(json.dumps(rights), encoding="ascii")
    lines = (
        "allow_anonymous true",
        "log_type all",
        f"plugin {_PLUGINS[0]}",
        f"plugin_opt_config_file {tmp_path}/rights.json",
    )
    with Broker(tmp_path, lines=lines) as broker:
        yield broker


def suback(protocol: str, packet: int, code: int) -> bytes:
    body = packet.to_bytes(2, "big") + (b"\0" if protocol == "5" else b"") + bytes([code])
    return bytes([0x90, len(body)]) + body


def test_a_subscription_that_was_refused_hears_once_the_rights_are_there(
    strict: Broker, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.mqtt")
    terms = Terms("collector", ("t/+", "u"), persistent=True, manual_ack=True)
    with connected(config(strict, protocol), terms) as (connection, events):
        refused = events.wait(Refused), events.wait(Refused, 2)
        assert {one.topic for one in refused} == {"t/+", "u"}
        connection.publish("t/1", b"kept", retain=True)
        connection.publish("u", b"kept", retain=True)
        grant = {"acltype": "subscribe", "allow": True}
        commands = [{"command": "setDefaultACLAccess", "acls": [grant]}]
        connection.publish(_CONTROL, json.dumps({"commands": commands}).encode())
        both = {"t/1", "u"}
        until(lambda: {one.topic for one in events.all(Arrived)} == both, 10, "both topics")
        assert len(events.all(Refused)) == 2
        assert {one.topic for one in events.all(Granted)} == {"t/+", "u"}
        assert len(events.all(Connected)) == 1
        assert not events.all(Disconnected)
    assert "the broker lets us listen to t/+ now" in caplog.text


def test_while_a_subscription_is_refused_what_we_publish_goes_on(
    strict: Broker, protocol: str
) -> None:
    with connected(config(strict, protocol), Terms("gw", ("receipt",))) as (connection, events):
        events.wait(Refused)
        until(lambda: strict.log.count("Received SUBSCRIBE") >= 3, 10, "asking again")
        mid = connection.publish("readings", b"x")
        assert events.wait(Confirmed).mid == mid
        assert len(events.all(Refused)) == 1
        assert not events.all(Disconnected)


@pytest.mark.parametrize(
    ("protocol", "script", "reasons"),
    [
        ("3.1.1", [0x80, 0x80, 0x80], ["it gives no reason"]),
        ("5", [0x87, 0x87, 0x97, 0x97, 0x87], ["not allowed", "quota exceeded", "not allowed"]),
        ("5", [0x80, 0x87], ["it gives no reason", "not allowed"]),
    ],
)
def test_a_refusal_is_said_again_only_with_another_reason(
    protocol: str, script: list[int], reasons: list[str]
) -> None:
    answers = [suback(protocol, at, code) for at, code in enumerate(script, 1)]
    granted = suback(protocol, len(script) + 1, 1)
    message = b"\x30\x0a\x00\x07receiptx" if protocol == "3.1.1" else b"\x30\x0b\x00\x07receipt\0x"
    connack = CONNACK_3 if protocol == "3.1.1" else CONNACK_5
    with Rogue(connack, *answers, granted + message) as rogue:
        settings = BrokerConfig.model_validate({"url": rogue.url, "protocol": protocol})
        with connected(settings, Terms("gw", ("receipt",))) as (_, events):
            assert events.wait(Arrived).payload == b"x"
            assert events.all(Refused) == [Refused("receipt", reason) for reason in reasons]


def test_asking_again_takes_longer_each_time_and_ends_with_the_last_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "AGAIN_SECONDS", (5.0, 60.0))
    asked: list[str] = []

    def ask(topic: str) -> int:
        asked.append(topic)
        return len(asked)

    now = 1000.0
    ours = Subscriptions(("a", "b", "c"), ask)
    ours.ask()
    assert ours.answered(1, None, now) is None
    for longest in (5, 10, 20, 40, 60, 60):
        for mid in (len(asked) - 1, len(asked)):
            ours.answered(mid, "not allowed", now)
        before = len(asked)
        ours.ask_again(now + longest / 2 - 0.1)
        assert len(asked) == before
        now += longest
        ours.ask_again(now)
        ours.ask_again(now + 3600)
        assert asked[before:] == ["b", "c"]
    ours.answered(len(asked), None, now)
    ours.answered(len(asked) - 1, "not allowed", now)
    ours.ask_again(now := now + 60)
    assert asked[-2:] == ["c", "b"]
    ours.answered(len(asked), None, now)
    before = len(asked)
    ours.ask_again(now + 3600)
    assert len(asked) == before
