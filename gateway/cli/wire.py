"""`simpang port monitor`, `record` and `replay`: the bytes of a port, live, kept, played again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.chosen import Address, Baudrate, Given, Parity, Registers, choose, line_for
from gateway.cli.interrupts import interruptible
from gateway.cli.options import Json
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.driver import Line
    from gateway.config.sensor import Sensor
    from gateway.edge.port import Chunk

UrlArgument = Annotated[
    str, typer.Argument(metavar="URL", help="The port, as `port list` names it.")
]
DriverOption = Annotated[
    str | None, typer.Option("--driver", metavar="D", help="Whose frames to show.")
]
Ask = Annotated[bool, typer.Option("--ask", help="Ask as the gateway would; needs --driver.")]
Seconds = Annotated[float | None, typer.Option(min=0, help="How long; without it, until Ctrl-C.")]

_USUAL_BAUD: Final = 9600
_IDLE: Final = 0.5
_PACE: Final = 1.0
"""Seconds between two questions to a sensor that is asked, where nothing else is known."""


def monitor(
    url: UrlArgument,
    *,
    driver: DriverOption = None,
    registers: Registers = None,
    address: Address = None,
    given: Given = None,
    baudrate: Baudrate = None,
    parity: Parity = None,
    ask: Ask = False,
    seconds: Seconds = None,
    json: Json = False,
) -> None:
    """Show the bytes of a port as they come, and with --driver the frames in them.

    Without --ask it only listens. A port that the gateway reads is busy: stop the gateway first.
    """
    from gateway.cli.watched import Watched

    sensor = None if driver is None else choose(driver, registers, address, given or [])
    watched = Watched(sensor, json=json)
    line = _line(sensor, baudrate, parity)
    for chunk in _listen(url, line, seconds, _asking(sensor, ask=ask)):
        for text in watched.lines(chunk):
            typer.echo(text)
    for text in watched.end():
        typer.echo(text)


def record(
    url: UrlArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    *,
    driver: DriverOption = None,
    registers: Registers = None,
    address: Address = None,
    given: Given = None,
    baudrate: Baudrate = None,
    parity: Parity = None,
    ask: Ask = False,
    seconds: Seconds = None,
) -> None:
    """Record what comes off a port, with its times, to be replayed, decoded or sent with a report.

    A sensor that speaks only when it is asked needs --driver and --ask.
    """
    from gateway.errors import ConfigError
    from gateway.simulator.recording import Recorder

    sensor = None if driver is None else choose(driver, registers, address, given or [])
    line = _line(sensor, baudrate, parity)
    size = portions = 0
    try:
        opened = file.open("x", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{file} can't be made: {error.strerror}", "name a new file") from None
    with opened:
        recorder = Recorder(opened, line, **({} if driver is None else {"driver": driver}))
        began = time.monotonic()
        for chunk in _listen(url, line, seconds, _asking(sensor, ask=ask)):
            if chunk.data:
                recorder.add(chunk.now - began, chunk.data)
                size, portions = size + len(chunk.data), portions + 1
    written = write_count(size, "byte", "bytes")
    typer.echo(f"{written} in {write_count(portions, 'portion', 'portions')}: {file}")
    if not size:
        typer.echo("nothing came: is it the right baud rate, does the sensor wait to be asked?")


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or bare bytes.")],
    *,
    port_link: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The name of the port to make.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="So many times as fast.")] = 1.0,
    repeat: Annotated[bool, typer.Option("--repeat", help="Again and again.")] = False,
    seconds: Seconds = None,
) -> None:
    """Play a recording on a pseudo-terminal, at the times when it came."""
    import tempfile

    from gateway.errors import ConfigError
    from gateway.simulator.recording import read_recording
    from gateway.simulator.uart import Uart

    recording = read_recording(file)
    with interruptible() as stopping, tempfile.TemporaryDirectory(prefix="simpang-") as folder:
        link = port_link or Path(folder) / "tty"
        try:
            uart = Uart(link)
        except OSError as error:
            raise ConfigError(f"can't make the port {link}: {error.strerror}") from None
        line = recording.line
        at_baud = "" if line is None else f" at {line.baudrate} baud 8{line.parity}{line.stopbits}"
        typer.echo(f'{file} is played{at_baud}: url = "{link}"')
        until = float("inf") if seconds is None else time.monotonic() + seconds
        played = 0
        try:
            began = time.monotonic()
            while not stopping.is_set():
                for portion in recording.portions:
                    due = min(began + portion.at / speed, until)
                    if stopping.wait(max(0.0, due - time.monotonic())) or due >= until:
                        stopping.set()
                        break
                    uart.read(0)
                    played += uart.write(portion.data)
                began = time.monotonic() + _IDLE
                if not repeat:
                    break
        finally:
            uart.unplug()
        typer.echo(f"{write_count(played, 'byte', 'bytes')} played")


def _asking(sensor: Sensor | None, *, ask: bool) -> Sensor | None:
    from gateway.errors import ConfigError

    if ask and sensor is None:
        raise ConfigError("whom to ask?", "name the sensor: --driver DRIVER")
    return sensor if ask else None


def _line(sensor: Sensor | None, baudrate: int | None, parity: str | None) -> Line:
    from devices.driver import Line

    usual = Line(_USUAL_BAUD) if sensor is None else sensor.driver.line
    return line_for(usual, baudrate, parity)


def _listen(
    url: str, line: Line, seconds: float | None, asking: Sensor | None = None
) -> Iterator[Chunk]:
    """Read a port until it is enough, a portion or an empty moment at a time."""
    from gateway.clock import SystemClock
    from gateway.edge.conversation import Conversation
    from gateway.edge.port import Port
    from gateway.edge.watch import Watch

    clock = SystemClock()
    port = Port(url, line, clock)
    talk = None
    if asking is not None:
        driver = asking.driver
        talk = Conversation(
            driver, asking.settings, line, Watch(driver), pace=driver.every or _PACE
        )
    with interruptible() as stopping:
        port.open()
        try:
            until = float("inf") if seconds is None else clock.monotonic() + seconds
            while not stopping.is_set() and clock.monotonic() < until:
                chunk = port.read()
                yield chunk
                if talk is not None:
                    talk.hear(chunk)
                    if question := talk.say():
                        port.ask(question)
        finally:
            port.close()
