"""The law: whatever happens to the clock, nothing is dated more than 1.5 s off the true time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.clock.world import YEAR, World

if TYPE_CHECKING:
    from tests.clock.world import Moment

RIGHT = st.floats(-0.5, 0.5)
"""Errors of a clock that its source would confirm."""

WRONG = st.one_of(
    st.sampled_from([YEAR, -YEAR, -56 * YEAR, 600.0, -600.0, 3.0, -3.0]),
    st.floats(2.5, 4000),
    st.floats(-4000, -2.5),
)


class Clockwork(RuleBasedStateMachine):
    """Power cuts, restarts, steps and touches in any order; the source touches only when right.

    A step is seen by a poll before the next one comes: two steps within one second, with a touch
    between them, look like none.
    """

    furthest: ClassVar[float] = 1500.0

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name) / "synchronized", wrong=-56 * YEAR)
        self.waiting: list[Moment] = []

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(seconds=st.floats(0.01, 7200))
    def time_passes(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(error=WRONG)
    def someone_sets_the_clock_wrong(self, error: float) -> None:
        self.world.poll()
        self.world.set_clock(error)

    @rule(error=RIGHT)
    def someone_sets_the_clock_right(self, error: float) -> None:
        self.world.poll()
        self.world.set_clock(error)

    @precondition(lambda self: abs(self.world.error) <= 0.5)
    @rule()
    def the_source_touches_its_file(self) -> None:
        self.world.touch()

    @rule()
    def the_process_restarts(self) -> None:
        self.world.restart()

    @rule(off=st.floats(1, 7200), error=st.one_of(RIGHT, WRONG))
    def the_power_is_cut(self, off: float, error: float) -> None:
        self.world.reboot(off, error)

    @rule(after=st.floats(0.001, 0.4))
    def something_is_measured(self, after: float) -> None:
        self.world.clock.advance(after)
        self.world.true += after
        off = self.world.dated()
        if off is None:
            self.waiting.append(self.world.moment())
        else:
            assert abs(off) <= self.furthest, f"dated {off} ms off"

    @rule()
    def what_waited_is_dated(self) -> None:
        here = self.world.clock.boot_id
        for moment in self.waiting:
            off = self.world.dated_late(moment) if moment.boot_id == here else None
            assert off is None or abs(off) <= self.furthest, f"dated {off} ms off, late"


TestClockwork = Clockwork.TestCase
TestClockwork.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
