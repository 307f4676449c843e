"""The report: what was sent and stored, what each kill cost, and what is wrong."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from gateway.simulator.player import now
from tests.faults.engine import ALLOWED
from tests.faults.front import Trouble
from tests.faults.schedule import RADAR, READERS
from tests.faults.stores import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.account import Account
    from tests.faults.plant import Plant

TALLIES: Final = ("lost", "doubled", "mis-dated", "never", "invented", "flaw")
_MOST: Final = 30
"""Breaches that are printed in full."""


def write(account: Account, plant: Plant) -> Iterator[str]:
    """Write the report, line by line."""
    yield f"{'sensor':9} {'sent':>6} {'stored':>7} {'lost to kills':>14}  could not be read"
    for device in sorted(account.sent):
        excuses = [
            f"{excuse} {count}"
            for (owner, excuse), count in sorted(account.excused.items())
            if owner == device
        ]
        lost = sum(number.device == device for cost in account.kills for number in cost.lost)
        yield (
            f"{device:9} {account.sent[device]:6} {account.stored[device]:7} {lost:14}"
            f"  {', '.join(excuses) or '-'}"
        )
    yield from _kills(account)
    if isinstance(plant.store, Server):
        bites = plant.store.front.bites
        yield "requests " + ", ".join(f"{kind} {bites[kind]}" for kind in Trouble)
    if account.losses is not None:
        yield (
            f"{len(account.losses.stored)} batches stored; lost and known to the ledger"
            f" {len(account.losses.known)}, lost before anybody heard of them"
            f" {len(account.losses.unheard)}"
        )
    if account.dashboards is not None:
        yield (
            f"{len(account.dashboards.answered)} queries of dashboards answered,"
            f" {len(account.dashboards.absent)} about what these sensors do not measure"
        )
    for breach in account.breaches[:_MOST]:
        yield f"BREACH {breach}"
    if len(account.breaches) > _MOST:
        yield f"… and {len(account.breaches) - _MOST} more"
    yield ", ".join(f"{name} {account.tally[name]}" for name in TALLIES)


def evidence(plant: Plant) -> str:
    """Write the engine's own record as JSON: what was done, sent, and who had which port open."""
    return json.dumps(
        {
            "offset": time.time() - now(),
            "record": asdict(plant.record),
            "presence": {name: one.presence for name, one in plant.sensors.players.items()},
            "sent": {
                name: list(map(asdict, one.sent)) for name, one in plant.sensors.players.items()
            },
        },
        indent=1,
    )


def _kills(account: Account) -> Iterator[str]:
    if not account.kills:
        return
    yield f"loss windows of {len(account.kills)} kills of the gateway, readings | traffic:"
    for cost in account.kills:
        memory = "  memory" if cost.kill.memory_since is not None else ""
        yield (
            f"  killed at {cost.kill.at:.2f}: {cost.window(*READERS):.2f} s"
            f" | {cost.window(RADAR):.2f} s, {len(cost.lost)} lost{memory}"
        )
    on_disk = [cost for cost in account.kills if cost.kill.memory_since is None]
    for name, devices in (("readings", READERS), ("traffic", (RADAR,))):
        largest = max((cost.window(*devices) for cost in on_disk), default=0.0)
        yield f"  largest of {name}: {largest:.2f} s, allowed {ALLOWED[devices[0]]:.2f} s"
