"""`simpang port monitor`, `record` and `replay`: the bytes of a port, live, kept, played again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.chosen import Address, Baudrate, Given, Parity, Registers, choose, line_for
from gateway.cli.interrupts import interruptible
from gateway.cli.language import choose_language
from gateway.cli.options import Json, Lang, PortLink, Seconds
from gateway.cli.progress import Progress
from gateway.cli.texts import BYTES, PORTIONS, Texts, count
from gateway.cli.words import print_line

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

_say: Final = Texts({
    # in English, in Indonesian
    "bytes": ("bytes recorded", "bita terekam"),
    "recorded": ("{bytes} in {portions}: {file}", "{bytes} dalam {portions}: {file}"),
    "nothing": ("nothing came: is it the right baud rate, does the sensor wait to be asked?",
                "tidak ada yang masuk: benarkah baudnya? apakah sensor menunggu ditanya?"),
    "playing": ('{file} is played: url = "{port}"', '{file} diputar: url = "{port}"'),
    "playing at": ('{file} is played at {baud} baud {form}: url = "{port}"',
                   '{file} diputar pada {baud} baud {form}: url = "{port}"'),
    "played": ("{bytes} played", "{bytes} diputar"),
})  # fmt: skip

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
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Show the bytes of a port as they come, and with --driver the frames in them.

    Without --ask it only listens. A port that the gateway reads is busy: stop the gateway first.
    """
    from gateway.cli.watched import Watched

    sensor = None if driver is None else choose(driver, registers, address, given or [])
    watched = Watched(sensor, choose_language(lang), json=json)
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
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Record what comes off a port, with its times, to be replayed, decoded or sent with a report.

    A sensor that speaks only when it is asked needs --driver and --ask.
    """
    from gateway.errors import ConfigError
    from gateway.simulator.recording import Recorder

    sensor = None if driver is None else choose(driver, registers, address, given or [])
    line = _line(sensor, baudrate, parity)
    language, size, portions = choose_language(lang), 0, 0
    try:
        opened = file.open("x", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{file} can't be made: {error.strerror}", "name a new file") from None
    with opened, Progress(_say("bytes", language), None, language) as progress:
        recorder = Recorder(opened, line, **({} if driver is None else {"driver": driver}))
        began = time.monotonic()
        for chunk in _listen(url, line, seconds, _asking(sensor, ask=ask)):
            if chunk.data:
                recorder.add(chunk.now - began, chunk.data)
                size, portions = size + len(chunk.data), portions + 1
            progress.step(len(chunk.data))
    if json:
        print_line({"file": str(file), "bytes": size, "portions": portions})
        return
    counted = {
        "bytes": count(size, BYTES, language),
        "portions": count(portions, PORTIONS, language),
    }
    typer.echo(_say("recorded", language, file=file, **counted))
    if not size:
        typer.echo(_say("nothing", language))


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or bare bytes.")],
    *,
    port_link: PortLink = None,
    speed: Annotated[float, typer.Option(min=0.01, help="So many times as fast.")] = 1.0,
    repeat: Annotated[bool, typer.Option("--repeat", help="Again and again.")] = False,
    seconds: Seconds = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Play a recording on a pseudo-terminal, at the times when it came."""
    import tempfile

    from gateway.errors import ConfigError
    from gateway.simulator.recording import read_recording
    from gateway.simulator.uart import Uart

    recording, language = read_recording(file), choose_language(lang)
    with interruptible() as stopping, tempfile.TemporaryDirectory(prefix="simpang-") as folder:
        link = port_link or Path(folder) / "tty"
        try:
            uart = Uart(link)
        except OSError as error:
            raise ConfigError(f"can't make the port {link}: {error.strerror}") from None
        line = recording.line
        if json:
            print_line({"file": str(file), "url": str(link), "baudrate": line and line.baudrate})
        else:
            key = "playing" if line is None else "playing at"
            setting = {} if line is None else {"baud": line.baudrate, "form": _form(line)}
            typer.echo(_say(key, language, file=file, port=link, **setting))
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
        if json:
            print_line({"bytes": played})
        else:
            typer.echo(_say("played", language, bytes=count(played, BYTES, language)))


def _form(line: Line) -> str:
    return f"8{line.parity}{line.stopbits}"


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
