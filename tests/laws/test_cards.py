"""What a card may do to the spool that lies on it: only what it took with it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.edge import spool
from tests.laws.world import World

if TYPE_CHECKING:
    from pathlib import Path


MINUTES = 130.0
"""Until a disk that failed was tried again, and once more."""


def settles(world: World) -> None:
    world.heal()
    world.check_all_arrived()


def measures(world: World, *devices: str) -> None:
    """Let each device measure; their batches are on the card then."""
    for device in devices:
        world.measure(device, None)
        world.passes(7.0)
        world.check()


def serves(world: World, rounds: int) -> None:
    """Let a collector take what comes, and receipt it, each three seconds."""
    for _ in range(rounds):
        world.passes(3.0)
        world.collect(100)
        world.receipt()


# -- rows that can't be read -------------------------------------------------------------------


def test_what_can_not_be_read_holds_nothing_up(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2", "pm-1", "pm-2", "pm-1")
    world.card.wear(0, None)
    world.card.wear(2, None)
    world.find_broker()
    serves(world, 30)
    assert len(world.stored()) == 3
    settles(world)
    assert len(world.stored()) == 5


def test_batches_that_can_not_be_read_and_are_alone_come_once_they_can(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-1")
    world.card.wear(0, None)
    world.card.wear(1, None)
    world.restart()
    world.find_broker()
    world.passes(60.0)
    settles(world)
    assert len(world.stored()) == 2


def test_a_reading_that_waits_and_can_not_be_read_keeps_no_other_from_its_date(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, keeps=True, trusted=False)
    measures(world, "pm-1", "pm-2", "pm-1")
    world.card.wear(None, 1)
    world.restart()
    world.synchronise()
    serves(world, 20)
    assert len(world.stored()) == 2
    settles(world)
    assert len(world.stored()) == 3


def test_a_dated_reading_that_can_not_be_read_at_the_start_comes_once_it_can(world: World) -> None:
    world.measure("pm-2", None)
    world.passes(4.0)
    world.measure("pm-1", None)
    world.passes(1.0)
    world.measure("pm-2", None)
    assert len(world.card.rows().pending) == 1
    world.card.wear(None, 0)
    world.crash(reboot=False)
    measures(world, "pm-1")
    settles(world)


def test_the_only_reading_that_waits_is_dated_once_it_can_be_read(tmp_path: Path) -> None:
    world = World(tmp_path, keeps=True, trusted=False)
    measures(world, "pm-1")
    world.card.wear(None, 0)
    world.synchronise()
    world.tick()
    settles(world)
    assert len(world.stored()) == 1


# -- another file ------------------------------------------------------------------------------


def test_a_card_that_is_mounted_late_is_sent_beside_what_came_meanwhile(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2")
    world.crash(reboot=False, meanwhile=world.card.unmount)
    measures(world, "pm-1", "pm-2")
    world.card.mount()
    for _ in range(3):
        measures(world, "pm-1", "pm-2")
        world.passes(MINUTES)
    settles(world)
    assert world.stored().keys() >= {1, 2, 7, 8, 9, 10}


def test_a_card_that_is_mounted_late_where_there_was_nothing_is_sent_too(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2")
    world.crash(reboot=False, meanwhile=world.card.fail)
    measures(world, "pm-1", "pm-2")
    world.card.heal()
    settles(world)
    assert len(world.stored()) == 4


def test_a_file_that_vanishes_under_the_gateway_takes_only_its_own_with_it(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2")
    world.card.unmount()
    measures(world, "pm-1", "pm-2")
    world.passes(MINUTES)
    measures(world, "pm-1", "pm-2")
    settles(world)
    assert world.stored().keys() >= {3, 4, 5, 6}


@pytest.mark.parametrize("trusted", [True, False])
def test_an_older_copy_put_back_tells_nothing_twice_as_good(
    tmp_path: Path, *, trusted: bool
) -> None:
    world = World(tmp_path, keeps=True, trusted=trusted)
    measures(world, "pm-1", "pm-2")
    world.card.copy()
    world.synchronise()
    serves(world, 5)
    world.card.mount()
    measures(world, "pm-1", "pm-2")
    world.passes(MINUTES)
    measures(world, "pm-1", "pm-2")
    settles(world)
    assert len(world.stored()) == 6


def test_a_receipt_for_what_another_file_held_forgets_nothing_of_this_one(world: World) -> None:
    measures(world, "pm-1", "pm-2")
    world.broker.queue.clear()
    world.crash(reboot=False, meanwhile=world.card.unmount)
    measures(world, "pm-1", "pm-2")
    world.collect(100)
    world.card.mount()
    world.lose_broker()
    measures(world, "pm-1")
    world.passes(MINUTES)
    world.broker.up = True
    world.receipt()
    world.broker.up = False
    world.check()
    settles(world)
    assert len(world.stored()) == 5


def test_what_a_start_without_its_card_can_not_list_is_not_called_lost(world: World) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-1")
    world.find_broker()
    world.passes(1.0)
    world.collect(100)
    world.crash(reboot=False, meanwhile=world.card.fail)
    world.passes(11.0)
    world.collect(100)
    world.check()
    settles(world)


# -- damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", range(10))
def test_a_file_that_is_damaged_while_it_is_open_costs_what_it_held_and_says_so(
    world: World, page: int
) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2", "pm-1")
    world.card.damage(page)
    world.check()
    measures(world, "pm-1", "pm-2")
    world.find_broker()
    world.check()
    measures(world, "pm-1")
    settles(world)
    assert 6 in world.stored()


# -- facts of another version ------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "noon", 7, [1], {"held": "many", "total": "x"}])
@pytest.mark.parametrize("names", ["channel:%", "counts", "opened", "open", "last", "trust", "%"])
def test_facts_of_another_version_stop_nothing(world: World, names: str, value: object) -> None:
    world.lose_broker()
    measures(world, "pm-1", "pm-2")
    world.measure("radar", "in")
    world.passes(7.0)
    world.start_with_facts_of_another_version(names, value)
    world.check()
    world.measure("radar", "in")
    measures(world, "pm-1", "pm-2")
    settles(world)
    assert len(world.stored()) == 6


# -- memory ------------------------------------------------------------------------------------


def test_a_reading_that_memory_drops_and_the_disk_has_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MEMORY_BYTES", 4096)
    world.lose_broker()
    world.measure("pm-2", None)
    world.passes(4.0)
    world.measure("pm-1", None)
    world.passes(1.0)
    assert world.card.rows().pending
    world.card.fail()
    for _ in range(15):
        for _ in range(3):
            world.measure("pm-2", None)
        world.passes(11.0)
        world.check()
    assert world.core.spool.counts.dropped["memory"]
    settles(world)
    assert 1 in world.stored()
