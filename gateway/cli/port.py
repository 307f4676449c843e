"""`simpang port`: the serial ports of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gateway.cli import wire
from gateway.cli.options import Json
from gateway.cli.words import print_json, write_foreign

if TYPE_CHECKING:
    from gateway.cli.plugged import Plugged

app = typer.Typer(
    help="Find serial ports, and see what they say.", no_args_is_help=True, rich_markup_mode=None
)

_REASONS = {
    "id": "this chip has a serial number of its own: the name follows it to any socket",
    "path": "this chip has no serial number of its own: the name belongs to the socket",
    "device": "a port of the board, or one without a lasting name",
}

app.command(epilog="Example: simpang port monitor /dev/ttyUSB0 --driver nova.sds011")(wire.monitor)
app.command(epilog="Example: simpang port record /dev/ttyUSB0 odd.jsonl --seconds 60")(wire.record)
app.command(epilog="Example: simpang port replay odd.jsonl --port-link /tmp/tty")(wire.replay)


@app.command("list", epilog="Example: simpang port list")
def list_ports(*, json: Json = False) -> None:
    """List what is plugged in, and the name of each port to write into a config."""
    from gateway.cli.plugged import list_plugged

    ports = list_plugged()
    if json:
        print_json(ports)
    elif ports:
        for port in ports:
            _print(port)
    else:
        typer.echo("no serial port here: plug a sensor in, then look again")


def _print(port: Plugged) -> None:
    typer.echo(f"{port.device}  {write_foreign(port.chip)}".rstrip())
    typer.echo(f"  url = {port.name!r}".replace("'", '"'))
    typer.echo(f"  {_REASONS[port.named_by]}")
    if port.holder:
        typer.echo(f"  in use by {write_foreign(port.holder)}")
