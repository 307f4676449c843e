"""The engine: plays a schedule against the plant, heals everything, drains it, and settles."""

from __future__ import annotations

import time
from heapq import heapify, heappop
from typing import TYPE_CHECKING, Final

from gateway.collector import ledger
from gateway.collector.letters import list_letters
from gateway.edge.passages import GAP_SECONDS
from gateway.edge.spool_summary import summarize
from gateway.simulator.player import now
from tests.faults import fates, faults, losses, store
from tests.faults.account import Account, settle
from tests.faults.plant import COMMIT_SECONDS, GATEWAY
from tests.faults.schedule import RADAR, READERS
from tests.faults.sensors import HELD_SECONDS, TRAFFIC_INTERVAL
from tests.faults.stores import Server
from tests.faults.wire import Name
from tests.grafana.queries import check_queries
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gateway.simulator.child import Child
    from tests.faults.fates import Number
    from tests.faults.losses import Losses
    from tests.faults.plant import Plant
    from tests.faults.schedule import Fault
    from tests.grafana.queries import Report

BEFORE_SECONDS: Final = 5.0
"""From the start to the first fault; the clock is confirmed in the middle of it."""

DRAIN_SECONDS: Final = 90.0
"""The longest that everything may take to reach the store, once all is well."""

SLACK_SECONDS: Final = 0.5
"""What a loss window may exceed `commit_seconds` by, beside what is held back on purpose."""

ALLOWED: Final = {
    **dict.fromkeys(READERS, COMMIT_SECONDS + SLACK_SECONDS + HELD_SECONDS),
    RADAR: COMMIT_SECONDS + SLACK_SECONDS + TRAFFIC_INTERVAL + GAP_SECONDS,
}
"""The loss window of a kill, by sensor: quality holds one reading back, traffic one interval, and a
passage counts once it is known to be over."""


def play(plant: Plant, schedule: Sequence[Fault], say: Callable[[str], None]) -> None:
    """Let everything happen when it is due, and end with all of it healed."""
    began = now()
    time.sleep(BEFORE_SECONDS / 2)
    plant.clock.confirm()
    began += BEFORE_SECONDS
    deeds = [(fault.at, 0, number, fault) for number, fault in enumerate(schedule)]
    deeds += [(fault.until, 1, number, fault) for number, fault in enumerate(schedule)]
    heapify(deeds)
    while deeds:
        at, healing, _, fault = heappop(deeds)
        time.sleep(max(0.0, began + at - now()))
        if healing:
            faults.heal(plant, fault)
        else:
            say(str(fault))
            faults.begin(plant, fault)
        _check_alive(plant)


def drain(plant: Plant) -> None:
    """Let the sensors fall silent, everything arrive, and all processes end in peace.

    The gateway goes on reporting on itself. Such a report may fall into its stop and wait for the
    next start; the stop after that one comes too soon for another.
    """
    for player in plant.sensors.players.values():
        player.silence(silent=True)
    for last in (False, True):
        until(lambda: _is_drained(plant), DRAIN_SECONDS, "an empty spool")
        plant.record.begin("dead")
        _end(plant.gateway)
        left = summarize(plant.spool)
        if not (left.waiting or left.pending or left.undated or left.refused):
            break
        assert not last, f"the spool still holds {left}"
        plant.start_gateway()
    for collector in plant.collectors.values():
        _end(collector)


def _end(process: Child) -> None:
    assert process.stop(30.0), f"the {process.name} did not end by itself"
    assert process.code == 0, f"the {process.name} ended with {process.code}"


def account(plant: Plant) -> Account:
    """Hold what was sent against what was stored."""
    offset = time.time() - now()
    numbers: list[Number] = []
    flaws: list[str] = []
    for device, player in plant.sensors.players.items():
        judged = fates.judge(device, player.sent, player.presence, plant.record)
        numbers += fates.passages(judged) if device == RADAR else judged
        flaws += fates.absences(device, player.presence, plant.record)
    known = plant.sensors.radar.vehicles
    found = [*store.readings(plant.store), *store.vehicles(plant.store, known, offset)]
    settled = settle(numbers, found, plant.record.kills, ALLOWED, offset)
    flaws += store.flaws(plant.store, GATEWAY)
    lost = find_losses(plant)
    settled.losses = lost
    flaws += [*plant.wire.flaws, *lost.flaws, *_letters(plant, lost)]
    if isinstance(plant.store, Server):
        settled.dashboards = _ask_as_grafana(plant.store, plant.began + offset)
        flaws += [f"a panel shows nothing: {query}" for query in settled.dashboards.empty]
    for flaw in flaws:
        settled.breach("flaw", flaw)
    return settled


def find_losses(plant: Plant) -> Losses:
    """Find which batches are lost, and hold the ledger's word against it."""
    looks = [*(kill.committed for kill in plant.record.kills), plant.committed()]
    lost = losses.find(plant.wire.batches, losses.delivered(plant.store, GATEWAY), looks)
    lost.compare(ledger.missing(plant.store.reader(), GATEWAY))
    return lost


def _ask_as_grafana(server: Server, began: float) -> Report:
    """Ask what every panel asks; it must find what is there."""
    return check_queries(server.influx.execute, round(began * 1000), round(time.time() * 1000))


def _letters(plant: Plant, lost: Losses) -> Iterator[str]:
    """Find dead letters that nothing explains.

    A batch that was refused and came again is in the store; its letter is gone, unless it came to
    another collector than the first time. A batch that was refused and then died with its gateway,
    before any commit, is lost, and its letter is all that tells of it.
    """
    for folder in plant.dead.values():
        for letter in list_letters(folder):
            name = Name(str(letter.epoch), letter.seq or 0)
            elsewhere = name in lost.stored and len(plant.dead) > 1
            if not elsewhere and name not in lost.known | lost.unheard:
                yield f"dead letter: {folder.name}/{letter.file}, {letter.reason}: {letter.detail}"


def _is_drained(plant: Plant) -> bool:
    """Say whether nothing waits on the disk; a spool in memory tells only when it is closed."""
    found = summarize(plant.spool)
    waiting = found.waiting + found.undated + sum(found.refused.values())
    return not waiting or plant.memory_since() is not None


def _check_alive(plant: Plant) -> None:
    """Make sure that no process died but by our hand."""
    for name, process in plant.processes.items():
        by_us = process.code in ({None, -9, 0} if name in plant.leaving else {None, -9})
        assert by_us, f"the {process.name} ended with {process.code}:\n{process.last_lines()}"
