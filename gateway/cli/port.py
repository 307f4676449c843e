"""`simpang port`: the serial ports of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from gateway.cli import wire
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang
from gateway.cli.texts import Texts
from gateway.cli.words import print_json, write_foreign

if TYPE_CHECKING:
    from gateway.cli.plugged import Plugged

app = typer.Typer(
    help="Find serial ports, and see what they say.", no_args_is_help=True, rich_markup_mode=None
)

_say: Final = Texts({
    # in English, in Indonesian
    "id": ("its chip has a serial number: this name follows it to any socket",
           "chip bernomor seri: nama ini ikut ke colokan mana pun"),
    "path": ("its chip has no serial number: this name belongs to the socket",
             "chip tanpa nomor seri: nama ini milik colokannya"),
    "device": ("a port of the board, or one without a lasting name",
               "port papan, atau tanpa nama yang tetap"),
    "held": ("in use by {holder}", "sedang dipakai {holder}"),
    "none": ("no serial port here: plug a sensor in, then look again",
             "tidak ada port serial: pasang sensor, lalu coba lagi"),
    "next": ("next: simpang device probe", "lalu: simpang device probe"),
})  # fmt: skip

app.command(epilog="Example: simpang port monitor /dev/ttyUSB0 --driver nova.sds011")(wire.monitor)
app.command(epilog="Example: simpang port record /dev/ttyUSB0 odd.jsonl --seconds 60")(wire.record)
app.command(epilog="Example: simpang port replay odd.jsonl --port-link /tmp/tty")(wire.replay)


@app.command("list", epilog="Example: simpang port list")
def list_ports(*, lang: Lang = None, json: Json = False) -> None:
    """List what is plugged in, and the name of each port to write into a config."""
    from gateway.cli.plugged import list_plugged

    language = choose_language(lang)
    ports = list_plugged()
    if json:
        print_json(ports)
        return
    for port in ports:
        _print(port, language)
    typer.echo(_say("next" if ports else "none", language))


def _print(port: Plugged, language: Language) -> None:
    typer.echo(f"{port.device}  {write_foreign(port.chip)}".rstrip())
    typer.echo(f"  url = {port.name!r}".replace("'", '"'))
    typer.echo(f"  {_say(port.named_by, language)}")
    if port.holder:
        typer.echo(f"  {_say('held', language, holder=write_foreign(port.holder))}")
