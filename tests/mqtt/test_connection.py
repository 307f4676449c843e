"""What a connection promises, whatever the broker does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gateway.config.broker import BrokerConfig
from gateway.mqtt import (
    Arrived,
    Confirmed,
    Connected,
    Connection,
    Denied,
    Disconnected,
    Refused,
    Terms,
    Will,
)
from tests.broker import password_line
from tests.events import Events
from tests.mqtt.rogue import (
    CONNACK_3,
    CONNACK_5,
    PUBLISH_MALFORMED,
    SUBACK_3_REFUSED,
    TAKEN_OVER_5,
    Rogue,
    usurp,
)
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.broker import Broker


def config(broker: Broker, protocol: str, **more: object) -> BrokerConfig:
    return BrokerConfig.model_validate({"url": broker.url, "protocol": protocol, **more})


@contextmanager
def connected(
    config: BrokerConfig, terms: Terms, *, wait: bool = True
) -> Iterator[tuple[Connection, Events]]:
    events = Events()
    connection = Connection(config, terms, events.put)
    connection.start()
    try:
        if wait:
            events.wait(Connected)
        yield connection, events
    finally:
        connection.stop()
    assert not connection.alive()


def test_a_message_is_confirmed_by_its_mid_and_arrives(broker: Broker, protocol: str) -> None:
    with connected(config(broker, protocol), Terms("gw", ("t/+",))) as (connection, events):
        mid = connection.publish("t/1", b"hello")
        assert events.wait(Confirmed).mid == mid
        arrived = events.wait(Arrived)
    assert (arrived.topic, arrived.payload, arrived.retained) == ("t/1", b"hello", False)


def test_what_is_published_without_a_connection_is_never_sent(
    broker: Broker, protocol: str
) -> None:
    with connected(config(broker, protocol), Terms("gw", ("t",))) as (connection, events):
        broker.kill()
        events.wait(Disconnected)
        assert connection.publish("t", b"into the void") is None
        broker.start()
        events.wait(Connected, 2)
        connection.publish("t", b"after")
        assert events.wait(Arrived).payload == b"after"


def test_what_was_not_confirmed_is_never_sent_again_by_paho(broker: Broker, protocol: str) -> None:
    with connected(config(broker, protocol), Terms("gw", ("t",))) as (connection, events):
        broker.freeze()
        mids = [connection.publish("t", f"lost {number}".encode()) for number in range(30)]
        assert None not in mids
        broker.restart()
        events.wait(Connected, 2)
        connection.publish("t", b"after")
        assert events.wait(Arrived).payload == b"after"
        assert len(events.all(Confirmed)) <= 1


def test_no_mid_ever_names_two_messages(broker: Broker, protocol: str) -> None:
    mids = []
    with connected(config(broker, protocol), Terms("gw")) as (connection, events):
        for number in range(1, 4):
            events.wait(Connected, number)
            mids += [connection.publish("t", b"x") for _ in range(5)]
            events.wait(Confirmed, 5 * number)
            broker.restart()
    assert len(set(mids)) == 15
    assert {event.mid for event in events.all(Confirmed)} == set(mids)


def test_a_token_of_an_old_connection_acknowledges_nothing(broker: Broker, protocol: str) -> None:
    terms = Terms("collector", ("t",), persistent=True, manual_ack=True)
    with connected(config(broker, protocol), terms) as (connection, events):
        connection.publish("t", b"precious")
        old = events.wait(Arrived).token
        assert old is not None
        usurp(broker.port, "collector")
        events.wait(Connected, 2)
        again = events.wait(Arrived, 2)
        assert again.payload == b"precious"
        assert not connection.acknowledge(old)
        assert again.token is not None
        assert connection.acknowledge(again.token)
        behind = connection.publish("elsewhere", b"")
        until(lambda: behind in {one.mid for one in events.all(Confirmed)}, 5)
        usurp(broker.port, "collector")
        events.wait(Connected, 3)
        connection.publish("t", b"next")
        assert events.wait(Arrived, 3).payload == b"next"


def test_messages_that_came_while_a_persistent_client_was_away_wait_for_it(
    broker: Broker, protocol: str
) -> None:
    terms = Terms("collector", ("t",), persistent=True, manual_ack=True)
    with connected(config(broker, protocol), terms):
        pass
    with connected(config(broker, protocol), Terms("gw")) as (connection, events):
        connection.publish("t", b"meanwhile")
        events.wait(Confirmed)
    with connected(config(broker, protocol), terms) as (_, events):
        assert events.wait(Arrived).payload == b"meanwhile"


def test_a_clean_stop_fires_no_will_and_a_vanished_client_does(
    broker: Broker, protocol: str
) -> None:
    will = Will("state", b"gone")
    with connected(config(broker, protocol), Terms("other", ("state",))) as (other, seen):
        with connected(config(broker, protocol), Terms("gw", will=will)) as (connection, _events):
            connection.publish("state", b"stopping")
        other.publish("state", b"and then")
        with connected(config(broker, protocol), Terms("gw", will=will)):
            usurp(broker.port, "gw")
            seen.wait(Arrived, 3)
    assert [one.payload for one in seen.all(Arrived)] == [b"stopping", b"and then", b"gone"]


def test_what_was_published_before_a_stop_is_written_first_and_nothing_after_it(
    broker: Broker, protocol: str
) -> None:
    sent = 0

    def refused() -> bool:
        nonlocal sent
        taken = connection.publish("t", str(sent).encode()) is not None
        sent += taken
        return not taken

    with connected(config(broker, protocol), Terms("other", ("t",))) as (other, seen):
        other.publish("t", b"-1")
        seen.wait(Arrived)
        with connected(config(broker, protocol), Terms("gw")) as (connection, _events):
            broker.freeze()
            while sent < 50:  # more than the broker's window
                refused()
            leaving = threading.Thread(target=connection.stop, args=(20.0,))
            leaving.start()
            until(refused, 5, "the stop")
            broker.thaw()
            leaving.join(20)
        seen.wait(Arrived, 1 + sent)
    assert [int(one.payload) for one in seen.all(Arrived)] == list(range(-1, sent))


def test_a_retained_message_is_there_for_who_comes_later(broker: Broker, protocol: str) -> None:
    with connected(config(broker, protocol), Terms("gw")) as (connection, events):
        connection.publish("about", b"me", retain=True)
        events.wait(Confirmed)
    with connected(config(broker, protocol), Terms("other", ("about",))) as (_, events):
        assert events.wait(Arrived).retained


def test_a_wrong_password_is_said_and_the_right_one_is_read_without_a_restart(
    broker: Broker, protocol: str, tmp_path: Path
) -> None:
    secret, known = tmp_path / "password", tmp_path / "passwords"
    known.write_text(password_line("gw", "right"), encoding="ascii")
    secret.write_text("wrong", encoding="utf-8")
    secret.chmod(0o600)
    broker.kill()
    broker.configure([f"password_file {known}", "allow_anonymous false"])
    broker.start()
    settings = config(broker, protocol, username="gw", password_file=secret)
    with connected(settings, Terms("gw"), wait=False) as (connection, events):
        assert "broker refuses us: not allowed" in events.wait(Disconnected).reason
        assert connection.alive()
        secret.write_text("right\n", encoding="utf-8")
        events.wait(Connected, within=15)


def test_a_password_that_others_may_read_is_not_used(broker: Broker, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("right", encoding="utf-8")
    secret.chmod(0o640)
    settings = config(broker, "5", username="gw", password_file=secret)
    with connected(settings, Terms("gw"), wait=False) as (_, events):
        assert f"chmod 600 {secret}" in events.wait(Disconnected).reason


def test_a_password_file_that_is_gone_is_said_and_waited_for(
    broker: Broker, tmp_path: Path
) -> None:
    settings = config(broker, "5", username="gw", password_file=tmp_path / "nowhere")
    with connected(settings, Terms("gw"), wait=False) as (connection, events):
        assert "password_file" in events.wait(Disconnected).reason
        assert connection.alive()


def test_a_message_that_the_broker_denies_is_denied_and_not_confirmed(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "acl").write_text("topic readwrite mine/#\n", encoding="ascii")
    broker.kill()
    broker.configure(["allow_anonymous true", f"acl_file {tmp_path}/acl"])
    broker.start()
    with connected(config(broker, "5"), Terms("gw")) as (connection, events):
        mid = connection.publish("yours", b"x")
        assert events.wait(Denied) == Denied(mid or 0, "not allowed")
        mine = connection.publish("mine/1", b"x")
        assert events.wait(Confirmed).mid == mine
        assert len(events.all(Confirmed)) == 1


def test_a_message_that_is_too_large_costs_no_connection(broker: Broker) -> None:
    broker.kill()
    broker.configure(["allow_anonymous true", "max_packet_size 2000"])
    broker.start()
    with connected(config(broker, "5"), Terms("gw")) as (connection, events):
        mid = connection.publish("t", bytes(3000))
        assert events.wait(Denied).mid == mid
        small = connection.publish("t", bytes(1000))
        assert events.wait(Confirmed).mid == small
        assert not events.all(Disconnected)


def test_a_message_larger_than_we_take_arrives_empty_or_not_at_all(
    broker: Broker, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    terms = Terms("gw", ("t",), largest=10_000)
    with connected(config(broker, protocol), terms) as (connection, events):
        for size in (10_000, 20_000, 1):
            connection.publish("t", bytes(size))
        until(lambda: b"\0" in {one.payload for one in events.all(Arrived)}, 5, "the last one")
        sizes = [len(one.payload) for one in events.all(Arrived)]
    assert sizes == ([10_000, 1] if protocol == "5" else [10_000, 0, 1])
    assert ("a message of 20000 bytes is not read: t" in caplog.text) == (protocol == "3.1.1")


def test_a_refused_subscription_is_said_once_however_often_the_broker_says_it() -> None:
    with Rogue(CONNACK_3, 5 * SUBACK_3_REFUSED + TAKEN_OVER_5) as rogue:
        settings = BrokerConfig(url=rogue.url, protocol="3.1.1")
        with connected(settings, Terms("gw", ("receipt",))) as (_, events):
            events.wait(Disconnected)
            assert events.all(Refused) == [Refused("receipt", "it gives no reason")]


def test_a_broker_that_accepts_us_again_and_again_is_heard_once() -> None:
    rogue = Rogue(5 * CONNACK_5 + TAKEN_OVER_5)
    with rogue, connected(BrokerConfig(url=rogue.url), Terms("gw")) as (_, events):
        events.wait(Disconnected)
        assert len(events.all(Connected)) == 1


@pytest.mark.parametrize("connack", [CONNACK_3, CONNACK_5])
def test_a_malformed_packet_is_a_reason_and_no_end(connack: bytes) -> None:
    with Rogue(connack + PUBLISH_MALFORMED) as rogue:
        settings = BrokerConfig(url=rogue.url, protocol="5" if connack == CONNACK_5 else "3.1.1")
        with connected(settings, Terms("gw", ("receipt",))) as (connection, events):
            events.wait(Disconnected)
            assert connection.alive()
            until(lambda: rogue.connections > 1, 5, "another attempt")


def test_garbage_instead_of_mqtt_is_a_reason_and_no_end() -> None:
    with Rogue(b"HTTP/1.1 400 Bad Request" + bytes(300)) as rogue:
        settings = BrokerConfig(url=rogue.url)
        with connected(settings, Terms("gw"), wait=False) as (connection, events):
            events.wait(Disconnected)
            assert connection.alive()
            until(lambda: rogue.connections > 1, 5, "another attempt")


def test_a_frozen_broker_is_noticed_by_the_keepalive(broker: Broker, protocol: str) -> None:
    settings = config(broker, protocol, keepalive_seconds=1)
    with connected(settings, Terms("gw")) as (connection, events):
        broker.freeze()
        assert events.wait(Disconnected).reason == "the broker stopped answering"
        assert connection.alive()
        broker.thaw()
        events.wait(Connected, 2)


def test_who_took_our_place_is_said() -> None:
    rogue = Rogue(CONNACK_5, TAKEN_OVER_5)
    terms = Terms("gw", ("receipt",))
    with rogue, connected(BrokerConfig(url=rogue.url), terms) as (_, events):
        assert events.wait(Disconnected).reason == "another client connected with the same id"


def test_stopping_takes_no_time_with_a_broker_that_hangs(broker: Broker, protocol: str) -> None:
    events = Events()
    connection = Connection(config(broker, protocol), Terms("gw"), events.put)
    connection.start()
    events.wait(Connected)
    broker.freeze()
    while connection.publish("t", bytes(100_000)) is not None:
        pass
    connection.stop(within=2.0)
    assert not connection.alive()


def test_two_threads_never_mix_their_packets(broker: Broker, protocol: str) -> None:
    with connected(config(broker, protocol), Terms("gw")) as (connection, events):
        for burst in range(1, 16):
            broker.freeze()  # so that packets are half written when more of them come
            for _ in range(10):
                connection.publish("t", bytes(1_000_000))
            broker.thaw()
            for _ in range(300):
                connection.publish("t", bytes(10_000))
            events.wait(Confirmed, burst * 310, within=30)
        assert not events.all(Disconnected)
