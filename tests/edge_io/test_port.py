"""The port, on real pseudo-terminals and sockets."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
import sys
import termios
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import pytest

from devices.driver import Line
from gateway.clock import FakeClock, SystemClock
from gateway.edge.port import Port
from gateway.errors import PortBusy, PortDenied, PortGone
from gateway.simulator.uart import Uart
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.clock import Clock, Stamp

LINE = Line(115_200)
NOBODY = 65534


@pytest.fixture
def uart(tmp_path: Path) -> Iterator[Uart]:
    uart = Uart(tmp_path / "tty")
    yield uart
    uart.unplug()


@pytest.fixture
def port(uart: Uart) -> Iterator[Port]:
    port = _port(uart)
    yield port
    port.close()


def test_what_lay_in_the_port_before_it_was_opened_is_never_read(uart: Uart, port: Port) -> None:
    assert uart.write(b"old" * 1000) == 3000
    port.open()
    uart.write(b"new")
    assert _read(port, 3) == b"new"


def test_what_an_adapter_held_and_hands_over_once_it_is_opened_is_never_read(
    uart: Uart, port: Port
) -> None:
    held = bytearray(b"old" * 3000)

    def hand_over() -> None:
        until(lambda: uart.opened, 5, "somebody opening the port")
        while held:
            del held[: uart.write(bytes(held[:512]))]

    adapter = threading.Thread(target=hand_over)
    adapter.start()
    port.open()
    adapter.join()
    uart.write(b"new")
    assert _read(port, 3) == b"new"


def test_a_chunk_is_stamped_when_its_read_returns(uart: Uart, port: Port) -> None:
    port.open()
    clock = SystemClock()
    before = clock.stamp()
    uart.write(b"x")
    chunk = port.read()
    assert chunk.data == b"x"
    assert before.boot < chunk.stamp.boot <= clock.stamp().boot
    assert chunk.stalled == 0


def test_a_read_without_bytes_returns_soon_and_empty(port: Port) -> None:
    port.open()
    began = time.monotonic()
    assert port.read().data == b""
    assert time.monotonic() - began < 1


def test_what_came_while_nobody_read_is_dropped_and_counted(uart: Uart) -> None:
    clock = FakeClock()
    port = _port(uart, clock)
    port.open()
    uart.write(b"a")
    assert port.read().data == b"a"
    uart.write(b"old")
    clock.advance(1.2)
    chunk = port.read()
    assert chunk.data == b""
    assert chunk.stalled == pytest.approx(1.2)
    uart.write(b"new")
    assert _read(port, 3) == b"new"
    port.close()


def test_what_came_while_the_process_was_frozen_behind_a_read_is_dropped_too(uart: Uart) -> None:
    class Freezing(FakeClock):
        frozen = False

        def stamp(self) -> Stamp:
            if self.frozen:
                self.frozen = False
                uart.write(b"old" * 100)
                self.advance(1.2)
            return super().stamp()

    clock = Freezing()
    port = _port(uart, clock)
    port.open()
    clock.frozen = True
    assert port.read().stalled > 1
    uart.write(b"new")
    assert _read(port, 3) == b"new"
    port.close()


def test_whoever_was_away_for_less_than_a_second_loses_nothing(uart: Uart) -> None:
    clock = FakeClock()
    port = _port(uart, clock)
    port.open()
    uart.write(b"kept")
    clock.advance(0.9)
    assert _read(port, 4) == b"kept"
    port.close()


def test_an_unplugged_port_is_gone_and_comes_back_under_its_name(uart: Uart, port: Port) -> None:
    port.open()
    uart.unplug()
    with pytest.raises(PortGone) as gone:
        _read(port, 1)
    assert str(gone.value) == (
        f"{uart.link} was unplugged, or broke off — plug it in again and look at its cable"
    )
    with pytest.raises(PortGone, match="not there"):
        port.open()
    uart.plug()
    port.open()
    uart.write(b"back")
    assert _read(port, 4) == b"back"


def test_writing_to_an_unplugged_port_says_that_it_is_gone(uart: Uart, port: Port) -> None:
    port.open()
    uart.unplug()
    with pytest.raises(PortGone):
        port.ask(b"?")


def test_a_port_that_another_process_holds_names_it(uart: Uart, port: Port) -> None:
    script = f"import serial, sys; p = serial.Serial({str(uart.link)!r}, exclusive=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{script}; print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(PortBusy, match=rf"python.* \(pid {other.pid}\)"):
            port.open()
        other.terminate()
    until(lambda: not uart.opened, 5, "the other process letting go")
    port.open()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone who may not")
def test_a_port_that_may_not_be_opened_names_the_group_that_may(uart: Uart) -> None:
    script = f"""
        import os
        from devices.driver import Line
        from gateway.clock import SystemClock
        from gateway.edge.port import Port
        port = Port({str(uart.link.resolve())!r}, Line(9600), SystemClock())
        os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
        port.open()
    """
    uart.link.resolve().chmod(0o600)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert PortDenied.__name__ in run.stderr
    assert "add the gateway's user to the group" in run.stderr


@pytest.mark.parametrize("url", ["/dev/no-such-port", "nonsense://x", "socket://127.0.0.1:1"])
def test_a_port_that_can_not_be_opened_is_gone_whatever_its_url(url: str) -> None:
    with pytest.raises(PortGone) as gone:
        Port(url, LINE, SystemClock()).open()
    assert re.fullmatch(
        f"{url} (is not there — plug it in|can't be opened — check its url, its baudrate.*)",
        str(gone.value),
    )


def test_a_question_drops_what_came_before_it(uart: Uart, port: Port) -> None:
    port.open()
    uart.write(b"before")
    until(lambda: _waiting(uart) == 6, 5)
    port.ask(b"?")
    assert uart.read(1.0) == b"?"
    uart.write(b"answer")
    assert _read(port, 6) == b"answer"


def test_a_line_that_is_never_quiet_can_be_opened_all_the_same(uart: Uart, port: Port) -> None:
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            uart.write(b"x" * 512)

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        port.open()
        assert _read(port, 1)
    finally:
        over.set()
        flooding.join()


def test_a_socket_is_read_like_a_port_until_its_other_end_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = Port(f"socket://127.0.0.1:{server.getsockname()[1]}", LINE, SystemClock())
        port.open()
        other, _ = server.accept()
        with other:
            other.sendall(b"hello")
            assert _read(port, 5) == b"hello"
            port.ask(b"?")
            assert other.recv(1) == b"?"
        with pytest.raises(PortGone):
            _read(port, 1)


def _port(uart: Uart, clock: Clock | None = None) -> Port:
    return Port(str(uart.link), LINE, clock or SystemClock())


def _read(port: Port, size: int) -> bytes:
    data = bytearray()

    def enough() -> bool:
        data.extend(port.read().data)
        return len(data) >= size

    until(enough, 5, f"{size} bytes")
    return bytes(data)


def _waiting(uart: Uart) -> int:
    """Count the bytes that lie in the port, unread."""
    port = os.open(uart.link, os.O_RDWR | os.O_NOCTTY)
    try:
        return int.from_bytes(fcntl.ioctl(port, termios.FIONREAD, bytes(4)), sys.byteorder)
    finally:
        os.close(port)


def test_a_sensor_with_parity_can_be_played_on_a_pseudo_terminal_which_knows_none(
    uart: Uart,
) -> None:
    port = Port(str(uart.link), Line(9600, "E"), SystemClock())
    port.open()
    uart.write(b"even")
    assert _read(port, 4) == b"even"
    port.close()


@pytest.mark.parametrize(("theirs", "ours"), [(9600, 4800), (256_000, 115_200)])
def test_whoever_sets_another_baud_rate_hears_noise(tmp_path: Path, theirs: int, ours: int) -> None:
    uart = Uart(tmp_path / "baud", Line(theirs))
    wrong, right = (Port(str(uart.link), Line(rate), SystemClock()) for rate in (ours, theirs))
    for port, heard in ((wrong, b"c\xf7f"), (right, b"hello")):
        port.open()
        uart.write(b"hello")
        assert _read(port, len(heard)) == heard
        port.close()
    uart.unplug()
