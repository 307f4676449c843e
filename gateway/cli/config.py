"""`simpang config`: what is wrong with a config, and what it means once read."""

from __future__ import annotations

import importlib.util
from typing import Annotated, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import choose_language
from gateway.cli.options import ConfigArgument, Json, Lang
from gateway.cli.texts import Texts
from gateway.cli.words import print_json

app = typer.Typer(
    help="Make, check and show config files.", no_args_is_help=True, rich_markup_mode=None
)

_say: Final = Texts({
    # in English, in Indonesian
    "well": ("{file}: all is well", "{file}: tidak ada yang salah"),
})  # fmt: skip


@app.command(epilog="Example: simpang config check /etc/simpang/gateway.toml --here")
def check(
    file: ConfigArgument,
    *,
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="What is not there or can not be written is an error, not a warning."
        ),
    ] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Find every mistake in a config at once: line, key, error, remedy.

    Exits with 2 where there is an error, with 0 where there are only warnings.
    """
    from gateway.collector.stores import ask
    from gateway.config.check import check as find

    language = choose_language(lang)
    has_collector = importlib.util.find_spec("urllib3") is not None  # the extra `collector`
    findings = find(file, here=here, ask=ask if has_collector else None)
    wrong = any(finding.level == "error" for finding in findings)
    if json:
        print_json(findings)
    else:
        for finding in findings:
            typer.echo(catalogue(language).translate(str(finding)))
        if not findings:
            typer.echo(_say("well", language, file=file))
    raise typer.Exit(2 if wrong else 0)


@app.command(epilog="Example: simpang config show /etc/simpang/gateway.toml")
def show(file: ConfigArgument, *, json: Json = False) -> None:
    """Print a config as the process reads it, defaults filled in and secrets hidden."""
    from gateway.config.resolved import as_json, as_toml

    typer.echo(as_json(file) if json else as_toml(file), nl=False)
