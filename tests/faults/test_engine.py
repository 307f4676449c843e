"""A short run of the fault engine: nothing lost beyond the loss window, nothing doubled."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.schedule import Kind, draw

SEED, FAULTS = 286909, 14
"""A broker is killed while it has what the collector has not, a gateway while it has what nobody
else has, and a bit of everything happens."""


def test_the_short_run_has_a_bit_of_everything() -> None:
    faults = draw(SEED, FAULTS)
    assert set(Kind) - {fault.kind for fault in faults} == {Kind.CUT}
    killed = {fault.target for fault in faults if fault.kind is Kind.KILL}
    assert killed == {"broker", "collector", "gateway"}


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_few_faults_cost_no_more_than_the_loss_window_of_each_kill() -> None:
    command = [sys.executable, "-m", "tests.faults", "--protocol", "5"]
    command += ["--seed", str(SEED), "--faults", str(FAULTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, mis-dated 0, never 0" in done.stdout
