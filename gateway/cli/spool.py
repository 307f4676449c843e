"""`simpang spool`: what waits on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import Json, MaybeConfigFile
from gateway.cli.words import print_json, write_count, write_foreign, write_ms

if TYPE_CHECKING:
    from gateway.edge.spool_summary import Summary

_BATCHES = ("batch", "batches")

app = typer.Typer(help="See what waits to be sent.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `show` a verb of its own: typer folds a group of one command into one."""


@app.command(epilog="Example: simpang spool show --config /etc/simpang/gateway.toml")
def show(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A spool's file.")] = None,
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


def _path_in(config: Path | None) -> Path:
    if config is None:
        raise typer.BadParameter("name a spool's FILE, or the --config it is in")
    from gateway.config.load import load_gateway

    return load_gateway(config).spool.path


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
