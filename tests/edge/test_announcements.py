from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from devices.registry import find
from devices.sample import Detection
from gateway.edge.sums import columns
from gateway.edge.vehicles import Vehicles
from gateway.edge.watch import Watch
from gateway.mqtt import Connected, Denied
from schemas.health import Health
from tests.edge.edge import Edge

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\ud800 and so on: " * 1000


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    edge = Edge(tmp_path)
    edge.event(Connected())
    return edge


def health(edge: Edge) -> dict[str, Any]:
    """What it says of itself a minute later, which a reader of the wire can read."""
    edge.passes(60)
    told: dict[str, Any] = edge.voice.heard("health")[-1]
    Health.model_validate_json(json.dumps(told))
    return told


def vitals(edge: Edge) -> dict[str, float | None]:
    """What it measures of itself five minutes later."""
    edge.passes(301)
    node = edge.voice.heard("readings/node")[-1]
    return dict(zip(node["q"], node["r"][-1][2:], strict=True))


def test_whatever_becomes_of_batches_and_receipts_has_a_counter_in_health(edge: Edge) -> None:
    edge.measure()
    edge.measure()
    epoch = edge.voice.heard("readings")[0]["epoch"]
    refused = {epoch: [[2, 2, "version"]]}
    stored = {epoch: [[1, 1], [1, 10**9]]}
    edge.hear("receipt", json.dumps({"v": 1, "stored": stored, "refused": refused}).encode())
    edge.hear("receipt", b"what?")
    assert health(edge)["counters"] == {
        "sent": 2, "stored": 1, "refused": 1, "unbelieved": 1, "unreadable_receipts": 1,
    }  # fmt: skip


def test_what_it_counts_of_batches_and_receipts_is_stored_too(edge: Edge) -> None:
    edge.measure()
    epoch = edge.voice.heard("readings")[0]["epoch"]
    edge.passes(15)
    edge.hear("receipt", json.dumps({"v": 1, "stored": {epoch: [[1, 10**9]]}}).encode())
    told = vitals(edge)
    assert told["batches_sent"] == 1
    assert told["batches_resent"] == 1
    assert told["receipts_unbelieved"] == 1


def test_all_that_the_node_measures_is_announced(edge: Edge) -> None:
    (about,) = edge.voice.heard("about")
    assert vitals(edge).keys() <= about["devices"][0]["quantities"].keys()


def test_how_long_the_oldest_batch_has_waited_is_measured(edge: Edge) -> None:
    assert vitals(edge)["spool_oldest"] is None
    node = edge.voice.heard("readings/node")[-1]
    edge.hear("receipt", json.dumps({"v": 1, "stored": {node["epoch"]: [[1, 1]]}}).encode())
    edge.measure()
    edge.passes(100)
    edge.measure()
    assert vitals(edge)["spool_oldest"] == pytest.approx(401)


def test_readings_that_wait_for_a_clock_are_told_beside_the_batches(tmp_path: Path) -> None:
    file = tmp_path / "synchronized"
    edge = Edge(tmp_path, trust=f"file:{file}")
    edge.event(Connected())
    for _ in range(3):
        edge.measure()
        edge.passes(1)
    told = health(edge)
    assert (told["waiting"], told["undated"]) == (0, 3)
    edge.core.close(edge.clock.monotonic())
    again = Edge(tmp_path, edge.clock, trust=f"file:{file}")
    again.event(Connected())
    assert health(again)["undated"] == 3
    file.touch()
    os.utime(file, (again.clock.wall, again.clock.wall))
    told = health(again)
    assert (told["waiting"], told["undated"]) == (1, 0)


def test_why_the_clock_is_not_trusted_is_an_alarm_until_it_is(tmp_path: Path) -> None:
    file = tmp_path / "synchronized"
    edge = Edge(tmp_path, trust=f"file:{file}")
    edge.event(Connected())
    assert health(edge)["alarms"] == [f"clock: {file} can't be read: No such file or directory"]
    file.touch()
    os.utime(file, (edge.clock.wall, edge.clock.wall))
    assert health(edge)["alarms"] == []


def test_a_clock_that_nobody_doubts_is_no_alarm(edge: Edge) -> None:
    assert health(edge)["alarms"] == []


def test_a_radar_s_intervals_carry_what_is_announced_and_nothing_else(tmp_path: Path) -> None:
    driver = find("omnipresense.ops243")
    edge = Edge(tmp_path, driver=driver.name)
    edge.event(Connected())
    (about,) = edge.voice.heard("about")
    radar = Vehicles("pm-1", driver.channels, 60.0)
    radar.observe(edge.clock.stamp(), 0, observing=True)
    radar.see([Detection("in", 36.0)], edge.clock.stamp())
    edge.clock.advance(0.5)
    radar.observe(edge.clock.stamp(), 0, observing=True)
    for measured in radar.close():
        assert about["devices"][1]["quantities"].keys() == measured.reading.values.keys()


@pytest.mark.parametrize("name", ["canoga.loop", "adec.tdc", "mph.speed"])
def test_of_a_traffic_sensor_the_sums_are_announced_that_its_driver_adds_up(
    tmp_path: Path, name: str
) -> None:
    edge = Edge(tmp_path, driver=name)
    edge.event(Connected())
    (about,) = edge.voice.heard("about")
    assert set(about["devices"][1]["quantities"]) == set(columns(find(name).sums))


@pytest.mark.parametrize("words", [HOSTILE, "\0" * 10_000, ""], ids=["half", "zeros", "none"])
def test_whatever_a_broker_or_a_device_says_health_is_told_and_stays_small(
    tmp_path: Path, words: str
) -> None:
    watch = Watch(find("plantower.pms5003"))
    edge = Edge(tmp_path, watches={"pm-1": watch})
    edge.event(Connected())
    edge.event(Denied(1, words))
    watch.sampled(edge.clock.monotonic(), words)
    told = health(edge)
    assert len(json.dumps(told)) < 10_000
    assert told["devices"]["pm-1"].get("fault", "") == words[:200].replace("\ud800", "?")
