"""`simpang device simulate`: play a sensor on a pseudo-terminal."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.chosen import Address, Registers, choose
from gateway.cli.interrupts import interruptible
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang, PortLink, Seconds
from gateway.cli.texts import FRAMES, Texts, count
from gateway.cli.words import print_line

if TYPE_CHECKING:
    from devices.driver import Driver
    from gateway.simulator.player import Player
    from gateway.simulator.sensor import Sensor

_say: Final = Texts({
    # in English, in Indonesian
    "speaks": ('{driver} speaks at {baud} baud: url = "{port}"',
               '{driver} bicara pada {baud} baud: url = "{port}"'),
    "sent": ("{frames} sent, {whole} of them whole, {heard} to an open port",
             "{frames} terkirim, {whole} di antaranya utuh, {heard} saat port dibuka"),
})  # fmt: skip

_LINE_SECONDS: Final = 0.1
"""Between two captured lines of a sensor that speaks only when something passes."""


def simulate(
    driver: Annotated[str, typer.Argument(metavar="DRIVER", help="maker.model")],
    *,
    registers: Registers = None,
    address: Address = None,
    port_link: PortLink = None,
    seconds: Seconds = None,
    noise: Annotated[bool, typer.Option("--noise", help="On a bad line.")] = False,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Bytes as they came off a line.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed measures the same.")] = 1,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Play a sensor on a pseudo-terminal, at its true baud rate; it answers its own commands."""
    from gateway.errors import ConfigError
    from gateway.simulator.player import Player
    from gateway.simulator.troubles import CLEAN, NOISY, BadLine
    from gateway.simulator.uart import Uart

    language = choose_language(lang)
    found = choose(driver, registers, address).driver
    sensor = _sensor(found, replay, seed)
    with interruptible() as stopping, tempfile.TemporaryDirectory(prefix="simpang-") as folder:
        link = port_link or Path(folder) / "tty"
        try:
            uart = Uart(link, sensor.line)
        except OSError as error:
            raise ConfigError(f"can't make the port {link}: {error.strerror}") from None
        player = Player(driver, sensor, uart, BadLine(seed, NOISY if noise else CLEAN))
        player.start()
        baud = found.line.baudrate
        if json:
            print_line({"driver": driver, "url": str(link), "baudrate": baud})
        else:
            typer.echo(_say("speaks", language, driver=driver, baud=baud, port=link))
        stopping.wait(seconds)
        player.stop()
        _tell(player, language, json=json)


def _sensor(driver: Driver, replay: Path | None, seed: int) -> Sensor:
    from gateway.simulator import catalogue
    from gateway.simulator.replay import Replay, read_capture

    if replay is not None:
        return Replay(driver.line, read_capture(replay, driver), driver.every or _LINE_SECONDS)
    return catalogue.build(driver, seed)


def _tell(player: Player, language: Language, *, json: bool) -> None:
    whole = sum(sent.whole for sent in player.sent)
    heard = sum(sent.whole and sent.heard for sent in player.sent)
    if json:
        print_line({"frames": len(player.sent), "whole": whole, "heard": heard})
    else:
        frames = count(len(player.sent), FRAMES, language)
        typer.echo(_say("sent", language, frames=frames, whole=whole, heard=heard))
