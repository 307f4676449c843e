"""`simpang spool`: what waits on this machine, or on a card brought home."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import Json, MaybeConfigFile
from gateway.cli.words import print_json, write_foreign, write_ms
from gateway.logs import write_count

if TYPE_CHECKING:
    from gateway.config.gateway import GatewayConfig
    from gateway.edge.spool_summary import Summary

_BATCHES = ("batch", "batches")

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
    json: Json = False,
) -> None:
    """Tell what a spool holds, without touching it; the gateway may go on running."""
    from gateway.edge.spool_summary import summarize

    summary = summarize(file or _path_in(config))
    if json:
        print_json(summary)
    else:
        _print(summary)


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
    tally = write_out(path, form, output)
    told = f"{write_count(tally.batches, *_BATCHES)}, {tally.refused} of them refused"
    loose = write_count(tally.readings, "reading", "readings")
    typer.echo(f"{told}, and {loose} in no batch yet", err=True)
    for what in form.left_out:
        typer.echo(f"left out: {what}", err=True)
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


def _print(summary: Summary) -> None:
    typer.echo(f"{summary.path}: {summary.used_bytes / 1e6:.1f} MB")
    waiting = write_count(summary.waiting, "batch waits", "batches wait")
    typer.echo(
        f"  {waiting}, {write_count(summary.pending, 'reading', 'readings')} for their batch"
    )
    if summary.undated:
        undated = write_count(summary.undated, "reading waits", "readings wait")
        typer.echo(f"  {undated} for a clock to be trusted")
    for reason, count in summary.refused.items():
        typer.echo(f"  {write_count(count, *_BATCHES)} refused: {write_foreign(reason)}")
    if summary.oldest is not None and summary.newest is not None:
        typer.echo(f"  from {write_ms(summary.oldest)} to {write_ms(summary.newest)}")
    for device, count in summary.devices.items():
        typer.echo(f"  {device}: {write_count(count, *_BATCHES)}")
    for epoch in summary.epochs:
        held = f"seq {epoch.low} to {epoch.next - 1}" if epoch.low < epoch.next else "nothing held"
        typer.echo(f"  epoch {epoch.epoch}: {held}")
        for low, high, cause in epoch.dropped:
            typer.echo(f"    given up ({write_foreign(cause)}): {low} to {high}")
