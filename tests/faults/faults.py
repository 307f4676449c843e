"""What each kind of fault does to the plant, and how it is healed."""

from __future__ import annotations

import zlib
from signal import SIGCONT, SIGSTOP, SIGTERM
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.simulator.player import now
from gateway.simulator.troubles import BadLine
from tests.faults import sensors
from tests.faults.front import Trouble
from tests.faults.proxy import Network
from tests.faults.record import Kill
from tests.faults.schedule import ANSWERS, Fault, Kind
from tests.faults.stores import File, Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.plant import Plant


LEAVING_SECONDS: Final = 30.0
"""The longest that a collector may take to end when it is told to, whatever its store does."""


class _Deed(NamedTuple):
    begin: Callable[[Plant, Fault], None]
    heal: Callable[[Plant, Fault], None]


def begin(plant: Plant, fault: Fault) -> None:
    """Let it happen."""
    _DEEDS[fault.kind].begin(plant, fault)


def heal(plant: Plant, fault: Fault) -> None:
    """Make it good again."""
    _DEEDS[fault.kind].heal(plant, fault)


def _kill(plant: Plant, fault: Fault) -> None:
    if fault.target == "gateway":
        plant.record.begin("dead")
    plant.processes[fault.target].kill()
    if fault.target == "gateway":
        plant.record.kills.append(Kill(now(), plant.memory_since(), plant.committed()))


def _start(plant: Plant, fault: Fault) -> None:
    if fault.target == "gateway":
        plant.start_gateway()
    else:
        plant.processes[fault.target].start()


def _freeze(plant: Plant, fault: Fault) -> None:
    if fault.target == "gateway":
        plant.record.begin("frozen")
    plant.processes[fault.target].signal(SIGSTOP)


def _thaw(plant: Plant, fault: Fault) -> None:
    plant.processes[fault.target].signal(SIGCONT)
    if fault.target == "gateway":
        plant.record.end("frozen")


def _break_network(plant: Plant, fault: Fault) -> None:
    plant.networks[fault.target].become(Network(fault.kind))


def _mend_network(plant: Plant, fault: Fault) -> None:
    plant.networks[fault.target].become(Network.PASS)


def _unplug(plant: Plant, fault: Fault) -> None:
    plant.record.begin("unplugged", fault.target)
    plant.sensors.players[fault.target].unplug()


def _plug(plant: Plant, fault: Fault) -> None:
    plant.sensors.players[fault.target].plug()
    plant.record.end("unplugged", fault.target)


def _disturb(plant: Plant, fault: Fault) -> None:
    plant.sensors.players[fault.target].trouble(sensors.noise(fault.target, _seed(fault)))


def _quieten(plant: Plant, fault: Fault) -> None:
    plant.sensors.players[fault.target].trouble(BadLine(seed=0))


def _set_clock(plant: Plant, fault: Fault) -> None:
    plant.clock.set_by(fault.step)


def _correct_clock(plant: Plant, _fault: Fault) -> None:
    plant.clock.set_by(0.0)
    plant.clock.confirm()


def _fill(plant: Plant, _fault: Fault) -> None:
    plant.record.begin("full")
    plant.disk.fill()


def _clear(plant: Plant, _fault: Fault) -> None:
    plant.disk.clear()
    plant.record.end("full")


def _lock(plant: Plant, _fault: Fault) -> None:
    assert isinstance(plant.store, File)
    plant.store.lock()


def _unlock(plant: Plant, _fault: Fault) -> None:
    assert isinstance(plant.store, File)
    plant.store.unlock()


def _leave(plant: Plant, fault: Fault) -> None:
    plant.leaving.add(fault.target)
    plant.processes[fault.target].signal(SIGTERM)


def _join(plant: Plant, fault: Fault) -> None:
    collector = plant.collectors[fault.target]
    assert collector.ended(LEAVING_SECONDS), f"{collector.name} did not end by itself"
    collector.start()
    plant.leaving.remove(fault.target)


def _lie(plant: Plant, fault: Fault) -> None:
    assert isinstance(plant.store, Server)
    plant.store.front.become(Trouble(fault.kind), _seed(fault))


def _tell_the_truth(plant: Plant, _fault: Fault) -> None:
    assert isinstance(plant.store, Server)
    plant.store.front.become(Trouble.PASS)


def _seed(fault: Fault) -> int:
    return zlib.crc32(repr(fault).encode())


_DEEDS: Final = {
    Kind.KILL: _Deed(_kill, _start),
    Kind.FREEZE: _Deed(_freeze, _thaw),
    Kind.CUT: _Deed(_break_network, _mend_network),
    Kind.STALL: _Deed(_break_network, _mend_network),
    Kind.HOLE: _Deed(_break_network, _mend_network),
    Kind.UNPLUG: _Deed(_unplug, _plug),
    Kind.NOISE: _Deed(_disturb, _quieten),
    Kind.CLOCK: _Deed(_set_clock, _correct_clock),
    Kind.DISK: _Deed(_fill, _clear),
    Kind.LOCK: _Deed(_lock, _unlock),
    Kind.LEAVE: _Deed(_leave, _join),
    **dict.fromkeys(ANSWERS, _Deed(_lie, _tell_the_truth)),
}
