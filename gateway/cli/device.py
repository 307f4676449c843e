"""`simpang device decode`: what the bytes of a sensor mean."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.chosen import DriverArgument, Given, Registers, choose
from gateway.cli.known import drivers
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Lang
from gateway.cli.words import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gateway.cli.decoded import Event

app = typer.Typer(
    help="Know the sensors, find them, talk to them.", no_args_is_help=True, rich_markup_mode=None
)

_CHUNK = 65536


app.command(epilog="Example: simpang device drivers pms")(drivers)


@app.command(epilog="Example: simpang device decode nova.sds011 --hex aac0d4043a0aa1601dab")
def decode(
    driver: DriverArgument,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A recording, or the bare bytes.")
    ] = None,
    *,
    hexes: Annotated[
        str | None,
        typer.Option("--hex", metavar="H", help="The bytes in hex; - reads a stream a line."),
    ] = None,
    registers: Registers = None,
    given: Given = None,
    lang: Lang = None,
) -> None:
    """Turn a sensor's bytes into JSON, one frame or run of junk a line."""
    from gateway.cli.decoded import decode as events

    chosen = choose(driver, registers, given=given or [])
    known, settings = chosen.driver, chosen.settings
    if file is not None and hexes is None:
        _print_events(events(known, settings, _read(file)))
    elif file is not None or hexes is None:
        raise typer.BadParameter("give either a FILE or --hex")
    elif hexes == "-":
        stdin, language = typer.get_binary_stream("stdin"), choose_language(lang)
        _print_lines(stdin, lambda data: events(known, settings, [data]), language)
    else:
        data = _unhex(hexes, "--hex")
        if not data:
            raise typer.BadParameter("--hex holds no byte")
        _print_events(events(known, settings, [data]))


def _unhex(text: str, where: str) -> bytes:
    from gateway.errors import ConfigError

    try:
        return bytes.fromhex(text)
    except ValueError as error:
        remedy = "two digits a byte, such as aac0d4043a0aa1601dab"
        raise ConfigError(f"{where} is not hex: {error}", remedy) from None


def _read(file: Path) -> Iterator[bytes]:
    """Read a file a portion at a time; of a recording, the bytes in it."""
    from gateway.errors import ConfigError
    from gateway.simulator.recording import is_recording, read_recording

    try:
        if is_recording(file):
            yield from (portion.data for portion in read_recording(file).portions)
            return
        with file.open("rb") as opened:
            yield from iter(lambda: opened.read(_CHUNK), b"")
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from None


def _print_events(events: Iterable[Event]) -> None:
    for event in events:
        typer.echo(_dump(event))


def _print_lines(
    lines: Iterable[bytes], decode: Callable[[bytes], Iterator[Event]], language: Language
) -> None:
    """Print the events of each line; a line that is no hex costs the exit code, no other line."""
    from gateway.errors import ConfigError

    wrong = False
    for number, line in enumerate(lines, start=1):
        try:
            data = _unhex(line.decode(errors="replace"), f"line {number}")
        except ConfigError as error:
            complain(error, language)
            wrong = True
        else:
            _print_events({"line": number} | event for event in decode(data))
    if wrong:
        raise typer.Exit(2)


def _dump(value: object) -> str:
    return json_format.dumps(value, allow_nan=False)
