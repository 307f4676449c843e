"""`simpang device read` and `device send`: one reading of a sensor, one of its own commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.chosen import (
    Address,
    Baudrate,
    DriverArgument,
    Given,
    Parity,
    Registers,
    choose,
    line_for,
)
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang, MaybeConfigFile
from gateway.cli.progress import Status
from gateway.cli.texts import Texts
from gateway.cli.words import print_json, write_foreign

if TYPE_CHECKING:
    from devices.command import Command
    from devices.driver import Driver, Line
    from gateway.cli.reading import Target
    from gateway.config.sensor import Sensor

PortArgument = Annotated[
    str | None, typer.Argument(metavar="URL", help="Its port, as `port list` names it.")
]

_say: Final = Texts({
    # in English, in Indonesian
    "asking": ("asking {driver} on {port}", "menanyai {driver} di {port}"),
    "sent": ("sent; this command is not answered", "terkirim; perintah ini tidak dijawab"),
    "answered": ("answered: {told}", "dijawab: {told}"),
    "none": ("{driver} takes no commands: it only speaks",
             "{driver} tidak punya perintah: ia hanya bicara"),
    "plain": ("{name}", "{name}"),
    "needs yes": ("{name}  (needs --yes)", "{name}  (perlu --yes)"),
})  # fmt: skip

_READ_SECONDS: Final = 60.0


def read(
    driver: Annotated[
        str | None,
        typer.Argument(
            metavar="DRIVER", help="As `device drivers` names it; with --config, the device's id."
        ),
    ] = None,
    url: PortArgument = None,
    *,
    config: MaybeConfigFile = None,
    registers: Registers = None,
    address: Address = None,
    given: Given = None,
    baudrate: Baudrate = None,
    parity: Parity = None,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long a sensor may warm up or be silent.")
    ] = _READ_SECONDS,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Read a sensor once and show what it measures, flags left aside.

    A DRIVER and a URL name it, or a config: all of its devices, or the one with this id.
    """
    from gateway.cli.reading import Target, read_once, show
    from gateway.errors import ConfigError

    if config is not None:
        targets = _configured(config, driver)
    elif driver is not None and url is not None:
        sensor = choose(driver, registers, address, given or [])
        targets = [Target(driver, url, line_for(sensor.driver.line, baudrate, parity), sensor)]
    else:
        raise ConfigError(
            "which sensor?", "give DRIVER and URL, or --config FILE; `device probe` finds out"
        )
    language = choose_language(lang)
    results = []
    for target in targets:
        result = read_once(target, seconds, language)
        results.append(result)
        if not json:
            typer.echo(show(result, language))
    if json:
        print_json([result.for_programs() for result in results])
    if any(result.problem for result in results):
        raise typer.Exit(1)


def send(
    driver: DriverArgument,
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="Without it, all of them are listed.")
    ] = None,
    url: PortArgument = None,
    *,
    registers: Registers = None,
    address: Address = None,
    given: Given = None,
    baudrate: Baudrate = None,
    parity: Parity = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the bytes and send nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Send what lasts, or costs its calibration or address.")
    ] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Send a sensor one of its own commands and show its answer."""
    from gateway.errors import ConfigError

    language = choose_language(lang)
    sensor = choose(driver, registers, address, given or [])
    if command is None:
        _list_commands(sensor.driver, language, json=json)
        return
    meant = _command(sensor.driver, command)
    if dry_run:
        _print_bytes(driver, meant, json=json)
        return
    if url is None:
        raise ConfigError("to which port?", "give its URL, or --dry-run to see the bytes")
    if meant.dangerous and not yes:
        raise ConfigError(
            f"{command} is sent only with --yes: {meant.help}", "be sure, then add --yes"
        )
    line = line_for(sensor.driver.line, baudrate, parity)
    with Status() as status:
        status.show(_say("asking", language, driver=driver, port=url))
        answer = _carry_out(url, line, sensor, meant)
    if json:
        print_json({"driver": driver, "command": command, "answer": answer})
    elif answer is None:
        typer.echo(_say("sent", language))
    else:
        told = ", ".join(f"{name} = {write_foreign(str(value))}" for name, value in answer.items())
        typer.echo(_say("answered", language, told=told))


def _configured(config: Path, device: str | None) -> list[Target]:
    from gateway.cli.reading import Target
    from gateway.config.load import load_gateway
    from gateway.config.sensor import sensor_of
    from gateway.edge.line import line_of
    from gateway.errors import ConfigError

    targets = []
    for port in load_gateway(config).ports:
        for each in port.devices:
            if device in {None, each.id}:
                sensor = sensor_of(each)
                line = line_of(port, sensor.driver.line)
                targets.append(Target(each.id, port.url, line, sensor, each.calibration))
    if not targets:
        what = f"{config} has no device {device!r}" if device else f"{config} has no device"
        raise ConfigError(what, f"simpang config show {config} lists them")
    return targets


def _command(driver: Driver, name: str) -> Command:
    import difflib

    from gateway.errors import ConfigError

    if name in driver.commands:
        return driver.commands[name]
    likely = difflib.get_close_matches(name, driver.commands, n=1)
    remedy = f"did you mean {likely[0]}?" if likely else f"simpang device send {driver.name}"
    raise ConfigError(f"{driver.name} has no command {name!r}", remedy)


def _list_commands(driver: Driver, language: Language, *, json: bool) -> None:
    if json:
        print_json([_described(command) for command in driver.commands.values()])
    elif not driver.commands:
        typer.echo(_say("none", language, driver=driver.name))
    for command in () if json else driver.commands.values():
        typer.echo(_say("needs yes" if command.dangerous else "plain", language, name=command.name))
        typer.echo(f"  {catalogue(language).translate(command.help)}")


def _print_bytes(driver: str, command: Command, *, json: bool) -> None:
    if json:
        print_json({"driver": driver} | _described(command))
    else:
        typer.echo(command.data.hex())


def _described(command: Command) -> dict[str, Any]:
    return {
        "command": command.name,
        "hex": command.data.hex(),
        "help": command.help,
        "dangerous": command.dangerous,
    }


def _carry_out(url: str, line: Line, sensor: Sensor, command: Command) -> dict[str, Any] | None:
    from devices.errors import DriverError, Refused
    from gateway.cli.exchange import Exchange
    from gateway.errors import SimpangError

    try:
        with Exchange(url, line, sensor) as exchange:
            answer = exchange.send(command)
    except Refused as no:
        raise SimpangError(f"{url}: the sensor refused: {no.why}") from None
    except DriverError as error:
        raise SimpangError(
            f"{url}: {error.why}", f"is it a {sensor.driver.name}? simpang device probe {url}"
        ) from None
    return None if answer is None else dict(answer.fields)
