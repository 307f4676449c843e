"""Sequences that once lost, doubled or mis-dated a reading, each by name; see also test_journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.edge.vehicles import Vehicles
from tests.laws.world import COMMIT_SECONDS, World

if TYPE_CHECKING:
    from pathlib import Path


def settles(world: World) -> None:
    """Mend everything; then nothing is lost, doubled, mis-dated or called lost while it waits."""
    world.heal()
    world.check_all_arrived()
    assert world.gaps() == []


def test_two_channels_with_one_first_reading_are_two_deliveries(world: World) -> None:
    world.measure("radar", "in", lasts=0.0)
    world.measure("radar", "out")
    world.passes(2 * COMMIT_SECONDS)
    world.collect(100)
    world.measure("radar", "in", lasts=0.0)
    world.measure("radar", "out")
    settles(world)
    assert len(list(world.store.select("delivery", {"device": "radar"}))) == 4


def test_pending_rows_encoded_again_after_a_crash_answer_to_no_old_receipt(world: World) -> None:
    world.passes(1.0)
    world.measure("pm-1", None)
    world.passes(2.5)
    world.collect(100)
    world.crash(reboot=False)
    world.measure("pm-2", None)
    world.core.commit(world.clock.monotonic())
    world.committed()
    world.passes(2.5)
    world.receipt()
    world.lose_broker()
    settles(world)


def test_a_late_batch_goes_out_after_its_commit_or_a_crash_would_date_it_anew(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=True, trusted=False)
    world.measure("pm-1", None)
    world.passes(2 * COMMIT_SECONDS)
    world.synchronise()
    world.tick()
    world.collect(100)
    world.crash(reboot=True)
    settles(world)


def test_a_device_whose_batches_are_never_answered_blocks_nobody(world: World) -> None:
    world.muted.add("pm-2")
    for _ in range(10):
        world.measure("pm-2", None)
        world.passes(3.0)
    for _ in range(60):
        world.measure("pm-1", None)
        world.passes(5.0)
        world.collect(100)
        world.receipt()
    newest = max(places[0][2] for places in world.stored().values()) / 1000
    assert world.true - newest < 30
    assert world.core.spool.counts.refused > 0
    settles(world)


def test_an_interval_cut_short_by_a_restart_bears_its_own_beginning(world: World) -> None:
    starts = []
    for _ in range(2):
        vehicles = Vehicles("radar", ("in",), 60.0)
        for _ in range(20):
            world.clock.advance(1.0)
            vehicles.observe(world.clock.stamp(), 0, observing=True)
        starts += [one.stamp.wall for one in vehicles.close()]
    assert len(set(starts)) == 2
    assert starts[1] - starts[0] == pytest.approx(20.0, abs=1.1)


def test_a_wall_clock_set_back_ten_minutes_gives_no_time_twice(world: World) -> None:
    for _ in range(40):
        world.measure("pm-1", None)
        world.passes(29.95)
    world.be_believed(-600.0)
    for _ in range(40):
        world.measure("pm-1", None)
        world.passes(29.95)
    world.collect(1000)
    places = [place for found in world.stored().values() for place in found]
    assert len(places) == len(set(places))
    dated = [place for place in places if place[0] != "undated"]
    assert len(dated) < len(places)


def test_a_step_is_known_after_a_crash_right_behind_it(tmp_path: Path) -> None:
    world = World(tmp_path, keeps=False, trusted=False)
    world.crash(reboot=False)
    world.synchronise()
    world.tick()
    world.set_clock(3.0)
    world.tick()
    world.crash(reboot=False)
    world.measure("pm-1", None)
    settles(world)


def test_a_backlog_that_no_disk_could_tell_of_is_sent_once_it_can(world: World) -> None:
    world.lose_broker()
    world.measure("pm-1", None)
    world.measure("radar", "in")
    world.restart()
    world.card.fail()
    world.crash(reboot=False)
    world.measure("radar", "in")
    settles(world)
    assert len(world.stored()) == 3


def test_a_late_date_that_memory_gives_brings_no_running_count(tmp_path: Path) -> None:
    world = World(tmp_path, keeps=False, trusted=False)
    world.measure("radar", "out")
    world.card.fail()
    world.synchronise()
    world.tick()
    world.card.heal()
    world.crash(reboot=False)
    world.measure("radar", "out")
    settles(world)


@pytest.mark.parametrize("set_by", [0.0, -600.0], ids=["dated at once", "dated late"])
def test_vitals_and_a_reading_of_one_millisecond_are_two_deliveries(
    tmp_path: Path, set_by: float
) -> None:
    world = World(tmp_path, keeps=True, watched=("pm-1",))
    world.passes(301.0, stride=301.0)
    world.set_clock(set_by)
    world.tick()
    world.measure("pm-1", None)
    settles(world)
    assert len(list(world.store.select("delivery", {"device": "pm-1"}))) == 2
