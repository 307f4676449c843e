"""Short runs of the fault engine: nothing lost beyond the loss window, nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.faults.schedule import ANSWERS, Kind, Scene, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.schedule import Fault


class Run(NamedTuple):
    """A short run."""

    seed: int
    faults: int
    scene: Scene
    protocol: str

    @property
    def schedule(self) -> list[Fault]:
        return draw(self.seed, self.faults, self.scene)

    @property
    def killed(self) -> set[str]:
        return {fault.target for fault in self.schedule if fault.kind is Kind.KILL}


FILE: Final = Run(286909, 14, Scene(), "5")
"""A broker is killed while it has what the collector has not, a gateway while it has what nobody
else has, and a bit of everything happens."""

SERVER: Final = Run(1165308, 12, Scene("influxdb"), "3.1.1")
SHARE: Final = Run(249391, 13, Scene("influxdb", 3), "5")
"""Between them everything befalls a database that can."""


def test_the_short_runs_have_a_bit_of_everything() -> None:
    kinds = {fault.kind for fault in FILE.schedule}
    assert set(Kind) - kinds == {Kind.CUT, Kind.LEAVE, *ANSWERS}
    assert FILE.killed == {"broker", "collector-1", "gateway"}
    assert {fault.kind for run in (SERVER, SHARE) for fault in run.schedule} >= set(ANSWERS)
    befallen = {(fault.kind, fault.target) for run in (SERVER, SHARE) for fault in run.schedule}
    assert {(Kind.KILL, "database"), (Kind.FREEZE, "database")} <= befallen
    assert "gateway" in SERVER.killed & SHARE.killed
    assert len(SHARE.killed & set(SHARE.scene.names)) > 1
    assert Kind.LEAVE in {fault.kind for fault in SHARE.schedule}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("run", [FILE, SERVER, SHARE], ids=["file", "server", "share"])
def test_a_few_faults_cost_no_more_than_the_loss_window_of_each_kill(run: Run) -> None:
    done = subprocess.run(list(_command(run)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, mis-dated 0, never 0" in done.stdout


def _command(run: Run) -> Iterator[str]:
    yield from (sys.executable, "-m", "tests.faults", "--protocol", run.protocol)
    yield from ("--seed", str(run.seed), "--faults", str(run.faults))
    yield from ("--store", run.scene.store, "--collectors", str(run.scene.collectors))
