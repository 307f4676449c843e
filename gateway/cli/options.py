"""The options that many verbs share, each worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.language import Language

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The config file.")]

MaybeConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The config that names it.")
]

ConfigArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A gateway.toml or collector.toml.")
]

Lang = Annotated[
    Language | None, typer.Option("--lang", help="Indonesian or English; else as the locale says.")
]

PortLink = Annotated[
    Path | None, typer.Option("--port-link", metavar="PATH", help="The name of the port to make.")
]

Seconds = Annotated[
    float | None,
    typer.Option("--seconds", min=0, help="How long; without it, until Ctrl-C."),
]

LogLevel = Annotated[
    str | None,
    typer.Option("--log", metavar="LEVEL", help="debug, info, warning or error."),
]
