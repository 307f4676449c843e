"""`simpang grafana`: dashboards for staff."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli import language as spoken
from gateway.cli.options import Json
from gateway.cli.texts import Texts
from gateway.cli.words import print_json, write_foreign

if TYPE_CHECKING:
    from gateway.grafana.push import Outcome

TOKEN: Final = "SIMPANG_GRAFANA_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable that may hold the token instead of a file."""


_say: Final = Texts({
    # in English, in Indonesian
    "created": ("created", "dibuat"),
    "would created": ("would be created", "akan dibuat"),
    "updated": ("updated", "diperbarui"),
    "would updated": ("would be updated", "akan diperbarui"),
    "unchanged": ("unchanged", "tetap"),
    "alone": ("left alone", "dibiarkan"),
    "edited": ("{who} has edited it since: --overwrite replaces that (Grafana's history keeps it)",
               "{who} mengubahnya sejak itu: --overwrite menggantinya (riwayat Grafana tetap ada)"),
    "provisioned": ("it comes from provisioning files: bring those up to date on the server",
                    "asalnya dari berkas di server: perbarui berkas itu di sana"),
    "no source": ("Grafana has no data source with the uid {uid}: panels stay empty",
                  "Grafana tidak punya sumber data dengan uid {uid}: panel tetap kosong"),
    "provision": ("provision deploy/grafana/provisioning/datasources",
                  "pasang deploy/grafana/provisioning/datasources"),
})  # fmt: skip


class Language(StrEnum):
    """The languages that there are dashboards in."""

    ID = "id"
    EN = "en"
    BOTH = "both"


app = typer.Typer(help="Dashboards for staff.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `push` a verb of its own: typer folds a group of one command into one."""


@app.command(
    epilog="Example: simpang grafana push --url https://grafana.example "
    "--token-file /etc/simpang/grafana.token --dry-run"
)
def push(
    *,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="Where Grafana is.")
    ] = "http://localhost:3000",
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help=f"Holds a service account's token (role Editor); without it, {TOKEN}.",
        ),
    ] = None,
    lang: Annotated[Language, typer.Option("--lang", help="In which language.")] = Language.BOTH,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace also what somebody edited in Grafana since."),
    ] = False,
    json: Json = False,
) -> None:
    """Bring the dashboards to a running Grafana; a second time changes nothing."""
    from gateway.grafana import push as pushing
    from gateway.grafana.panels import DATASOURCE
    from gateway.grafana.server import Grafana
    from gateway.grafana.texts import LANGUAGES

    language = spoken.find_language(["--lang", lang])
    server = Grafana(url, _token(token_file))
    version = server.version()
    found = server.has_datasource(DATASOURCE)
    languages = [each for each in LANGUAGES if lang in {each, Language.BOTH}]
    outcomes: list[Outcome] = []
    for outcome in pushing.push(server, languages, dry_run=dry_run, overwrite=overwrite):
        outcomes.append(outcome)
        if not json:
            _print(outcome, language, dry_run=dry_run)
    if found is False:
        lack = _say("no source", language, uid=DATASOURCE)
        typer.echo(f"simpang: {lack} — {_say('provision', language)}", err=True)
    if json:
        print_json(
            {
                "grafana": version,
                "datasource": found,
                "dry_run": dry_run,
                "outcomes": [outcome._asdict() for outcome in outcomes],
            }
        )
    if any(outcome.status in pushing.UNDONE for outcome in outcomes):
        raise typer.Exit(1)


def _token(file: Path | None) -> str:
    from gateway.config.secret import read_secret
    from gateway.errors import ConfigError

    token = os.environ.get(TOKEN, "") if file is None else read_secret(file, "--token-file")
    if not token.strip():
        raise ConfigError(
            "there is no token for Grafana", f"--token-file FILE, or {TOKEN} in the environment"
        )
    if not token.isascii() or not token.strip().isprintable() or " " in token.strip():
        raise ConfigError("this is no token", "one word, as Grafana showed it")
    return token.strip()


def _print(outcome: Outcome, language: spoken.Language, *, dry_run: bool) -> None:
    status = outcome.status
    if status in {"edited", "provisioned"}:
        key = "alone"
    else:
        key = f"would {status}" if dry_run and status != "unchanged" else status
    word = _say(key, language)
    typer.echo(f"{word:16}  {outcome.uid:18}  {write_foreign(outcome.title)}")
    if key == "alone":
        typer.echo(f"  {_say(status, language, who=write_foreign(outcome.detail))}")
