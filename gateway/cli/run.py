"""`simpang gateway run` and `simpang collector run`: the two services, by hand.

The systemd units start the lean modules behind them directly.
"""

from __future__ import annotations

import typer

from gateway.cli.options import ConfigFile, LogLevel

gateway = typer.Typer(help="Run the gateway.", no_args_is_help=True, rich_markup_mode=None)
collector = typer.Typer(help="Run a collector.", no_args_is_help=True, rich_markup_mode=None)


@gateway.callback()
@collector.callback()
def _group() -> None:
    """Keep `run` a verb of its own: typer folds a group of one command into one."""


@gateway.command("run", epilog="Example: simpang gateway run --config /etc/simpang/gateway.toml")
def run_gateway(*, config: ConfigFile, log: LogLevel = None) -> None:
    """Read the sensors and send what they say, until it is told to stop.

    A stop waits a few seconds for receipts; a second one does not.
    """
    from gateway.edge.process import main

    raise typer.Exit(main(_arguments(config, log)))


@collector.command(
    "run", epilog="Example: simpang collector run --config /etc/simpang/collector.toml"
)
def run_collector(*, config: ConfigFile, log: LogLevel = None) -> None:
    """Store what the gateways send and receipt it, until it is told to stop."""
    from gateway.collector.process import main

    raise typer.Exit(main(_arguments(config, log)))


def _arguments(config: object, log: str | None) -> list[str]:
    return ["--config", str(config), *(["--log", log] if log else [])]
