"""deploy/mosquitto on a real Mosquitto: who may say and hear what."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from gateway.mqtt import Arrived, Confirmed, Connected, Connection, Denied, Disconnected, Terms
from tests.deploy.centre import DEPLOY, NEEDS_OPENSSL, Centre, prepare
from tests.events import Events
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "simpang/v1"
OF_A_GATEWAY = ("readings/pm-1", "spool", "about", "health", "reply", "config/reported", "state")
TO_A_GATEWAY = ("state", "receipt", "command", "config/desired")
OF_THE_CENTRE = ("command", "config/desired")


class Client:
    """Somebody at the broker, with all that was heard."""

    def __init__(
        self,
        centre: Centre,
        user: str,
        *topics: str,
        client_id: str = "",
        tls: bool = False,
        manual_ack: bool = False,
    ) -> None:
        """Connect, subscribe, and return once both are done: what follows is answered in order."""
        self.events = Events()
        terms = Terms(client_id or user, topics, manual_ack=manual_ack)
        self._connection = Connection(centre.access(user, tls=tls), terms, self.events.put)
        self._connection.start()
        self.events.wait(Connected)
        assert not self.says("nowhere")

    def sends(self, topic: str, body: bytes = b"x") -> int:
        """Publish, and return the message's name."""
        mid = self._connection.publish(topic, body)
        assert mid is not None
        return mid

    def says(self, topic: str, body: bytes = b"x") -> bool:
        """Publish, and say whether the broker took it."""
        mid = self.sends(topic, body)
        until(lambda: mid in self._answered(Confirmed) | self._answered(Denied), 10, "an answer")
        return mid in self._answered(Confirmed)

    def _answered(self, kind: type[Confirmed | Denied]) -> set[int]:
        return {event.mid for event in self.events.all(kind)}

    def heard(self) -> set[str]:
        """Name the topics of what has arrived."""
        return {event.topic for event in self.events.all(Arrived)}

    def leave(self) -> None:
        """Go."""
        self._connection.stop()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with Centre(tmp_path, "gw-1", "gw-2") as running:
        yield running


def below(gateway: str, *kinds: str) -> list[str]:
    return [f"{ROOT}/{gateway}/{kind}" for kind in kinds]


def test_nobody_gets_in_without_a_name_or_with_a_wrong_password(centre: Centre) -> None:
    nobody = centre.access("gw-1").model_copy(update={"username": None, "password_file": None})
    wrong = centre.access("gw-1").model_copy(
        update={"password_file": centre.folder / "gw-2.password"}
    )
    for settings in (nobody, wrong):
        events = Events()
        connection = Connection(settings, Terms("gw-1"), events.put)
        connection.start()
        assert "refuses us" in events.wait(Disconnected).reason
        connection.stop()


def test_a_gateway_says_what_it_must_and_nothing_in_the_name_of_another(centre: Centre) -> None:
    gateway = Client(centre, "gw-1")

    assert [topic for topic in below("gw-1", *OF_A_GATEWAY) if not gateway.says(topic)] == []
    foreign = below("gw-2", *OF_A_GATEWAY, *TO_A_GATEWAY)
    forged = below("gw-1", "receipt", "command", "config/desired")
    for topic in (*foreign, *forged, f"{ROOT}/gw-1/readings/a/b", f"{ROOT}/gw-1", "elsewhere"):
        assert not gateway.says(topic), topic
    gateway.leave()


def test_a_gateway_hears_what_is_for_it_and_nothing_else(centre: Centre) -> None:
    gateway = Client(centre, "gw-1", "#", f"{ROOT}/+/readings/+")
    people = Client(centre, "centre")
    collector = Client(centre, "collector-1")
    other = Client(centre, "gw-2")

    for name in ("gw-2", "gw-1"):
        assert all(people.says(topic) for topic in below(name, *OF_THE_CENTRE))
        assert collector.says(f"{ROOT}/{name}/receipt")
    assert all(other.says(topic) for topic in below("gw-2", *OF_A_GATEWAY))
    assert gateway.says(f"{ROOT}/gw-1/state")
    until(lambda: len(gateway.heard()) >= len(TO_A_GATEWAY), 10, "what is for the gateway")
    assert gateway.heard() == set(below("gw-1", *TO_A_GATEWAY))
    for client in (gateway, people, collector, other):
        client.leave()


@pytest.mark.parametrize("share", ["", "$share/ours/"])
def test_a_collector_hears_all_gateways_and_says_only_receipts(centre: Centre, share: str) -> None:
    topics = [f"{ROOT}/+/{kind}" for kind in ("state", "spool", "about", "health")]
    collector = Client(centre, "collector-1", f"{share}{ROOT}/+/readings/+", *topics)
    gateways = [Client(centre, name) for name in ("gw-1", "gw-2")]

    for gateway, name in zip(gateways, ("gw-1", "gw-2"), strict=True):
        assert all(gateway.says(topic) for topic in below(name, *OF_A_GATEWAY))
    told = ("readings/pm-1", "state", "spool", "about", "health")
    wanted = {topic for name in ("gw-1", "gw-2") for topic in below(name, *told)}
    until(lambda: collector.heard() >= wanted, 10, "all of it")
    assert collector.says(f"{ROOT}/gw-1/receipt")
    for topic in below("gw-1", *OF_A_GATEWAY, *OF_THE_CENTRE):
        assert not collector.says(topic), topic
    for client in (collector, *gateways):
        client.leave()


def test_the_people_of_the_centre_can_command_but_forge_no_receipt_and_no_reading(
    centre: Centre,
) -> None:
    people = Client(centre, "centre", f"{ROOT}/#")
    gateway = Client(centre, "gw-1")

    assert all(gateway.says(topic) for topic in below("gw-1", *OF_A_GATEWAY))
    until(lambda: people.heard() >= set(below("gw-1", *OF_A_GATEWAY)), 10, "all of it")
    for topic in below("gw-1", "receipt", *OF_A_GATEWAY):
        assert not people.says(topic), topic
    people.leave()
    gateway.leave()


def test_a_gateway_that_was_removed_gets_in_no_more(centre: Centre) -> None:
    stolen, honest = Client(centre, "gw-1"), Client(centre, "gw-2")
    prepare(centre.volumes, "remove", "gw-1")
    centre.reload()

    assert "refuses us" in stolen.events.wait(Disconnected, 2).reason
    assert honest.says(f"{ROOT}/gw-2/health")
    assert honest.events.all(Disconnected) == []
    stolen.leave()
    honest.leave()


@NEEDS_OPENSSL
def test_over_tls_nobody_throws_out_another_by_taking_its_client_id(tmp_path: Path) -> None:
    with Centre(tmp_path, "gw-1", "gw-2", tls=True) as centre:
        honest = Client(centre, "gw-1", f"{ROOT}/gw-1/receipt", tls=True)
        thief = Client(centre, "gw-2", client_id="gw-1", tls=True)

        assert honest.says(f"{ROOT}/gw-1/health")
        assert honest.events.all(Disconnected) == []
        assert thief.says(f"{ROOT}/gw-2/health")
        assert not thief.says(f"{ROOT}/gw-1/health")
        honest.leave()
        thief.leave()


def test_whoever_sends_more_than_a_batch_can_be_is_told_so(centre: Centre) -> None:
    gateway = Client(centre, "gw-1")

    assert gateway.says(f"{ROOT}/gw-1/readings/pm-1", bytes(1024 * 1024))
    assert not gateway.says(f"{ROOT}/gw-1/readings/pm-1", bytes(1_200_000))
    gateway.leave()


def test_the_window_holds_two_writes_and_more_than_the_default_of_20(centre: Centre) -> None:
    """A collector that acknowledges nothing yet still gets what two writes need."""
    topic = f"{ROOT}/gw-1/readings/pm-1"
    collector = Client(centre, "collector-1", f"{ROOT}/+/readings/+", manual_ack=True)
    gateway = Client(centre, "gw-1")

    for _ in range(1000):
        gateway.sends(topic)
    collector.events.wait(Arrived, 1000)
    gateway.leave()
    collector.leave()


def test_the_window_s_reason_stands_beside_it() -> None:
    text = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text("utf-8")
    window = re.search(r"((?:^#.*\n)+)max_inflight_messages (\d+)$", text, re.MULTILINE)

    assert window is not None
    assert int(window[2]) >= 1000
    reason = re.sub(r"\s*\n# ", " ", window[1])
    assert "two writes' worth of messages" in reason
    assert "1,000 ten-row batches are two writes of 5,000 rows" in reason


def test_the_health_check_asks_the_broker_itself_and_notices_when_it_hangs(centre: Centre) -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    service = compose["services"]["mosquitto"]
    assert service["environment"] == {"XDG_CONFIG_HOME": "/etc/mosquitto/simpang"}
    command = [word.replace("$$", "$") for word in service["healthcheck"]["test"][1:]]
    command += ["-p", str(centre.port)]
    env = {**os.environ, "XDG_CONFIG_HOME": str(centre.volumes / "mosquitto")}

    def healthy(seconds: str) -> bool:
        words = [seconds if word == "5" else word for word in command]
        return subprocess.run(words, env=env, check=False, capture_output=True).returncode == 0

    assert healthy("5")
    centre.freeze()
    assert not healthy("1")
    centre.thaw()
    assert not any(centre.password("centre") in word for word in command)
