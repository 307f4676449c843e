"""`simpang device probe`: which sensor is on a port, at which settings, at which address."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang
from gateway.cli.texts import BYTES, Texts, count
from gateway.cli.words import print_json, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.driver import Line
    from gateway.cli.probing import Candidate, Found, Stranger

say: Final = Texts({
    # in English, in Indonesian
    "no port": ("no serial port here: plug a sensor in, then look again",
                "tidak ada port serial: pasang sensor, lalu coba lagi"),
    "trying": ("looking at {tried}", "memeriksa {tried}"),
    "nobody": ("nobody that is known spoke or answered", "tidak ada sensor dikenal yang menjawab"),
    "try": ("is it powered, RX to TX, or does it only speak when something passes?",
            "menyala? RX ke TX? atau hanya bicara saat ada yang lewat?"),
    "see": ("simpang port monitor {url} shows what comes",
            "simpang port monitor {url} menampilkan yang masuk"),
    "stranger": ("{bytes} came at {line}, of nobody known: {shown}",
                 "{bytes} masuk pada {line}, bukan sensor dikenal: {shown}"),
    "see at": ("simpang port monitor {url} --baudrate {baud} shows what comes",
               "simpang port monitor {url} --baudrate {baud} menampilkan yang masuk"),
    "pattern": ("lines of text? device read text.line: does the pattern fit?",
                "baris teks? device read text.line: apakah polanya cocok?"),
    "answered": ("it answered", "menjawab"),
    "heard": ("it was heard", "terdengar"),
    "one of": ("one of these, which speak alike; read its label:",
               "salah satu dari ini, bahasanya sama; baca labelnya:"),
    "next": ("next: simpang device read {words}", "lalu: simpang device read {words}"),
})  # fmt: skip


_MOSTLY: Final = 0.9
"""The share of printable bytes from which on they are lines of text."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at one port.

    Attributes:
        url: The port.
        found: Who is there.
        problem: Why it could not be looked at; empty where it could.
        remedy: What to do about it.
        stranger: What came unasked, where nobody is known.
    """

    url: str
    found: tuple[Found, ...] = ()
    problem: str = ""
    remedy: str = ""
    stranger: Stranger | None = None


def probe(
    urls: Annotated[
        list[str] | None,
        typer.Argument(metavar="[URL]...", help="Ports; without any, all that are plugged in."),
    ] = None,
    *,
    addresses: Annotated[
        int, typer.Option(min=1, max=247, help="On a Modbus bus, look up to this address.")
    ] = 16,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Find out which sensor is on a port: its driver, its line settings, its address on a bus.

    Known sensors are listened for, then asked what harms none of them. It takes up to a minute a
    port, all ports at once. A port that the gateway reads is busy: stop the gateway first.
    """
    language = choose_language(lang)
    ports = urls or plugged()
    if not ports and not json:
        typer.echo(say("no port", language))
    looked = look(ports, addresses, language)
    if json:
        print_json([finding for one in looked for finding in _for_programs(one)])
    else:
        for one in looked:
            typer.echo(_for_people(one, language))
    if not any(one.found for one in looked):
        raise typer.Exit(1)


def plugged() -> list[str]:
    """Return all ports of this machine, by the names that last."""
    from gateway.cli.plugged import list_plugged

    return [port.name for port in list_plugged()]


def look(urls: list[str], addresses: int, language: Language) -> list[Looked]:
    """Look at several ports at once, and show on a terminal how far it is."""
    from gateway.cli.candidates import candidates
    from gateway.cli.progress import Status

    if not urls:
        return []
    known = candidates(addresses)
    with Status() as status, ThreadPoolExecutor(len(urls)) as pool:
        tried: dict[str, str] = {}
        lock = threading.Lock()

        def tell(url: str, text: str) -> None:
            with lock:
                tried[url] = text
                shown = ", ".join(sorted(set(tried.values())))
                status.show(say("trying", language, tried=shown))

        return list(pool.map(lambda url: _look(url, known, tell), urls))


def _look(url: str, known: list[Candidate], tell: Callable[[str, str], None]) -> Looked:
    from gateway.cli.probing import Probe
    from gateway.errors import SimpangError

    try:
        port = Probe(url, known, lambda text: tell(url, text))
        found = port.run()
    except SimpangError as error:
        return Looked(url, problem=error.what, remedy=error.remedy)
    likeliest = max(port.strangers, key=lambda each: each.text, default=None)
    return Looked(url, tuple(found), stranger=None if found else likeliest)


def _for_programs(looked: Looked) -> list[dict[str, Any]]:
    """Describe all that is on a port; a port without anybody is one entry too."""
    if not looked.found:
        told = {"error": looked.problem, "remedy": looked.remedy}
        if not looked.problem:
            error, *remedies = _nobody(looked, Language.EN)
            told = {"error": error, "remedy": "; ".join(remedies)}
        size, head = (each.size, each.head) if (each := looked.stranger) else (0, b"")
        heard = {"bytes": size, "beginning": write_bytes(head)}
        return [{"url": looked.url, "driver": None} | told | heard]
    return [_described(each) for each in looked.found]


def _nobody(looked: Looked, language: Language) -> list[str]:
    """Say that nobody known is there, or that somebody unknown is; then what to do."""
    stranger = looked.stranger
    if stranger is None:
        see = say("see", language, url=looked.url)
        return [say("nobody", language), say("try", language), see]
    line, size = stranger.line, count(stranger.size, BYTES, language)
    shown = write_bytes(stranger.head)
    came = say("stranger", language, bytes=size, line=_setting(line), shown=shown)
    see = say("see at", language, url=looked.url, baud=line.baudrate)
    return [came, see, *([say("pattern", language)] if stranger.text > _MOSTLY else [])]


def _setting(line: Line) -> str:
    return f"{line.baudrate} 8{line.parity}{line.stopbits}"


def _described(found: Found) -> dict[str, Any]:
    one = found.who[0] if len(found.who) == 1 else None
    line = found.line
    return {
        "url": found.url,
        "driver": one and one.name,
        **(one.settings if one else {}),
        "candidates": [{"driver": each.name, **each.settings} for each in found.who],
        "baudrate": line.baudrate,
        "parity": line.parity,
        "stopbits": line.stopbits,
        "how": "answered" if found.answered else "heard",
        "fields": dict(found.fields),
    }


def _for_people(looked: Looked, language: Language) -> str:
    """Describe what is on a port, in 80 columns as far as names allow."""
    lines = [looked.url]
    if looked.problem:
        known = catalogue(language)
        lines.append(f"  {known.translate(looked.problem)}")
        lines += [f"  → {known.translate(looked.remedy)}"] if looked.remedy else []
    elif not looked.found:
        problem, *remedies = _nobody(looked, language)
        lines += [f"  {problem}", *(f"  → {remedy}" for remedy in remedies)]
    for found in looked.found:
        how = say("answered" if found.answered else "heard", language)
        setting = _setting(found.line)
        if len(found.who) > 1:
            lines.append(f"  {setting}, {how}: {say('one of', language)}")
        for each in found.who:
            told = "".join(f" --{key} {value}" for key, value in each.settings.items())
            mark = "    " if len(found.who) > 1 else "  "
            tail = "" if len(found.who) > 1 else f"  {setting}, {how}"
            lines.append(f"{mark}{each.name}{told}{tail}")
        first = found.who[0]
        told = "".join(f" --{key} {value}" for key, value in first.settings.items())
        words = f"{first.name} {found.url}{told}"
        lines.append(f"  → {say('next', language, words=words)}")
    return "\n".join(lines)
