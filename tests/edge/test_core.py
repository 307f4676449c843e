from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.clock import FakeClock
from gateway.mqtt import Confirmed, Connected, Denied, Disconnected, Granted, Refused
from schemas.reading import Flag, Reading, Value
from tests.edge.edge import Edge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    edge = Edge(tmp_path)
    edge.event(Connected())
    return edge


def test_on_connecting_it_says_who_it_is_what_it_has_and_what_it_holds(edge: Edge) -> None:
    (state,) = edge.voice.heard("state")
    (about,) = edge.voice.heard("about")
    (spool,) = edge.voice.heard("spool")
    assert (state["online"], state["boot"]) == (True, "boot-1")
    assert [device["id"] for device in about["devices"]] == ["node", "pm-1"]
    assert about["devices"][1]["quantities"]["pm2_5"] == "µg/m³"
    assert spool["now"] == spool["epochs"][-1]["epoch"]
    assert all(retain for _, _, retain in edge.voice.said)


def test_a_puback_is_no_proof_of_storage(edge: Edge) -> None:
    edge.measure()
    edge.event(Confirmed(len(edge.voice.said)))
    assert edge.core.spool.counts.held == 1


def test_where_nobody_of_ours_listens_a_puback_is_enough_and_health_says_so(
    tmp_path: Path,
) -> None:
    edge = Edge(tmp_path, delivery="broker")
    edge.event(Connected())
    edge.measure()
    edge.event(Confirmed(len(edge.voice.said)))
    assert edge.core.spool.counts.held == 0
    assert edge.voice.heard("health")[0]["unproven"]


def test_a_receipt_lets_it_forget(edge: Edge) -> None:
    edge.measure()
    batch = edge.voice.heard("readings")[0]
    edge.hear("receipt", json.dumps({"v": 1, "stored": {batch["epoch"]: [[1, 1]]}}).encode())
    assert edge.core.drained


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"\xff", b'{"v":2}', b'{"v":1,"stored":{"x":[[1,1]]}}',
     b'{"v":1,"stored":{"0123456789abcdef":[[2,1]]}}',
     b'{"v":1,"stored":{"0123456789abcdef":[[1,1e99]]}}', b" " * 300_000],
)  # fmt: skip
def test_whatever_comes_as_a_receipt_nothing_is_forgotten_for_it(
    edge: Edge, payload: bytes
) -> None:
    edge.measure()
    edge.hear("receipt", payload)
    assert edge.core.spool.counts.held == 1
    assert edge.core.publisher.counters["unreadable_receipts"] == 1


def test_a_will_that_fires_late_is_corrected(edge: Edge) -> None:
    edge.hear("state", b'{"online":false}')
    assert [state["online"] for state in edge.voice.heard("state")] == [True, True]


def test_another_machine_under_its_name_is_an_alarm(edge: Edge) -> None:
    edge.hear("state", b'{"v":1,"online":true,"machine":"somebody-else"}')
    edge.passes(60)
    assert edge.voice.heard("health")[-1]["alarms"] == ["twin"]


def test_its_own_state_is_no_twin(edge: Edge) -> None:
    own = next(payload for topic, payload, _ in edge.voice.said if topic.endswith("/state"))
    edge.hear("state", own)
    edge.passes(60)
    assert edge.voice.heard("health")[-1]["alarms"] == []


def test_the_spool_is_told_after_a_commit_that_changed_it_and_not_too_often(edge: Edge) -> None:
    for _ in range(200):
        edge.measure()
        edge.passes(1)
    told = edge.voice.heard("spool")
    assert 2 <= len(told) <= 5
    assert told[-1]["epochs"][-1]["next"] > 100


def test_a_broker_that_denies_is_an_alarm_and_nothing_is_forgotten(edge: Edge) -> None:
    edge.measure()
    edge.event(Denied(len(edge.voice.said), "not authorised"))
    edge.passes(60)
    assert edge.core.spool.counts.held == 1
    assert edge.voice.heard("health")[-1]["alarms"] == ["broker: not authorised"]


def test_a_refused_subscription_is_an_alarm_until_it_is_granted(edge: Edge) -> None:
    edge.event(Refused("receipt", "not allowed"))
    edge.event(Refused("state", "quota exceeded"))
    edge.passes(60)
    alarms = ["broker: not allowed", "broker: quota exceeded"]
    assert edge.voice.heard("health")[-1]["alarms"] == alarms
    edge.event(Granted("receipt"))
    edge.passes(60)
    assert edge.voice.heard("health")[-1]["alarms"] == ["broker: quota exceeded"]
    edge.event(Granted("state"))
    edge.passes(60)
    assert edge.voice.heard("health")[-1]["alarms"] == []


def test_a_grant_does_not_hide_that_the_broker_takes_nothing(edge: Edge) -> None:
    edge.event(Refused("receipt", "not allowed"))
    edge.event(Denied(1, "quota exceeded"))
    edge.event(Granted("receipt"))
    edge.passes(60)
    assert edge.voice.heard("health")[-1]["alarms"] == ["broker: quota exceeded"]


def test_while_the_broker_is_gone_nothing_is_sent_and_all_of_it_after(edge: Edge) -> None:
    edge.event(Disconnected("gone"))
    edge.measure()
    assert edge.voice.heard("readings") == []
    edge.event(Connected())
    edge.passes(0)
    assert len(edge.voice.heard("readings")) == 1


def test_what_found_no_connection_goes_as_soon_as_there_is_one(edge: Edge) -> None:
    edge.voice.up = False
    edge.measure()
    assert edge.core.publisher.unreceipted == 0
    edge.voice.up = True
    edge.passes(0.1)
    assert len(edge.voice.heard("readings")) == 1


def test_the_node_measures_itself_every_five_minutes(edge: Edge) -> None:
    edge.passes(299)
    assert edge.voice.heard("readings/node") == []
    edge.passes(2)
    (node,) = edge.voice.heard("readings/node")
    row = dict(zip(node["q"], node["r"][0][2:], strict=True))
    assert row["clock_trusted"] == 1
    assert row["spool_memory"] == 0
    assert {"memory", "disk_free", "spool_waiting"} <= row.keys()


def test_a_quantity_that_nobody_knows_stops_nothing(edge: Edge) -> None:
    values = {"pm2_5": Value(8.0, Flag.PASS), "phlogiston": Value(1.0, Flag.PASS)}
    now, stamp = edge.clock.monotonic(), edge.clock.stamp()
    edge.core.measured(Reading("pm-1", None, values), stamp, "made.up", now)
    edge.passes(0)
    (batch,) = edge.voice.heard("readings")
    assert batch["q"] == ["pm2_5"]


def test_the_span_of_a_crash_is_told(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    edge.measure()
    edge.passes(6)
    edge.core.spool.abandon()
    edge.clock.advance(500)
    again = Edge(tmp_path, edge.clock)
    again.event(Connected())
    again.passes(301)
    (node,) = again.voice.heard("readings/node")
    row = dict(zip(node["q"], node["r"][0][2:], strict=True))
    assert row["spool_crashes"] == 1
    assert row["spool_crash_span"] == pytest.approx(506, abs=0.1)


def test_a_clock_beyond_2100_stops_nothing_and_is_not_believed(tmp_path: Path) -> None:
    edge = Edge(tmp_path, FakeClock(wall=4_200_000_000.0))
    edge.event(Connected())
    edge.measure()
    edge.passes(6)
    assert edge.voice.heard("readings") == []
    edge.clock.step(-2_000_000_000)
    edge.passes(1)
    edge.passes(6)
    assert [batch["clock"] for batch in edge.voice.heard("readings")] == ["late"]


def test_a_channel_that_is_no_id_stops_nothing(edge: Edge) -> None:
    reading = Reading("pm-1", "Lane 1", {"count": Value(1.0, Flag.PASS)})
    edge.core.measured(reading, edge.clock.stamp(), "made.up", edge.clock.monotonic())
    edge.passes(6)
    assert edge.core.drained


def test_what_a_broker_denies_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    edge = Edge(tmp_path, delivery="broker", window=3)
    edge.event(Connected())
    told = 0
    for number in range(300):
        edge.measure()
        for mid, (topic, _, _) in enumerate(edge.voice.said[told:], told + 1):
            denied = number < 3 or "readings" not in topic
            edge.event(Denied(mid, "no") if denied else Confirmed(mid))
        told = len(edge.voice.said)
        edge.passes(1)
    assert edge.core.spool.counts.held - edge.core.spool.counts.refused < 20


def test_a_reading_held_back_is_not_late_for_the_node_s_own_words(edge: Edge) -> None:
    edge.passes(290)
    edge.measure()
    edge.passes(5)
    stamp = edge.clock.stamp()
    edge.passes(2)
    reading = Reading("pm-1", None, {"pm2_5": Value(900.0, Flag.PASS)})
    vitals = Reading("pm-1", None, {"frames": Value(1.0, Flag.PASS)})
    now = edge.clock.monotonic()
    edge.core.measured(vitals, edge.clock.stamp(), "simpang.node", now)
    edge.core.measured(reading, stamp, "made.up", now)
    edge.passes(6)
    batches = edge.voice.heard("readings/pm-1")
    assert {batch["clock"] for batch in batches} == {"synced"}
    assert len({batch["t"] for batch in batches}) == 3


def test_facts_of_another_version_stop_nothing(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    now = edge.clock.monotonic()
    edge.core.spool.keep("trust", ["boot-1", 1.0, True, 1, "system", "more"], now)
    edge.core.spool.keep("channel:pm-1", {"other": 1}, now)
    edge.core.close(now)
    again = Edge(tmp_path, edge.clock)
    again.event(Connected())
    again.measure()
    assert len(again.voice.heard("readings")) == 1


def test_a_source_that_is_touched_each_second_costs_no_commit_each(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    edge.passes(1)
    kept = edge.core.trust.kept
    assert kept is not None
    commits = 0
    for seen in range(1, 30):
        changes = edge.core.spool._changes  # noqa: SLF001 - a new one is a commit
        edge.core._kept = kept._replace(seen=-seen)  # noqa: SLF001 - as if touched since
        edge.passes(0.1)
        commits += edge.core.spool._changes is not changes  # noqa: SLF001
    assert commits <= 1


def test_with_a_dead_battery_behind_the_clock_nothing_is_dated_before_somebody_sets_it(
    tmp_path: Path,
) -> None:
    edge = Edge(tmp_path, FakeClock(wall=1000.0))
    edge.event(Connected())
    edge.measure()
    edge.passes(60)
    assert edge.voice.heard("readings") == []
    health = edge.voice.heard("health")[-1]
    assert (health["clock"], health["undated"]) == ("waiting", 1)
    assert health["alarms"] == ["clock: it stands before 2020 or beyond 2100: set it"]
    edge.clock.step(1_764_000_000.0)
    edge.passes(1)
    edge.passes(10)
    (batch,) = edge.voice.heard("readings")
    assert (batch["clock"], batch["t"]) == ("late", 1_764_001_000_000)


def test_after_messages_that_nobody_read_it_says_again_that_it_is_there(edge: Edge) -> None:
    said = len(edge.voice.heard("state"))
    edge.core.missed(edge.clock.stamp())
    assert edge.voice.heard("state")[said:] == [edge.voice.heard("state")[0]]
