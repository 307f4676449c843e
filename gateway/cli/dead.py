"""`simpang dead`: what no store would take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import Json, MaybeConfigFile
from gateway.cli.words import print_json, write_count, write_foreign, write_ms

if TYPE_CHECKING:
    from gateway.collector.deadletters import Heading

app = typer.Typer(help="See what was refused.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `list` a verb of its own: typer folds a group of one command into one."""


@app.command("list", epilog="Example: simpang dead list --config /etc/simpang/collector.toml")
def list_dead(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="A folder of dead letters.")
    ] = None,
    *,
    config: MaybeConfigFile = None,
    json: Json = False,
) -> None:
    """List the dead letters, oldest first, each with its reason."""
    from gateway.collector.deadletters import list_letters
    from gateway.errors import ConfigError

    where = folder or _folder_in(config)
    if not where.is_dir():
        raise ConfigError(
            f"there is no folder {where}", "a collector makes it when it starts; was another meant?"
        )
    letters = list(list_letters(where))
    if json:
        print_json(letters)
    elif letters:
        for letter in letters:
            _print(letter)
    else:
        typer.echo(f"{where}: no dead letters")


def _folder_in(config: Path | None) -> Path:
    if config is None:
        raise typer.BadParameter("name a FOLDER, or the --config it is in")
    from gateway.config.collector import load_collector

    return load_collector(config).collector.dead_letters


def _print(letter: Heading) -> None:
    size = write_count(letter.size, "byte", "bytes")
    name = f"{letter.epoch}/{letter.seq}" if letter.epoch is not None else size
    where = letter.gateway or letter.topic
    typer.echo(
        f"{write_ms(letter.received)}  {write_foreign(letter.reason):8}  {write_foreign(where)}"
        f"  {name}: {write_foreign(letter.detail)}"
    )
