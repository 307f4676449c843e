"""The demo's broker is found where Debian puts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.simulator.broker import choose

if TYPE_CHECKING:
    import pytest


def test_mosquitto_is_found_though_an_ordinary_user_s_path_does_not_lead_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    assert choose() == "mosquitto"
