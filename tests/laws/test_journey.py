"""The journey as a state machine: whatever dies, nothing is lost, doubled or invented."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from gateway.edge import spool
from tests.laws.world import World

DEVICES = st.sampled_from([("pm-1", None), ("pm-2", None), ("radar", "in"), ("radar", "out")])
SECONDS = st.sampled_from([0.2, 1.0, 2.5, 6.0, 11.0, 30.0])
MEMORY = st.sampled_from([1 << 24, 4096])
ROWS = st.one_of(st.none(), st.integers(0, 3))
FACTS = st.sampled_from(["channel:%", "vitals:%", "counts", "opened", "open", "last", "trust", "%"])
VALUES = st.sampled_from([
    None, "noon", 7, [1], [["a", 2]], {"held": "many"}, {"stretches": 5, "total": "x"},
    {"dropped": [1], "stretches": [["a", "b"]]},
])  # fmt: skip


class Journey(RuleBasedStateMachine):
    """Rules that break things, and laws that hold all the same."""

    world: World | None = None

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()

    @initialize(keeps=st.booleans(), trusted=st.booleans(), memory=MEMORY)
    def begin(self, *, keeps: bool, trusted: bool, memory: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="simpang-law-"))
        self.patch.setattr(spool, "MEMORY_BYTES", memory)
        self.world = World(self.folder, keeps=keeps, trusted=trusted, watched=("pm-1", "radar"))

    @property
    def city(self) -> World:
        assert self.world is not None
        return self.world

    @rule(devices=st.lists(DEVICES, min_size=1, max_size=6))
    def measure(self, devices: list[tuple[str, str | None]]) -> None:
        for device, channel in devices:
            self.city.measure(device, channel)

    @rule(device=DEVICES, seconds=st.sampled_from([0.5, 2.0, 5.0]))
    def hold_back(self, device: tuple[str, str | None], seconds: float) -> None:
        self.city.measure(*device, held_back=seconds)

    @rule()
    def five_minutes_pass(self) -> None:
        self.city.passes(301.0, stride=7.0)

    @rule(seconds=SECONDS)
    def passes(self, seconds: float) -> None:
        self.city.passes(seconds)

    @rule(messages=st.integers(1, 30))
    def collect(self, messages: int) -> None:
        self.city.collect(messages)

    @rule()
    def collect_and_refuse(self) -> None:
        self.city.collect(2, refuse=True)

    @rule(arrives=st.booleans())
    def receipt(self, *, arrives: bool) -> None:
        self.city.receipt(arrives=arrives)

    @rule(reboot=st.booleans())
    def crash(self, *, reboot: bool) -> None:
        self.city.crash(reboot=reboot)

    @rule()
    def restart(self) -> None:
        self.city.restart()

    @rule()
    def lose_broker(self) -> None:
        self.city.lose_broker()

    @rule()
    def find_broker(self) -> None:
        self.city.find_broker()

    @rule()
    def lose_collector(self) -> None:
        self.city.lose_collector()

    @rule()
    def return_collector(self) -> None:
        self.city.return_collector()

    @rule()
    def mute(self) -> None:
        self.city.muted.add("pm-2")

    @rule(by=st.sampled_from([-600.0, -3.0, 3.0, 600.0, 31_536_000.0, -31_536_000.0]))
    def set_clock(self, by: float) -> None:
        self.city.set_clock(by)
        self.city.tick()

    @rule()
    def synchronise(self) -> None:
        self.city.synchronise()
        self.city.tick()

    @precondition(lambda self: self.world is not None)
    @rule()
    def fail_disk(self) -> None:
        self.city.card.fail()

    @rule()
    def heal_disk(self) -> None:
        self.city.card.heal()

    @rule(batch=ROWS, pending=ROWS)
    def wear(self, batch: int | None, pending: int | None) -> None:
        self.city.card.wear(batch, pending)

    @precondition(lambda self: not self.city.card.ruined)
    @rule()
    def unmount(self) -> None:
        self.city.card.unmount()

    @precondition(lambda self: not self.city.card.ruined)
    @rule()
    def mount(self) -> None:
        self.city.card.mount()

    @precondition(lambda self: not self.city.card.ruined)
    @rule()
    def copy(self) -> None:
        self.city.card.copy()

    @precondition(lambda self: not self.city.card.moved)
    @rule(page=st.integers(0, 12))
    def damage(self, page: int) -> None:
        self.city.card.damage(page)

    @rule(names=FACTS, value=VALUES)
    def another_version(self, names: str, value: object) -> None:
        self.city.start_with_facts_of_another_version(names, value)

    @invariant()
    def laws(self) -> None:
        if self.world is not None:
            self.world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        failed = sys.exc_info()[0] is not None
        try:
            if not failed:
                self.world.heal()
                self.world.check_all_arrived()
        finally:
            self.patch.undo()
            self.world.core.spool.abandon()
            shutil.rmtree(self.folder)


Journey.TestCase.settings = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "150")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestJourney = Journey.TestCase
