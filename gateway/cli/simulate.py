"""`simpang device simulate`: play a sensor on a pseudo-terminal."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.chosen import Address, Registers, choose
from gateway.cli.interrupts import interruptible
from gateway.logs import write_count

if TYPE_CHECKING:
    from devices.driver import Driver
    from gateway.simulator.player import Player
    from gateway.simulator.sensor import Sensor

_LINE_SECONDS: Final = 0.1
"""Between two captured lines of a sensor that speaks only when something passes."""


def simulate(
    driver: Annotated[str, typer.Argument(metavar="DRIVER", help="maker.model")],
    *,
    registers: Registers = None,
    address: Address = None,
    port_link: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The name of the port to make.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="How long; without it, until Ctrl-C.")
    ] = None,
    noise: Annotated[bool, typer.Option("--noise", help="On a bad line.")] = False,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Bytes as they came off a line.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed measures the same.")] = 1,
) -> None:
    """Play a sensor on a pseudo-terminal, at its true baud rate; it answers its own commands."""
    from gateway.errors import ConfigError
    from gateway.simulator.player import Player
    from gateway.simulator.troubles import CLEAN, NOISY, BadLine
    from gateway.simulator.uart import Uart

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
        typer.echo(f'{driver} speaks at {found.line.baudrate} baud: url = "{link}"')
        stopping.wait(seconds)
        player.stop()
        _tell(player)


def _sensor(driver: Driver, replay: Path | None, seed: int) -> Sensor:
    from gateway.simulator import catalogue
    from gateway.simulator.replay import Replay, read_capture

    if replay is not None:
        return Replay(driver.line, read_capture(replay, driver), driver.every or _LINE_SECONDS)
    return catalogue.build(driver, seed)


def _tell(player: Player) -> None:
    whole = sum(sent.whole for sent in player.sent)
    heard = sum(sent.whole and sent.heard for sent in player.sent)
    sent = write_count(len(player.sent), "frame", "frames")
    typer.echo(f"{sent} sent, {whole} of them whole, {heard} to an open port")
