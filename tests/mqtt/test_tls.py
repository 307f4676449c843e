"""Encrypted connections: who the broker is, who we are, and what is said when that fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gateway.config.broker import BrokerConfig
from gateway.mqtt import Confirmed, Connected, Connection, Disconnected, Terms
from tests.broker import Broker
from tests.events import Events
from tests.keys import Keys, issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the keys")


@pytest.fixture
def ca(tmp_path: Path) -> Keys:
    return issue(tmp_path, "ca")


@pytest.fixture
def broker(tmp_path: Path, ca: Keys) -> Iterator[Broker]:
    server = issue(tmp_path, "server", ca)
    lines = [
        "allow_anonymous true",
        f"cafile {ca.cert}",
        f"certfile {server.cert}",
        f"keyfile {server.key}",
        "require_certificate true",
    ]
    with Broker(tmp_path, lines=lines) as running:
        yield running


def attempt(broker: Broker, protocol: str, **files: Path) -> tuple[Connection, Events]:
    settings = {"url": broker.url.replace("mqtt://", "mqtts://"), "protocol": protocol, **files}
    events = Events()
    connection = Connection(BrokerConfig.model_validate(settings), Terms("gw"), events.put)
    connection.start()
    return connection, events


def test_both_sides_prove_who_they_are(
    broker: Broker, protocol: str, ca: Keys, tmp_path: Path
) -> None:
    ours = issue(tmp_path, "gw", ca)
    connection, events = attempt(
        broker, protocol, ca_file=ca.cert, cert_file=ours.cert, key_file=ours.key
    )
    events.wait(Connected)
    mid = connection.publish("t", bytes(200_000))
    assert events.wait(Confirmed).mid == mid
    connection.stop()


# paho leaves the socket of a handshake that failed to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_that_can_not_prove_who_it_is_gets_nothing(broker: Broker, tmp_path: Path) -> None:
    stranger = issue(tmp_path, "stranger")
    connection, events = attempt(broker, "5", ca_file=stranger.cert)
    assert "CERTIFICATE_VERIFY_FAILED" in events.wait(Disconnected).reason
    assert connection.alive()
    connection.stop()
    assert not events.all(Connected)


def test_we_do_not_get_in_without_our_certificate(broker: Broker, ca: Keys) -> None:
    connection, events = attempt(broker, "5", ca_file=ca.cert)
    events.wait(Disconnected)
    connection.stop()
    assert not events.all(Connected)


def test_a_certificate_that_can_not_be_read_is_said(broker: Broker, tmp_path: Path) -> None:
    connection, events = attempt(broker, "5", ca_file=tmp_path / "nowhere.pem")
    assert "broker.ca_file" in events.wait(Disconnected).reason
    assert connection.alive()
    connection.stop()
