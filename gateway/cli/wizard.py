"""`simpang config init`: a config made of what is plugged in, by asking as little as possible."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang
from gateway.cli.texts import DEVICES, Texts, count
from gateway.cli.words import print_json

if TYPE_CHECKING:
    from gateway.cli.initial import Answers, Plugged
    from gateway.cli.probe import Looked
    from gateway.cli.probing import Candidate, Found

_say: Final = Texts({
    # in English, in Indonesian
    "id": ("id of this gateway", "id gateway ini"),
    "site": ("site", "lokasi"),
    "latitude": ("latitude, degrees (empty: none)", "lintang, derajat (boleh kosong)"),
    "longitude": ("longitude, degrees (empty: none)", "bujur, derajat (boleh kosong)"),
    "no number": ("{said} is no number: write it like -7.3881",
                  "{said} bukan angka: tulis seperti -7,3881"),
    "broker": ("address of the broker", "alamat broker"),
    "which": ("which one is it?", "yang mana?"),
    "name": ("id of {driver} on {url}", "id untuk {driver} di {url}"),
    "skipped": ("{url}: left out: {why}", "{url}: dilewati: {why}"),
    "nobody": ("nobody that is known answered", "tidak ada sensor dikenal yang menjawab"),
    "there": ("{url}: is in the config already", "{url}: sudah ada di konfigurasi"),
    "guess": ("{name}: speaks like {which}: none of its values is good until the config says which",
              "{name}: bisa {which}: nilainya belum dianggap baik sebelum konfigurasi memastikan"),
    "written": ("{file}: added {devices}", "{file}: {devices} ditambahkan"),
    "next": ("next: simpang gateway run --config {file}",
             "lalu: simpang gateway run --config {file}"),
    "no change": ("nothing to add; {file} is as it was", "tidak ada tambahan; {file} tetap"),
})  # fmt: skip

_BROKER: Final = "mqtt://localhost:1883"

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A new gateway.toml, or one to add ports to.")
]


def init(
    file: FileArgument = Path("gateway.toml"),
    *,
    ports: Annotated[
        list[str] | None,
        typer.Option("--port", metavar="URL", help="Only this port; may be given again."),
    ] = None,
    gateway: Annotated[str | None, typer.Option("--id", help="Its id: unique.")] = None,
    site: Annotated[str | None, typer.Option(help="Where it stands; else its id.")] = None,
    broker: Annotated[
        str | None, typer.Option(metavar="URL", help="mqtts://host:8883 or mqtt://host:1883.")
    ] = None,
    addresses: Annotated[
        int, typer.Option(min=1, max=247, help="On a Modbus bus, look up to this address.")
    ] = 16,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the likeliest.")] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Make a config by finding out what is plugged in and asking for the rest.

    In a config that exists, ports that it lacks are added and all else stays, comments too.
    """
    from gateway.cli import edited, initial
    from gateway.cli.probe import look, plugged
    from gateway.clock import SystemClock
    from gateway.config.load import load_gateway

    language = choose_language(lang)
    known: set[str] = set()
    there: set[str] = set()
    if file.exists():
        config = load_gateway(file)
        known = initial.taken(config)
        there = {port.url for port in config.ports}
        document = edited.read(file)
    else:
        answers = _ask(gateway, site, broker, language, yes=yes)
        document = initial.begin(file, answers, SystemClock().stamp())
        edited.approve(file, edited.written(document))
    urls = ports or plugged()
    looked = look([url for url in urls if url not in there], addresses, language)
    added = []
    for one in looked:
        if not one.found:
            why = catalogue(language).translate(one.problem) or _say("nobody", language)
            typer.echo(_say("skipped", language, url=one.url, why=why), err=True)
        else:
            added.append(_choose(one, known, language, yes=yes))
    if file.exists() and not added:
        typer.echo(_say("no change", language, file=file), err=json)
    else:
        initial.add(document, added)
        text = edited.written(document)
        edited.approve(file, text)
        edited.replace(file, text)
    if json:
        print_json(_for_programs(file, added))
        return
    if added:
        number = sum(len(port.devices) for port in added)
        devices = count(number, DEVICES, language)
        typer.echo(_say("written", language, file=file, devices=devices))
    typer.echo(_say("next", language, file=file))


def _ask(
    gateway: str | None, site: str | None, broker: str | None, language: Language, *, yes: bool
) -> Answers:
    """Ask for what can't be found out."""
    from gateway.cli.initial import Answers, usual_id

    def ask(key: str, given: str | None, usual: str) -> str:
        if given is not None or yes:
            return usual if given is None else given
        return str(typer.prompt(_say(key, language), default=usual))

    def place(key: str) -> float | None:
        if yes:
            return None
        while said := str(
            typer.prompt(_say(key, language), default="", show_default=False)
        ).strip():
            try:
                return float(said.replace(",", "."))
            except ValueError:
                typer.echo(_say("no number", language, said=said))
        return None

    name = ask("id", gateway, usual_id())
    return Answers(
        id=name,
        site=ask("site", site, name),
        url=ask("broker", broker, _BROKER),
        latitude=place("latitude"),
        longitude=place("longitude"),
    )


def _choose(looked: Looked, known: set[str], language: Language, *, yes: bool) -> Plugged:
    """Decide who is on a port, and what each shall be called."""
    from gateway.cli.initial import Plugged, is_guess, name_device

    port = Plugged(looked.url)
    for found in looked.found:
        candidate = found.who[0] if yes else _which(found, language)
        name = name_device(candidate, known)
        if not yes:
            text = _say("name", language, driver=candidate.name, url=looked.url)
            name = typer.prompt(text, default=name)
        guessed = yes and is_guess(found)
        if guessed:
            alike = sorted({str(each.settings.get("map", each.name)) for each in found.who})
            which = ", ".join(alike)
            typer.echo(_say("guess", language, name=name, which=which), err=True)
        port.devices.append((name, candidate, found, guessed))
    return port


def _which(found: Found, language: Language) -> Candidate:
    """Ask which of those that speak alike it is."""
    if len(found.who) == 1:
        return found.who[0]
    for number, each in enumerate(found.who, start=1):
        typer.echo(f"  {number}  {each.name} {each.settings.get('map', '')}".rstrip())
    said = 0
    while not 1 <= said <= len(found.who):
        said = typer.prompt(_say("which", language), default=1, type=int)
    return found.who[said - 1]


def _for_programs(file: Path, added: list[Plugged]) -> dict[str, Any]:
    return {
        "config": str(file),
        "devices": [
            {
                "id": name,
                "driver": candidate.name,
                **candidate.settings,
                "url": port.url,
                "confirmed": not guessed,
            }
            for port in added
            for name, candidate, _, guessed in port.devices
        ],
    }
