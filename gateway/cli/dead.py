"""`simpang dead`: what no store would take, and what it would take by now."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language, choose_language
from gateway.cli.options import ConfigFile, Json, Lang, MaybeConfigFile
from gateway.cli.texts import LETTERS, Texts, count
from gateway.cli.words import complain, print_json, write_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.letters import Choice
    from gateway.collector.letters import Heading
    from gateway.collector.replay import Fate
    from gateway.config.collector import CollectorConfig
    from gateway.errors import SimpangError

app = typer.Typer(
    help="See what was refused, and try it again.", no_args_is_help=True, rich_markup_mode=None
)

_say: Final = Texts({
    # in English, in Indonesian
    "no letters": ("{folder}: no dead letters", "{folder}: tidak ada pesan yang ditolak"),
    "letters": ("letters", "pesan"),
    "could": ("{letters} could be stored, if the store takes them",
              "{letters} bisa disimpan, bila basis data mau menerimanya"),
    "stored": ("{letters} stored and thrown away", "{letters} tersimpan, lalu dibuang"),
    "stays": ("{number} stays: {reason}, from {gateway}; {name} for one: {detail}",
              "{number} tetap: {reason}, dari {gateway}; misalnya {name}: {detail}"),
    "stay": ("{number} stay: {reason}, from {gateway}; {name} for one: {detail}",
             "{number} tetap: {reason}, dari {gateway}; misalnya {name}: {detail}"),
    "nobody": ("nobody known", "pengirim tak dikenal"),
    "gone": ("{number} gone meanwhile: the collector stored or gave them up",
             "{number} sudah tidak ada: collector menyimpan atau melepasnya"),
    "not done": ("{number} not done: begin again", "{number} belum dikerjakan: ulangi"),
})  # fmt: skip

Folder = Annotated[Path | None, typer.Argument(metavar="FOLDER", help="A folder of dead letters.")]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason", metavar="WORD", help="Only these reasons.")
]
Gateways = Annotated[
    list[str] | None, typer.Option("--gateway", metavar="ID", help="Only from these gateways.")
]
Older = Annotated[
    str | None, typer.Option("--older-than", metavar="AGE", help="As 90s, 15m, 2h, 3d or 1w.")
]
Newer = Annotated[str | None, typer.Option("--newer-than", metavar="AGE", help="The same.")]


@app.command("list", epilog="Example: simpang dead list --config /etc/simpang/collector.toml")
def list_dead(
    folder: Folder = None,
    *,
    config: MaybeConfigFile = None,
    reason: Reasons = None,
    gateway: Gateways = None,
    older_than: Older = None,
    newer_than: Newer = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Only how many there are of a kind.")
    ] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """List dead letters: how many of a reason and gateway, then each of them, oldest first.

    Each begins with its name, which `dead show` and `dead replay` take.
    """
    from gateway.cli.letters import Choice, count_kinds, line, table

    where = _folder(folder, config)
    choice = Choice.of(reason, gateway, older_than, newer_than)
    letters = list(_chosen(where, choice))
    kinds = count_kinds(letters)
    if json:
        told = [one._asdict() for one in kinds] if summary else [_as_dict(one) for one in letters]
        print_json(told)
        return
    language = choose_language(lang)
    if not letters:
        typer.echo(_say("no letters", language, folder=where))
        return
    for text in table(kinds, language):
        typer.echo(text)
    if not summary:
        typer.echo("")
        for heading in letters:
            typer.echo(line(heading, language))


@app.command(epilog="Example: simpang dead show 3f2a91bc01d2 --config /etc/simpang/collector.toml")
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As `dead list` tells it, or its first digits.")
    ],
    folder: Folder = None,
    *,
    config: MaybeConfigFile = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Tell all of one letter: why it is dead, what is in it, and whether it could be stored now."""
    from base64 import b64encode

    from gateway.cli.letter import Description, document_of
    from gateway.collector.letters import find_letter, read_letter
    from gateway.collector.replay import foresee, judge_again
    from gateway.errors import ConfigError
    from schemas.topics import ROOT

    where = _folder(folder, config)
    heading = find_letter(where, name)
    letter = read_letter(where, heading)
    if letter is None:
        raise ConfigError(f"the letter {name} is gone by now", "see: simpang dead list")
    root = ROOT if config is None else _load(config).broker.root
    today = foresee(heading, letter, judge_again(root, letter, _trusted_now()))
    if json:
        print_json(
            _as_dict(heading)
            | {
                "today": {"outcome": today.outcome, "reason": today.reason, "detail": today.detail},
                "payload": b64encode(letter.payload).decode(),
                "document": document_of(letter),
            }
        )
    else:
        for text in Description(heading, choose_language(lang)).of(letter, today):
            typer.echo(text)


@app.command(
    epilog="Example: simpang dead replay --config /etc/simpang/collector.toml --reason version"
)
def replay(
    name: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Only these, as `dead list` tells them."),
    ] = None,
    *,
    config: ConfigFile,
    reason: Reasons = None,
    gateway: Gateways = None,
    older_than: Older = None,
    newer_than: Newer = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what we would store, and store nothing."),
    ] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Store dead letters that can be stored by now: after an upgrade, or a repair of the database.

    Each is judged again as if it had just arrived. What is sound goes into the store the usual
    way, and only then is its letter thrown away; what is not stays, and its reason is told.
    The collector may go on running, and this may be stopped and begun again at any moment.

    No gateway is told: it keeps its own copy of what was refused and offers it again each day;
    the collector then sends it the receipt, and nothing is stored twice. Of payloads beyond 1 MiB
    only the head was kept: they can't be replayed.
    """
    import logging

    from gateway.cli.interrupts import interruptible
    from gateway.cli.letters import Choice
    from gateway.cli.progress import Progress
    from gateway.clock import SystemClock
    from gateway.collector.letters import find_letter
    from gateway.collector.replay import Replay
    from gateway.collector.stores import open_store
    from gateway.errors import StoreBusy, StoreDenied

    settings, language = _load(config), choose_language(lang)
    where = _folder(None, config)
    choice = Choice.of(reason, gateway, older_than, newer_than)
    chosen = [find_letter(where, one) for one in name] if name else list(_chosen(where, choice))
    fates: list[Fate] = []
    problem: SimpangError | None = None
    clock = SystemClock()
    store = open_store(settings.store)
    log = logging.getLogger("gateway")
    before = log.level
    log.setLevel(logging.CRITICAL)  # what a log would say is told below
    try:
        shown = Progress(_say("letters", language), len(chosen), language)
        with interruptible() as stopping, shown as progress:
            again = Replay(
                settings, store, _trusted_now(), lambda: clock.stamp().wall, stopping.wait
            )
            for fate in again.judge(chosen) if dry_run else again.run(chosen):
                fates.append(fate)
                progress.step()
    except (StoreBusy, StoreDenied) as error:
        if not json:
            raise
        problem = error
    finally:
        log.setLevel(before)
        store.close()
        if json:
            _print(fates, problem, dry_run=dry_run)
        else:
            _tell(fates, len(chosen), language, dry_run=dry_run)
    if problem is not None:
        complain(problem, language)
        raise typer.Exit(1)
    if len(fates) < len(chosen):
        raise typer.Exit(130)


def _print(fates: list[Fate], problem: SimpangError | None, *, dry_run: bool) -> None:
    """Tell programs what became of letters, or would, and what ended it."""
    told = [
        _as_dict(fate.heading)
        | {"outcome": fate.outcome, "reason": fate.reason, "detail": fate.detail}
        for fate in fates
    ]
    outcomes = Counter(fate.outcome for fate in fates)
    ended = {} if problem is None else {"error": problem.what, "remedy": problem.remedy}
    print_json({"dry_run": dry_run, "letters": told} | outcomes | ended)


def _tell(fates: list[Fate], chosen: int, language: Language, *, dry_run: bool) -> None:
    """Tell what became of letters, or would."""
    outcomes = Counter(fate.outcome for fate in fates)
    letters = count(outcomes["stored"], LETTERS, language)
    typer.echo(_say("could" if dry_run else "stored", language, letters=letters))
    staying = [fate for fate in fates if fate.outcome == "stays"]
    kinds = Counter((fate.reason, fate.heading.gateway) for fate in staying)
    examples = {(fate.reason, fate.heading.gateway): fate for fate in staying}
    for (reason, gateway), number in kinds.most_common():
        example = examples[reason, gateway]
        told = {
            "reason": write_foreign(reason),
            "gateway": write_foreign(gateway or "") or _say("nobody", language),
            "name": write_foreign(example.heading.name),
            "detail": catalogue(language).translate(write_foreign(example.detail)),
        }
        typer.echo(_say("stays" if number == 1 else "stay", language, number=number, **told))
    if outcomes["gone"]:
        typer.echo(_say("gone", language, number=outcomes["gone"]))
    if len(fates) < chosen:
        typer.echo(_say("not done", language, number=chosen - len(fates)))


def _as_dict(heading: Heading) -> dict[str, Any]:
    return {"name": heading.name, **asdict(heading)}


def _chosen(where: Path, choice: Choice) -> Iterator[Heading]:
    from gateway.collector.letters import list_letters

    return filter(choice.takes, list_letters(where))


def _folder(folder: Path | None, config: Path | None) -> Path:
    from gateway.errors import ConfigError

    if folder is not None:
        where = folder
    elif config is not None:
        where = _load(config).collector.dead_letters
    else:
        raise typer.BadParameter("name a FOLDER, or the --config it is in")
    if not where.is_dir():
        raise ConfigError(
            f"there is no folder {where}", "a collector makes it when it starts; was another meant?"
        )
    return where


def _load(config: Path) -> CollectorConfig:
    from gateway.config.collector import load_collector

    return load_collector(config)


def _trusted_now() -> float | None:
    """Read the time as a collector here would: None where nobody confirms this clock."""
    from gateway.clock import SystemClock
    from gateway.trust import Trust

    clock = SystemClock()
    trust, stamp = Trust.of("kernel", clock.boot_id), clock.stamp()
    trust.poll(stamp)
    at = trust.date(stamp)
    return None if at is None else at / 1000
