"""The log names each device that is silent or broken, once, and says when it measures again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.errors import DeviceFault, NoReply
from devices.registry import find
from gateway.edge.journal import Journal
from gateway.edge.watch import Silence, Watch

if TYPE_CHECKING:
    import pytest


def test_who_falls_silent_is_named_once_and_who_measures_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    watch = Watch(find("plantower.pms5003"))
    journal = Journal({"pm-1": watch})

    def after(seconds: float) -> str:
        caplog.clear()
        watch.round(seconds)
        journal.look(seconds)
        return caplog.text

    watch.opened()
    watch.round(0.0)
    watch.sampled(0.0, "")
    assert after(1.0) == ""
    watch.failed(NoReply("nothing"), asked=True)
    assert "pm-1: it does not answer" in after(60.0)
    assert after(61.0) == ""
    watch.sampled(62.0, "the fan stands")
    assert "pm-1 says that something in it is broken: the fan stands" in after(62.0)
    watch.sampled(64.0, "")
    assert "pm-1 measures again" in after(64.0)
    watch.failed(DeviceFault("no laser"), asked=True)
    assert "pm-1: it says that it is broken (no laser)" in after(120.0)


def test_of_a_port_only_whoever_opens_it_speaks(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(find("plantower.pms5003"))
    journal = Journal({"pm-1": watch})
    watch.closed(Silence.PORT_GONE)
    watch.round(100.0)
    journal.look(100.0)
    assert caplog.text == ""
