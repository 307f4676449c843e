"""`simpang demo` ends with a true account, however it ends, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.demo import Demo

if TYPE_CHECKING:
    from pathlib import Path

STARTED = "starting broker"
RUNNING = "on port"
ENDING = "ending"


def is_true(account: dict[str, Any]) -> bool:
    devices = account["devices"].values()
    sums = {name: sum(device[name] for device in devices) for name in ("measured", "stored")}
    counted = {name: account[name] for name in sums}
    wrong = [account[name] for name in ("lost", "doubled", "gaps") if account[name]]
    return not wrong and sums == counted and account["measured"] == account["stored"]


@pytest.mark.slow
@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_twenty_seconds_lose_nothing_and_double_nothing(tmp_path: Path, broker: str) -> None:
    with Demo(tmp_path, "--seconds", "20", "--broker", broker) as demo:
        demo.hear(STARTED, within=5)
        assert demo.ends(within=80) == 0
        account = demo.account()
        assert is_true(account)
        assert account["measured"] > 50
        assert account["seconds"] == 20
        assert {"pm-1", "pm-2", "radar-1"} <= account["devices"].keys()
        assert all(device["measured"] for device in account["devices"].values())
        assert demo.left_behind() == []


@pytest.mark.slow
@pytest.mark.parametrize("moment", [STARTED, RUNNING, "radar-1", ENDING])
def test_ctrl_c_at_any_moment_ends_with_a_true_account(tmp_path: Path, moment: str) -> None:
    with Demo(tmp_path, "--seconds", "8") as demo:
        demo.hear(moment, within=30)
        demo.interrupt()
        assert demo.ends(within=60) == 0
        assert is_true(demo.account())
        assert demo.left_behind() == []


@pytest.mark.slow
def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Demo(tmp_path, "--seconds", "60") as demo:
        demo.hear(RUNNING, within=30)
        demo.kill_child("gateway.collector.process")
        assert demo.ends(within=30) == 1
        assert any("the collector ended with -9" in line for line in demo.said)
        assert demo.left_behind() == []
