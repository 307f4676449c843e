"""The command `simpang`: which verbs there are, and how their errors end.

Exit codes: 0 done, 1 failed at work, 2 wrong use or config. Each verb imports what it needs when
it runs, so that `simpang --help` is quick on the smallest machine.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer

from gateway.cli import (
    calibrate,
    config,
    dead,
    demo,
    device,
    fleet,
    grafana,
    port,
    probe,
    run,
    simulate,
    spool,
    talk,
    wizard,
)
from gateway.cli.help import translate, write_wrong_use
from gateway.cli.language import find_language
from gateway.cli.words import complain, confess
from gateway.errors import ConfigError, SimpangError

_NAME: Final = "simpang"

app = typer.Typer(
    name=_NAME,
    help="A sensor gateway: every reading reaches the database, or its loss has a name.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(
    short_help="Show the whole chain on this machine.",
    epilog="Example: simpang demo --seconds 20 --json",
)(demo.demo)
app.add_typer(run.gateway, name="gateway")
app.add_typer(run.collector, name="collector")
config.app.command(epilog="Example: simpang config init /etc/simpang/gateway.toml")(wizard.init)
app.add_typer(config.app, name="config")
app.add_typer(port.app, name="port")
device.app.command(epilog="Example: simpang device simulate nova.sds011 --noise")(simulate.simulate)
device.app.command(epilog="Example: simpang device probe /dev/ttyUSB0")(probe.probe)
device.app.command(
    epilog="Example: simpang device calibrate pm-1 pm2_5 --config gateway.toml "
    "--reference bam.csv --collector collector.toml"
)(calibrate.calibrate)
device.app.command(epilog="Example: simpang device read nova.sds011 /dev/ttyUSB0")(talk.read)
device.app.command(epilog="Example: simpang device send nova.sds011 sleep --dry-run")(talk.send)
app.add_typer(device.app, name="device")
app.add_typer(spool.app, name="spool")
app.add_typer(dead.app, name="dead")
app.add_typer(fleet.app, name="fleet")
app.add_typer(grafana.app, name="grafana")


_WRONG_USE: Final[Any] = typer.BadParameter.__mro__[2]
"""What any wrong use of the command line is; typer gives it no public name of its own."""


def main() -> None:
    """Run one verb; an error is one sentence on stderr, never a traceback.

    With --json programs get it on stdout as well, where a verb that failed would leave nothing;
    they read English.
    """
    words = sys.argv[1:]
    for_programs = "--json" in words
    language = find_language(words)
    command = typer.main.get_command(app)
    translate(command, language)
    try:
        sys.exit(command(words, prog_name=_NAME, standalone_mode=False))
    except _WRONG_USE as error:
        typer.echo(write_wrong_use(error, language), err=True)
        if for_programs:
            confess(error.format_message(), f"{_verb(error)} --help")
        sys.exit(error.exit_code)
    except SimpangError as error:
        complain(error, language)
        if for_programs:
            confess(error.what, error.remedy)
        sys.exit(2 if isinstance(error, ConfigError) else 1)


def _verb(error: Any) -> str:  # noqa: ANN401 - see above
    """Name the verb that was used wrongly."""
    return str(error.ctx.command_path) if error.ctx else _NAME


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    if value:
        from importlib.metadata import version

        typer.echo(f"simpang {version('simpang')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which one."),
    ] = False,
) -> None:
    _ = version
