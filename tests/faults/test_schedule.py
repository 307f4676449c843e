"""The same seed gives the same schedule, in which nothing happens twice at once to one thing."""

from __future__ import annotations

from itertools import combinations

from tests.faults.schedule import Fault, Kind, draw


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert draw(7, 60) == draw(7, 60)
    assert draw(7, 60) != draw(8, 60)


def test_a_longer_schedule_begins_as_a_shorter_one() -> None:
    assert draw(7, 60)[:12] == draw(7, 12)


def test_every_kind_of_fault_comes_up_in_five_seeds() -> None:
    assert {fault.kind for seed in range(1, 6) for fault in draw(seed, 60)} == set(Kind)


def test_faults_overlap_but_never_for_one_thing() -> None:
    faults = draw(3, 200)
    together = [
        (one, other) for one, other in combinations(faults, 2) if one.at <= other.at < one.until
    ]
    assert together
    assert not [pair for pair in together if _thing(pair[0]) == _thing(pair[1])]


def _thing(fault: Fault) -> tuple[bool, str]:
    return fault.kind in {Kind.CUT, Kind.STALL, Kind.HOLE}, fault.target
