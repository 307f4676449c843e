"""The same seed gives the same schedule, in which nothing happens twice at once to one thing."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.faults.schedule import ANSWERS, NETWORK, STORES, Fault, Kind, Scene, draw

SCENES = [Scene(store, collectors) for store in STORES for collectors in (1, 3)]


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_the_same_seed_gives_the_same_schedule_and_another_seed_another(scene: Scene) -> None:
    assert draw(7, 60, scene) == draw(7, 60, scene)
    assert draw(7, 60, scene) != draw(8, 60, scene)


def test_a_longer_schedule_begins_as_a_shorter_one() -> None:
    assert draw(7, 60)[:12] == draw(7, 12)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_every_kind_of_fault_that_a_scene_has_comes_up_in_five_seeds(scene: Scene) -> None:
    absent = {Kind.LOCK} if scene.outside else set(ANSWERS)
    absent |= set() if scene.collectors > 1 else {Kind.LEAVE}
    faults = [fault for seed in range(1, 6) for fault in draw(seed, 60, scene)]
    assert {fault.kind for fault in faults} == set(Kind) - absent
    killed = {fault.target for fault in faults if fault.kind is Kind.KILL}
    database = {"database"} if scene.outside else set()
    assert killed == {"broker", "gateway", *scene.names} | database


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_faults_overlap_but_never_for_one_thing(scene: Scene) -> None:
    faults = draw(3, 200, scene)
    together = [
        (one, other) for one, other in combinations(faults, 2) if one.at <= other.at < one.until
    ]
    assert together
    assert not [pair for pair in together if _thing(pair[0]) == _thing(pair[1])]


def _thing(fault: Fault) -> tuple[bool, bool, str]:
    return fault.kind in NETWORK, fault.kind in ANSWERS, fault.target
