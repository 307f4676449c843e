from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devices.plantower import PMS5003
from gateway import logs
from gateway.clock import SystemClock
from gateway.config.load import load_gateway
from gateway.edge import allocator
from gateway.edge import process as process_module
from gateway.edge.inbox import MOST_MESSAGES, Inbox
from gateway.edge.measured import Measured
from gateway.edge.process import Gateway
from gateway.edge.spool_summary import summarize
from gateway.errors import ConfigError
from gateway.mqtt import Arrived
from gateway.simulator.uart import Uart
from schemas.reading import Flag, Reading, Value
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

CONFIG = """\
[gateway]
id = "gw"

[broker]
url = "mqtt://127.0.0.1:1"

[clock]
trust = "system"

[spool]
path = "{folder}/{spool}"

[[ports]]
url = "{folder}/tty"

  [[ports.devices]]
  id = "pm-1"
  driver = "plantower.pms5003"
  interval = 0
"""


def written(folder: Path, spool: str = "spool.db") -> Path:
    """Write a config."""
    config = folder / "gateway.toml"
    config.write_text(CONFIG.format(folder=folder, spool=spool), "utf-8")
    return config


def in_here(folder: Path, spool: str = "spool.db") -> Gateway:
    """Make a gateway in this process."""
    return Gateway(load_gateway(written(folder, spool)), drain_seconds=0.0)


@contextmanager
def gateway(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a gateway, and end it whatever happens."""
    config = written(folder)
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.edge.process", "--config", str(config)],
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str], word: str) -> str:
    """Read what it says until a word comes."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
        if "no broker" in line:
            break
    raise AssertionError(f"it runs without a word of {word}")


def test_it_runs_without_broker_and_port_and_ends_in_order_when_told(tmp_path: Path) -> None:
    with gateway(tmp_path) as process:
        says(process, "no broker")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert summarize(tmp_path / "spool.db").epochs[-1].next == 1


def test_a_second_gateway_on_one_spool_is_told_so(tmp_path: Path) -> None:
    with gateway(tmp_path) as first:
        says(first, "gateway gw")
        with gateway(tmp_path) as second:
            line = says(second, "another gateway")
            assert "spool.db" in line
            assert second.wait(20) == 2
        first.terminate()
        assert first.wait(20) == 0


def test_a_lock_that_somebody_else_made_is_a_lock_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root does who runs a gateway once by hand, before the service."""
    spool = tmp_path / "spool.db"
    lock = process_module._lock  # noqa: SLF001 - what a start does first
    opened = Path.open

    def as_another_user(path: Path, mode: str = "r", **more: Any) -> Any:  # noqa: ANN401
        if mode == "a":
            raise PermissionError
        return opened(path, mode, **more)

    first = lock(spool)
    assert first is not None
    monkeypatch.setattr(Path, "open", as_another_user)
    with pytest.raises(ConfigError, match="another gateway"):
        lock(spool)
    first.close()


def test_a_kill_lets_the_next_one_have_the_spool(tmp_path: Path) -> None:
    with gateway(tmp_path) as first:
        says(first, "gateway gw")
        until((tmp_path / "spool.db").exists, 10)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
    with gateway(tmp_path) as second:
        says(second, "gateway gw")
        second.terminate()
        assert second.wait(20) == 0


def test_a_stop_may_interrupt_a_stop_anywhere(tmp_path: Path) -> None:
    gateway = in_here(tmp_path)

    def again(_frame: FrameType, event: str, _arg: object) -> Any:  # noqa: ANN401 - as settrace has it
        if event == "line":
            sys.settrace(None)
            gateway.stop()
            sys.settrace(again)
        return again

    def interrupted() -> None:
        sys.settrace(again)
        gateway.stop()
        sys.settrace(None)

    main = threading.Thread(target=interrupted, daemon=True)
    main.start()
    main.join(5)
    assert not main.is_alive()
    gateway.run()


def test_who_asks_twice_waits_for_no_receipt(tmp_path: Path) -> None:
    gateway = Gateway(load_gateway(written(tmp_path)), drain_seconds=1000.0)
    measure(gateway, "pm-1")
    gateway.stop()
    gateway.stop()
    gateway.run()
    assert summarize(tmp_path / "spool.db").epochs[-1].next == 2


@pytest.mark.parametrize(("spool", "says"), [("spool.db", []), ("no-folder/spool.db", ["1 "])])
def test_a_stop_says_what_goes_with_the_memory_and_nothing_where_all_is_on_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spool: str, says: list[str]
) -> None:
    (tmp_path / "no-folder").touch()
    gateway = in_here(tmp_path, spool)
    measure(gateway, "pm-1")
    gateway.stop()
    gateway.run()
    lost = [said.partition(" is lost, ")[2][:2] for said in caplog.messages if "is lost" in said]
    assert lost == says


def test_a_stop_loses_no_reading_that_waits_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "Inbox", lambda: Inbox(most_readings=1))
    gateway = in_here(tmp_path)
    uart = Uart(tmp_path / "tty")
    reader = gateway._readers[0]  # noqa: SLF001 - started by itself: nobody makes room meanwhile
    watch = reader.watches["pm-1"]
    reader.start()
    frame = PMS5003.encode({"pm2_5_atm": 7, "n0_3": 1})
    until(lambda: bool(uart.write(frame)) and watch.frames > 0, 10, "a frame")
    heard = watch.frames
    uart.write(5 * frame)
    until(lambda: watch.frames >= heard + 5, 5, "all frames being heard")
    until(lambda: gateway._inbox.waiting == 1, 5, "a full inbox")  # noqa: SLF001 - the same
    gateway._finish()  # noqa: SLF001 - the same
    uart.unplug()
    assert summarize(tmp_path / "spool.db").measured["pm-1"] >= 5


def test_a_stop_says_that_it_waits_and_what_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    gateway = in_here(tmp_path)
    measure(gateway, "pm-1")
    gateway.stop()
    gateway.run()
    assert "stopping: receipts are awaited for 0 s at most" in caplog.messages
    assert caplog.messages[-1] == "stopped; batches left in the spool: 1"


def test_messages_that_came_too_fast_are_counted_where_health_tells_it(tmp_path: Path) -> None:
    gateway = in_here(tmp_path)
    for _ in range(MOST_MESSAGES + 3):
        gateway._inbox.happened(Arrived("t", b"", retained=False, token=None))  # noqa: SLF001 - no broker is there to do it
    gateway.stop()
    gateway.run()
    assert gateway._core.publisher.counters["unread_messages"] == 3  # noqa: SLF001 - health is for the broker


def measure(gateway: Gateway, device: str) -> None:
    """Hand over a reading, as a port's thread does."""
    reading = Reading(device, None, {"pm2_5": Value(7.0, Flag.PASS)})
    gateway._inbox.measured(Measured(reading, SystemClock().stamp()))  # noqa: SLF001 - no port is there to do it


def test_memory_is_spared_before_there_are_threads_and_given_back_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(logs, "start", lambda _: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name in ("keep_little", "give_back"):
        monkeypatch.setattr(allocator, name, partial(done.append, name))
    monkeypatch.setattr(Gateway, "__init__", lambda *_: done.append("made"))
    monkeypatch.setattr(Gateway, "run", lambda _: done.append("runs"))
    assert process_module.main(["--config", str(written(tmp_path))]) == 0
    assert done == ["keep_little", "made", "give_back", "runs"]
