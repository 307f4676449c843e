"""`simpang demo`: the whole chain on this machine, with simulated sensors, and a true account."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.interrupts import interruptible
from gateway.cli.language import Language, choose_language
from gateway.cli.options import Json, Lang
from gateway.cli.texts import Texts

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from gateway.cli.account import Account
    from gateway.cli.live import Display
    from gateway.simulator.chain import Chain

_say: Final = Texts({
    # in English, in Indonesian
    "starting": ("simpang demo: starting broker, collector, gateway and three sensors",
                 "simpang demo: menyalakan broker, collector, gateway, dan tiga sensor"),
    "running": ("{broker} on port {port}, MQTT {protocol}; everything in {folder}",
                "{broker} di port {port}, MQTT {protocol}; semuanya di {folder}"),
    "ending": ("ending: open intervals are closed, the last receipts awaited",
               "selesai: selang terakhir ditutup, tanda terima terakhir ditunggu"),
    "device": ("device", "alat"),
    "measured": ("measured", "terukur"),
    "stored": ("stored", "tersimpan"),
    "all": ("all", "semua"),
    "account": ("lost {lost}, doubled {doubled} (rejected {rejected}, gaps {gaps})",
                "hilang {lost}, ganda {doubled} (ditolak {rejected}, celah {gaps})"),
})  # fmt: skip

_EACH: Final = 0.5
"""Seconds between two looks."""


class BrokerName(StrEnum):
    """Which broker the demo runs."""

    AUTO = "auto"
    MOSQUITTO = "mosquitto"
    AMQTT = "amqtt"


def demo(
    *,
    seconds: Annotated[
        float, typer.Option(min=1, help="How long; Ctrl-C ends it earlier, just as well.")
    ] = 30.0,
    broker: Annotated[
        BrokerName, typer.Option(help="auto: mosquitto where there is one, else amqtt.")
    ] = BrokerName.AUTO,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Show the whole chain on this machine: sensors, gateway, broker, collector, store.

    Nothing needs to be installed or plugged in. Exit code 0 says that nothing was lost and
    nothing doubled.
    """
    with interruptible() as interrupted:
        from gateway.cli.live import display

        language = choose_language(lang)
        shown = display(language)
        try:
            with tempfile.TemporaryDirectory(prefix="simpang-demo-") as folder:
                shown.say(_say("starting", language))
                play = _Play(Path(folder), seconds, shown, language)
                took, account = play.run(broker, interrupted)
        finally:
            shown.close()
        typer.echo(_as_json(account, took) if json else "\n".join(_as_text(account, language)))
    raise typer.Exit(0 if account.true else 1)


@dataclass(frozen=True, slots=True)
class _Play:
    folder: Path
    seconds: float
    shown: Display
    language: Language

    def run(self, broker: BrokerName, interrupted: threading.Event) -> tuple[float, Account]:
        """Run the chain for so long, or until somebody has seen enough, and settle."""
        from gateway.cli.account import settle
        from gateway.simulator.broker import choose
        from gateway.simulator.chain import Chain

        name = choose() if broker is BrokerName.AUTO else broker.value
        chain = Chain(self.folder, name)
        try:
            chain.start(interrupted.is_set)
            began = time.monotonic()
            told = {"port": chain.port, "protocol": chain.protocol, "folder": self.folder}
            self.shown.say(_say("running", self.language, broker=name, **told))
            _watch(chain, began + self.seconds, interrupted, self.shown)
            took = time.monotonic() - began
            self.shown.say(_say("ending", self.language))
            chain.stop()
        finally:
            chain.abandon()
        return (self.seconds if took >= self.seconds else round(took, 1)), settle(chain)


def _watch(chain: Chain, until: float, interrupted: threading.Event, shown: Display) -> None:
    from gateway.cli.live import Watch

    began = time.monotonic()
    with Watch(chain) as watch:
        while (left := until - time.monotonic()) > 0 and not interrupted.is_set():
            chain.check()
            shown.show(time.monotonic() - began, watch.look())
            interrupted.wait(min(_EACH, left))


def _as_json(account: Account, seconds: float) -> str:
    from json import dumps

    devices = sorted(account.measured.keys() | account.stored.keys())
    return dumps(
        {
            "measured": account.measured.total(),
            "stored": account.stored.total(),
            "lost": account.lost,
            "doubled": account.doubled,
            "rejected": account.rejected,
            "gaps": account.gaps,
            "seconds": seconds,
            "devices": {
                device: {"measured": account.measured[device], "stored": account.stored[device]}
                for device in devices
            },
        }
    )


def _as_text(account: Account, language: Language) -> Iterator[str]:
    heads = (_say(name, language) for name in ("device", "measured", "stored"))
    yield "{:9} {:>9} {:>9}".format(*heads)
    for device in sorted(account.measured.keys() | account.stored.keys()):
        yield f"{device:9} {account.measured[device]:9} {account.stored[device]:9}"
    everything = _say("all", language)
    yield f"{everything:9} {account.measured.total():9} {account.stored.total():9}"
    yield _say(
        "account",
        language,
        lost=account.lost,
        doubled=account.doubled,
        rejected=account.rejected,
        gaps=account.gaps,
    )
