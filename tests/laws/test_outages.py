"""Days without a broker, a collector or a clock, hour by hour on a fake clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.laws.world import World

if TYPE_CHECKING:
    from pathlib import Path

DEVICES = (("pm-1", None), ("pm-2", None), ("radar", "in"))
HOUR = 3600


def measures_for(world: World, seconds: int, every: int = 60) -> None:
    """Let all devices measure for a while, and look at the world seldom."""
    for _ in range(seconds // every):
        for device, channel in DEVICES:
            world.measure(device, channel)
        world.passes(every - 0.05 * len(DEVICES), stride=15.0)


def drains(world: World) -> None:
    """Let the collector work until nothing waits."""
    for _ in range(5000):
        world.passes(1.0)
        world.collect(1000)
        world.receipt()
        if world.core.drained:
            return
    raise AssertionError(world.describe())


def newest_stored(world: World, within: float) -> dict[str, float]:
    """Let so many seconds pass with a working collector; how old is each device's newest then?"""
    for _ in range(round(within / 0.1)):
        world.clock.advance(0.1)
        world.tick()
        world.collect(1000)
        world.receipt()
    newest: dict[str, float] = {}
    for number, places in world.stored().items():
        device = world.truths[number].device
        if device == "node":
            continue  # it speaks every five minutes only
        newest[device] = max(newest.get(device, 0.0), places[0][2] / 1000)
    return {device: world.true - at for device, at in newest.items()}


def everything_arrived(world: World) -> None:
    world.check()
    world.check_totals()
    assert world.stored().keys() == world.truths.keys()
    assert [gap for gap in world.gaps() if gap.kind != "waiting"] == []


@pytest.mark.parametrize("keeps", [False, True], ids=["forgetful broker", "broker that keeps"])
def test_after_72_hours_without_a_broker_the_present_comes_within_2_s_and_all_follows(
    tmp_path: Path, *, keeps: bool
) -> None:
    world = World(tmp_path, keeps=keeps)
    world.lose_broker()
    for _ in range(72):
        measures_for(world, HOUR)
        world.check()
    world.passes(5.0)
    world.find_broker()
    ages = newest_stored(world, 2.0)
    assert ages.keys() == {"pm-1", "pm-2", "radar"}
    assert max(ages.values()) < 120
    drains(world)
    everything_arrived(world)


def test_after_hours_without_a_collector_the_newest_comes_within_2_s_without_a_reconnect(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=False)
    world.lose_collector()
    measures_for(world, 6 * HOUR)
    world.passes(5.0)
    world.return_collector()
    ages = newest_stored(world, 2.0)
    assert ages.keys() == {"pm-1", "pm-2", "radar"}
    assert max(ages.values()) < 120
    drains(world)
    everything_arrived(world)


def test_a_clock_in_1970_that_is_set_after_an_hour_dates_the_hour_late_and_exactly(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=True, trusted=False)
    world.set_clock(-2_000_000_000)
    measures_for(world, HOUR)
    assert world.stored() == {}
    world.synchronise()
    drains(world)
    everything_arrived(world)
    assert {place[0] for places in world.stored().values() for place in places} == {
        "air", "node", "traffic",
    }  # fmt: skip
    for number, places in world.stored().items():
        assert abs(places[0][2] / 1000 - world.truths[number].at) < 0.01


@pytest.mark.parametrize("by", [31_536_000.0, -31_536_000.0], ids=["a year on", "a year back"])
def test_a_step_while_running_mis_dates_nothing(tmp_path: Path, by: float) -> None:
    world = World(tmp_path, keeps=True)
    measures_for(world, 600)
    world.set_clock(by)
    measures_for(world, 600)
    world.synchronise()
    measures_for(world, 600)
    drains(world)
    everything_arrived(world)
    assert all(places[0][0] != "undated" for places in world.stored().values())


def test_72_hours_without_a_source_are_holdover_and_dated_all_the_same(tmp_path: Path) -> None:
    world = World(tmp_path, keeps=True)
    for _ in range(72):
        measures_for(world, HOUR)
        world.collect(1000)
        world.receipt()
    assert world.core.trust.state == "holdover"
    assert world.core.trust.holdover_seconds > 71 * HOUR
    drains(world)
    everything_arrived(world)
    assert all(places[0][0] != "undated" for places in world.stored().values())


def test_a_power_cut_before_synchronisation_leaves_readings_that_lie_in_undated(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=True, trusted=False)
    world.set_clock(-2_000_000_000)
    measures_for(world, 600)
    world.crash(reboot=True)
    measures_for(world, 600)
    world.synchronise()
    drains(world)
    world.check()
    stored = world.stored()
    before = {n for n, truth in world.truths.items() if n <= 30 and truth.committed}
    assert {stored[number][0][0] for number in before} == {"undated"}
    assert {stored[number][0][0] for number in range(31, 61)} == {"air", "traffic"}


def test_a_wall_clock_set_back_ten_minutes_and_believed_gives_no_time_twice(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=True)
    measures_for(world, 1200)
    world.be_believed(-600.0)
    measures_for(world, 1200)
    drains(world)
    places = [place for places in world.stored().values() for place in places]
    assert len(places) == len(set(places)) == len(world.truths)
