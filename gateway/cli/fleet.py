"""`simpang fleet`: how the gateways stand, by the store and by their own word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.language import choose_language
from gateway.cli.options import ConfigFile, Json, Lang
from gateway.cli.words import print_json

if TYPE_CHECKING:
    from gateway.cli.sheet import Sheet

app = typer.Typer(help="See how the gateways stand.", no_args_is_help=True, rich_markup_mode=None)

Days = Annotated[
    float,
    typer.Option("--days", min=0.01, max=36_500, help="How far back lost batches are told."),
]
Listen = Annotated[
    float, typer.Option("--listen", min=0, max=3600, help="Seconds of listening to the broker.")
]

Patience = Annotated[
    float,
    typer.Option(
        "--patience", min=1, max=3600, help="Seconds that the database may think about one answer."
    ),
]


@app.command("list", epilog="Example: simpang fleet list --config /etc/simpang/collector.toml")
def list_fleet(
    *,
    config: ConfigFile,
    days: Days = 7,
    listen: Listen = 3,
    patience: Patience = 20,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """List all gateways: online or not, batches waiting and lost, data capture.

    FILE is a collector.toml: its store is asked, its broker listened to. What waits is told however
    old it is. Exit code 1 says that one of the two could not be asked; the rest is shown.
    """
    from time import time

    from gateway.cli.sheet import Sheet
    from gateway.cli.standing import Terms, as_json, gather
    from gateway.config.collector import load_collector

    language = choose_language(lang)
    terms = Terms(days, listen, patience)
    fleet = gather(load_collector(config), time(), terms, None, language)
    sheet = Sheet(language, fleet)
    if json:
        print_json(as_json(fleet, far=False))
    else:
        for line in sheet.fleet():
            typer.echo(line)
    _end(sheet, whole=fleet.whole)


@app.command(epilog="Example: simpang fleet show gw-pasar --config /etc/simpang/collector.toml")
def show(
    gateway: Annotated[str, typer.Argument(metavar="GW", help="The gateway's id.")],
    *,
    config: ConfigFile,
    days: Days = 7,
    listen: Listen = 3,
    patience: Patience = 20,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Show one gateway: what it says, what became of its batches, how complete its data is.

    A minute is captured if a device has a usable value in it; none is owed before its first
    reading. A gateway says how it fares once a
    minute, over a metered modem every quarter of an hour: --listen waits for it.
    """
    from time import time

    from gateway.cli.sheet import Sheet
    from gateway.cli.standing import Terms, as_json, gather
    from gateway.config.collector import load_collector
    from gateway.errors import SimpangError
    from schemas.base import is_id

    if not is_id(gateway):
        raise typer.BadParameter("not the id of a gateway")
    language = choose_language(lang)
    terms = Terms(days, listen, patience)
    fleet = gather(load_collector(config), time(), terms, gateway, language)
    if fleet.whole and not fleet.standings:
        raise SimpangError(
            f"nobody knows {gateway}", "`simpang fleet list` shows all that were ever heard"
        )
    sheet = Sheet(language, fleet)
    if json:
        print_json(as_json(fleet, far=True))
    for one in fleet.standings if not json else ():
        for line in sheet.gateway(one):
            typer.echo(line)
    _end(sheet, whole=fleet.whole)


def _end(sheet: Sheet, *, whole: bool) -> None:
    """Say what could not be asked."""
    for problem in sheet.problems():
        typer.echo(f"simpang: {problem}", err=True)
    if not whole:
        raise typer.Exit(1)
