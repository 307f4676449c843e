"""`simpang spool`: what waits on this machine, or on a card brought home."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang, MaybeConfigFile
from gateway.cli.texts import BATCHES, READINGS, Texts, count
from gateway.cli.words import print_json, write_foreign, write_ms
from gateway.logs import write_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.gateway import GatewayConfig
    from gateway.edge.spool_summary import Summary

_say: Final = Texts({
    # in English, in Indonesian
    "wait": ("{waiting}, {pending} for their batch",
             "{waiting} menunggu, {pending} belum masuk kiriman"),
    "undated": ("{number} for a clock to be trusted", "{number} menunggu jam yang tepercaya"),
    "refused": ("{number} refused: {reason}", "{number} ditolak: {reason}"),
    "span": ("from {oldest} to {newest}", "dari {oldest} sampai {newest}"),
    "seqs": ("seq {low} to {high}", "seq {low} sampai {high}"),
    "empty": ("nothing held", "kosong"),
    "given up": ("given up ({cause}): {low} to {high}", "dilepas ({cause}): {low} sampai {high}"),
    "exported": ("{batches}, {refused} of them refused, and {readings} in no batch yet",
                 "{batches}, {refused} di antaranya ditolak, dan {readings} belum masuk kiriman"),
    "left out": ("left out: {what}", "tidak ditulis: {what}"),
})  # fmt: skip

_WAITING: Final = ("batch waits", "batches wait", "kiriman")
_UNDATED: Final = ("reading waits", "readings wait", "bacaan")

app = typer.Typer(help="See what waits to be sent.", no_args_is_help=True, rich_markup_mode=None)

MaybeSpoolFile = Annotated[Path | None, typer.Argument(metavar="FILE", help="A spool's file.")]


class Format(StrEnum):
    """How an export is written."""

    LINES = "lines"
    JSONL = "jsonl"


@app.command(epilog="Example: simpang spool show --config /etc/simpang/gateway.toml")
def show(
    file: MaybeSpoolFile = None,
    *,
    config: MaybeConfigFile = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Tell what a spool holds, without touching it; the gateway may go on running."""
    from gateway.edge.spool_summary import summarize

    summary = summarize(file or _path_in(config))
    if json:
        print_json(summary)
    else:
        _print(summary, choose_language(lang))


@app.command(
    epilog="Example: simpang spool export /media/card/var/lib/simpang/spool.db"
    " --gateway gw-pasar --format lines --output pasar.lines"
)
def export(
    file: MaybeSpoolFile = None,
    *,
    config: MaybeConfigFile = None,
    how: Annotated[
        Format, typer.Option("--format", help="Line protocol (ms), or one JSON object a reading.")
    ] = Format.LINES,
    gateway: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose spool it is; else the config's.")
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Where it stands; else as config or batches say."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Where to write; else to stdout.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Write out what waits in a spool, for a card brought home by hand; the file is only read.

    Batches come first, oldest first, those that a collector refused among them (marked), then the
    readings that are in no batch yet. Lines are what a collector would have stored, the ledger's
    at the end: write them in their order and stop at what the database refuses, since the ledger
    says that everything before it is there. Written twice, or sent again by the gateway, they are
    the same points. What has no date is left out of lines, and so is what was refused because of
    its time.

    What the card does not give any more is named and passed over; then the exit code is 1. So it is
    where readings could not be written as lines because nobody says at which site they were made.
    """
    from gateway.cli.exported import JsonLines, LineProtocol, write_out
    from gateway.clock import SystemClock
    from gateway.errors import ConfigError, SimpangError

    known = None if config is None else _load(config).gateway
    path = file or _path_in(config)
    whose = _checked(gateway, "--gateway", known.id if known else None)
    where = _checked(site, "--site", known.site if known else None)
    if how is Format.JSONL:
        form: JsonLines | LineProtocol = JsonLines(whose, where)
    elif whose is None:
        raise ConfigError("a spool does not know whose it is", "name its --gateway or its --config")
    else:
        form = LineProtocol(whose, where, int(SystemClock().stamp().wall * 1000))
    language = choose_language(lang)
    tally = write_out(path, form, output, language)
    batches = count(tally.batches, BATCHES, language)
    readings = count(tally.readings, READINGS, language)
    told = {"batches": batches, "refused": tally.refused, "readings": readings}
    typer.echo(_say("exported", language, **told), err=True)
    for what in form.left_out(language):
        typer.echo(_say("left out", language, what=what), err=True)
    if form.homeless:
        missing = write_count(form.homeless, "reading is", "readings are")
        raise SimpangError(
            f"{missing} not written", "name their --site or --config, and export again"
        )
    raise typer.Exit(1 if tally.lost else 0)


def _path_in(config: Path | None) -> Path:
    if config is None:
        raise typer.BadParameter("name a spool's FILE, or the --config it is in")
    return _load(config).spool.path


def _checked(name: str | None, option: str, otherwise: str | None) -> str | None:
    from schemas.base import is_id

    if name is None:
        return otherwise
    if not is_id(name):
        raise typer.BadParameter(f"{option} {name!r} is no id: small letters, digits, . _ -")
    return name


def _load(config: Path) -> GatewayConfig:
    from gateway.config.load import load_gateway

    return load_gateway(config)


def _print(summary: Summary, language: Language) -> None:
    from gateway.cli.causes import name_loss

    typer.echo(f"{summary.path}: {summary.used_bytes / 1e6:.1f} MB")
    for line in _lines(summary, language):
        typer.echo(f"  {line}")
    for epoch in summary.epochs:
        held = {"low": epoch.low, "high": epoch.next - 1}
        told = _say("seqs" if epoch.low < epoch.next else "empty", language, **held)
        typer.echo(f"  epoch {epoch.epoch}: {told}")
        for low, high, cause in epoch.dropped:
            span = {"cause": name_loss(cause, language), "low": low, "high": high}
            typer.echo(f"    {_say('given up', language, **span)}")


def _lines(summary: Summary, language: Language) -> Iterator[str]:
    waiting = count(summary.waiting, _WAITING, language)
    pending = count(summary.pending, READINGS, language)
    yield _say("wait", language, waiting=waiting, pending=pending)
    if summary.undated:
        yield _say("undated", language, number=count(summary.undated, _UNDATED, language))
    for reason, number in summary.refused.items():
        told = {"number": count(number, BATCHES, language), "reason": write_foreign(reason)}
        yield _say("refused", language, **told)
    if summary.oldest is not None and summary.newest is not None:
        span = {"oldest": write_ms(summary.oldest), "newest": write_ms(summary.newest)}
        yield _say("span", language, **span)
    for device, number in summary.devices.items():
        yield f"{device}: {count(number, BATCHES, language)}"
