"""The journey as a state machine: whatever dies, nothing is lost, doubled or invented."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.laws.world import World

DEVICES = st.sampled_from([("pm-1", None), ("pm-2", None), ("radar", "in"), ("radar", "out")])
SECONDS = st.sampled_from([0.2, 1.0, 2.5, 6.0, 11.0, 30.0])


class Journey(RuleBasedStateMachine):
    """Rules that break things, and laws that hold all the same."""

    world: World | None = None

    @initialize(keeps=st.booleans(), trusted=st.booleans())
    def begin(self, *, keeps: bool, trusted: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="simpang-law-"))
        self.world = World(self.folder, keeps=keeps, trusted=trusted)

    @property
    def city(self) -> World:
        assert self.world is not None
        return self.world

    @rule(devices=st.lists(DEVICES, min_size=1, max_size=6))
    def measure(self, devices: list[tuple[str, str | None]]) -> None:
        for device, channel in devices:
            self.city.measure(device, channel)

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
        self.city.fail_disk()

    @rule()
    def heal_disk(self) -> None:
        self.city.heal_disk()

    @invariant()
    def laws(self) -> None:
        if self.world is not None:
            self.world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self.world.heal()
            self.world.check()
            self.world.check_totals()
            stored = self.world.stored().keys()
            lost = [
                t for t in self.world.truths.values() if not t.excused and t.number not in stored
            ]
            assert not lost, f"lost: {lost[:3]}; {self.world.describe()}"
            waiting = [gap for gap in self.world.gaps() if gap.kind != "lost"]
            assert not waiting, f"still waiting after all was mended: {waiting[:3]}"
        finally:
            self.world.core.spool.abandon()
            shutil.rmtree(self.folder)


Journey.TestCase.settings = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "150")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestJourney = Journey.TestCase
