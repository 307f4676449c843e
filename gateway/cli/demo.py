"""`simpang demo`: the whole chain on this machine, with simulated sensors, and a true account."""

from __future__ import annotations

import tempfile
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.interrupts import interruptible
from gateway.cli.options import Json

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from gateway.cli.account import Account
    from gateway.cli.live import Display
    from gateway.simulator.chain import Chain

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
    json: Json = False,
) -> None:
    """Show the whole chain on this machine: sensors, gateway, broker, collector, store.

    Nothing needs to be installed or plugged in. Exit code 0 says that nothing was lost and
    nothing doubled.
    """
    with interruptible() as interrupted:
        from gateway.cli.live import display

        shown = display()
        try:
            with tempfile.TemporaryDirectory(prefix="simpang-demo-") as folder:
                shown.say("simpang demo: starting broker, collector, gateway and three sensors")
                took, account = _play(Path(folder), broker, seconds, interrupted, shown)
        finally:
            shown.close()
        typer.echo(_as_json(account, took) if json else "\n".join(_as_text(account)))
    raise typer.Exit(0 if account.true else 1)


def _play(
    folder: Path, broker: BrokerName, seconds: float, interrupted: threading.Event, shown: Display
) -> tuple[float, Account]:
    """Run the chain for so long, or until somebody has seen enough, and settle."""
    from gateway.cli.account import settle
    from gateway.simulator.broker import choose
    from gateway.simulator.chain import Chain

    name = choose() if broker is BrokerName.AUTO else broker.value
    chain = Chain(folder, name)
    try:
        chain.start(interrupted.is_set)
        began = time.monotonic()
        shown.say(f"{name} on port {chain.port}, MQTT {chain.protocol}; everything in {folder}")
        _watch(chain, began + seconds, interrupted, shown)
        took = time.monotonic() - began
        shown.say("ending: open intervals are closed, the last receipts awaited")
        chain.stop()
    finally:
        chain.abandon()
    return (seconds if took >= seconds else round(took, 1)), settle(chain)


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


def _as_text(account: Account) -> Iterator[str]:
    yield f"{'device':9} {'measured':>9} {'stored':>9}"
    for device in sorted(account.measured.keys() | account.stored.keys()):
        yield f"{device:9} {account.measured[device]:9} {account.stored[device]:9}"
    yield f"{'all':9} {account.measured.total():9} {account.stored.total():9}"
    yield (
        f"lost {account.lost}, doubled {account.doubled}"
        f" (rejected {account.rejected}, gaps {account.gaps})"
    )
