"""`simpang device drivers`: which sensors are known, and one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang
from gateway.cli.texts import Texts
from gateway.cli.words import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.driver import Driver

MAPPED: Final = "modbus.map"

_say: Final = Texts(
    {
        # in English, in Indonesian
        "name": ("name", "nama"),
        "line": ("line", "jalur"),
        "measures": ("measures", "mengukur"),
        "proof": ("proof", "bukti"),
        "capture": ("capture", "rekaman"),
        "example": ("example", "contoh"),
        "documents": ("documents", "dokumen"),
        "proofs": (
            "capture: bytes of a real sensor; example: the maker's; documents: only those",
            "rekaman: bita sensor asli; contoh: dari pembuat; dokumen: hanya dokumen",
        ),
        "traffic": ("traffic", "lalu lintas"),
        "as told": ("as it is told", "sesuai setelan"),
        "every": ("a value each", "satu nilai tiap"),
        "warmup": ("warming up for", "pemanasan"),
        "document": ("written down in", "dokumen"),
        "settings": ("settings", "setelan"),
        "commands": ("commands (device send)", "perintah (device send)"),
        "nobody": (
            "no driver has {word!r} in its name",
            "tidak ada driver dengan {word!r} di namanya",
        ),
    }
)


def drivers(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[WORD]", help="Only those with it in their name; one in full."),
    ] = None,
    *,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """List the sensors that can be read: line settings, quantities, and how well it is proven.

    Proof: a capture from a real sensor, the maker's worked example, or documents only.
    """
    from gateway.errors import ConfigError

    language = choose_language(lang)
    known = {name: driver for name, driver in all_drivers().items() if (word or "") in name}
    if word in known:
        known = {word: known[word]}
    if not known:
        raise ConfigError(_say("nobody", language, word=word), "simpang device drivers")
    if json:
        print_json([_describe(name, driver) for name, driver in known.items()])
    elif len(known) == 1:
        for line in _in_full(*next(iter(known.items())), language):
            typer.echo(line)
    else:
        _print_table(known, language)


def all_drivers() -> dict[str, Driver]:
    """Return all that can be read, by name; a register map is a sensor of its own."""
    from devices import registry
    from gateway.config import maps
    from gateway.config.sensor import sensor

    found = {name: registry.find(name) for name in registry.names()}
    for name in maps.names():
        found[f"{MAPPED}:{name}"] = sensor(MAPPED, {"map": name}).driver
    return dict(sorted(found.items()))


def _describe(name: str, driver: Driver) -> dict[str, Any]:
    line = driver.line
    return {
        "name": name,
        "line": {"baudrate": line.baudrate, "parity": line.parity, "stopbits": line.stopbits},
        "quantities": driver.quantities,
        "channels": driver.channels,
        "every": driver.every,
        "warmup_seconds": driver.warmup_seconds,
        "settings": {name: setting.help for name, setting in driver.takes.items()},
        "commands": {name: command.help for name, command in driver.commands.items()},
        "proof": driver.proof,
        "document": driver.document,
    }


def _measures(driver: Driver, language: Language) -> str:
    if driver.channels:
        return f"{_say('traffic', language)}: {' '.join(driver.channels)}"
    return " ".join(driver.quantities) or _say("as told", language)


def _line(driver: Driver) -> str:
    return f"{driver.line.baudrate} 8{driver.line.parity}{driver.line.stopbits}"


def _print_table(known: dict[str, Driver], language: Language) -> None:
    from rich.console import Console
    from rich.table import Table

    heads = ("name", "line", "measures", "proof")
    table = Table(box=None, pad_edge=False)
    for head in heads:
        whole = max(map(len, known)) if head == "name" else None  # it has to be typed
        table.add_column(_say(head, language), no_wrap=whole is not None, min_width=whole)
    for name, driver in known.items():
        table.add_row(
            name, _line(driver), _measures(driver, language), _say(driver.proof, language)
        )
    console = Console()
    console.print(table)
    console.print(_say("proofs", language), style="dim")


def _in_full(name: str, driver: Driver, language: Language) -> Iterator[str]:
    yield f"{name}  {_line(driver)}  ({_say(driver.proof, language)})"
    yield from _wrapped(_say("measures", language), _measures(driver, language))
    if driver.every is not None:
        yield f"  {_say('every', language)} {driver.every:g} s"
    if driver.warmup_seconds:
        yield f"  {_say('warmup', language)} {driver.warmup_seconds:g} s"
    yield from _wrapped(_say("document", language), driver.document)
    told = catalogue(language).translate
    settings = {name: told(setting.help) for name, setting in driver.takes.items()}
    commands = {
        name: told(command.help) + (" (--yes)" if command.dangerous else "")
        for name, command in driver.commands.items()
    }
    for title, each in (("settings", settings), ("commands", commands)):
        if each:
            yield f"  {_say(title, language)}:"
        for word, text in each.items():
            yield from _wrapped(f"  {word}", text)


def _wrapped(title: str, text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(f"{title}: {text}", 80, initial_indent="  ", subsequent_indent=" " * 6)
