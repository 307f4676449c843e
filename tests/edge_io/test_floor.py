"""Who has the floor on a bus, on a clock that the test moves."""

from __future__ import annotations

from itertools import pairwise

import pytest

from devices.driver import Line
from devices.modbus_drivers import Modbus
from gateway.config.gateway import DeviceConfig, PortConfig
from gateway.config.sensor import sensor
from gateway.edge import bus
from gateway.edge.device import Device
from gateway.edge.watch import Silence, Watch
from gateway.simulator.modbus import Bus, Mapped, Trouble
from tests.edge_io.sensors import Wire

LINE = Line(9600)
TICK = 0.05


class Floor(Wire):
    """Both ends of a bus of probes, without a port."""

    def __init__(self, *troubles: Trouble, interval: float = 1.0) -> None:
        super().__init__()
        self.watches: list[Watch] = []
        self.asked: list[tuple[float, int]] = []
        self.read_at: dict[str, list[float]] = {}
        units, devices = [], []
        for number, trouble in enumerate(troubles, start=1):
            told = {"driver": "modbus.map", "map": "renke.th", "address": number}
            driver = sensor("modbus.map", {"map": "renke.th", "address": number}).driver
            assert isinstance(driver, Modbus)
            units.append(Mapped(driver, trouble))
            self.watches.append(Watch(driver))
            config = DeviceConfig.model_validate({"id": f"d-{number}", "interval": interval} | told)
            devices.append(
                Device(
                    config, LINE, watch=self.watches[-1], turn=lambda: 0, shared=len(troubles) > 1
                )
            )
        self.units = units
        self._sim = Bus(LINE, units)
        self.bus = bus.Bus(devices, 0.05)
        self.bus.opened(self.clock.stamp(), self.clock.monotonic())
        self._coming = b""

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.tick()

    def tick(self, after: float = TICK, stalled: float = 0.0) -> None:
        data, self._coming = self._coming, b""
        for one in self.bus.hear(self.read(data, after, stalled)):
            self.read_at.setdefault(one.reading.device, []).append(self.clock.boot)
        question = self.bus.say()
        if question:
            self.asked.append((self.clock.boot, question[0]))
            self._coming += b"".join(s.data for s in self._sim.hear(question, self.clock.boot))

    def times(self, number: int) -> list[float]:
        return [at for at, address in self.asked if address == number]


def test_a_dead_device_is_asked_ever_more_rarely_and_costs_a_time_out_each_time() -> None:
    floor = Floor(Trouble(), Trouble(dead=True), Trouble())
    floor.wait(900)
    gaps = [round(after - before, 3) for before, after in pairwise(floor.times(2))]
    assert gaps == sorted(gaps)
    assert 60 < gaps[-1] < 63
    assert len(gaps) < 21
    for number in (1, 3):
        apart = [after - before for before, after in pairwise(floor.read_at[f"d-{number}"])]
        assert max(apart) < 3
        assert len(apart) > 0.9 * 900


def test_all_of_them_come_in_turn_however_much_they_ask_for() -> None:
    floor = Floor(*[Trouble() for _ in range(6)], interval=0.0)
    floor.wait(60)
    order = [address for _, address in floor.asked][-60:]
    assert set(order) == {1, 2, 3, 4, 5, 6}
    assert all(order.count(address) == 10 for address in order)


def test_nobody_is_asked_while_another_may_still_answer() -> None:
    floor = Floor(Trouble(), Trouble(dead=True), Trouble())
    floor.wait(3)
    (first, *_) = floor.times(2)
    others = [at for at, address in floor.asked if address != 2]
    assert not [at for at in others if first < at < first + 1.0]


def test_a_device_that_answers_again_is_soon_asked_often() -> None:
    floor = Floor(Trouble(), Trouble(dead=True))
    floor.wait(300)
    floor.units[1].trouble = Trouble()
    floor.wait(61)
    before = len(floor.times(2))
    floor.wait(30)
    assert len(floor.times(2)) - before >= 29
    floor.units[1].trouble = Trouble(dead=True)
    floor.wait(8)
    floor.units[1].trouble = Trouble()
    floor.wait(8)
    assert floor.watches[1].cause is Silence.SPEAKING


def test_what_befalls_the_port_befalls_all_of_its_devices() -> None:
    floor = Floor(Trouble(), Trouble())
    floor.wait(2)
    floor.tick(stalled=1.5)
    assert [watch.stalled for watch in floor.watches] == [1.5, 1.5]
    floor.bus.closed(Silence.PORT_GONE)
    assert [watch.cause for watch in floor.watches] == [Silence.PORT_GONE] * 2
    floor.bus.opened(floor.clock.stamp(), floor.clock.monotonic())
    floor.wait(3)
    assert [watch.cause for watch in floor.watches] == [Silence.SPEAKING] * 2


def test_a_lost_answer_costs_one_reading_and_is_made_good_at_once() -> None:
    floor = Floor(Trouble())
    floor.wait(10)
    floor.units[0].trouble = Trouble(dead=True)
    floor.wait(0.9)
    floor.units[0].trouble = Trouble()
    floor.wait(10)
    apart = [after - before for before, after in pairwise(floor.read_at["d-1"])]
    assert max(apart) < 3
    assert floor.watches[0].errors == 0


@pytest.mark.parametrize(("given", "several", "gap"), [
    (None, False, 3.5 * 10 / 9600), (None, True, 0.05), (0.0, True, 3.5 * 10 / 9600),
    (0.2, False, 0.2),
])  # fmt: skip
def test_a_gap_is_never_shorter_than_a_device_needs_to_tell_a_frame(
    *, given: float | None, several: bool, gap: float
) -> None:
    devices = [{"id": f"d-{n}", "driver": "modbus.map"} for n in range(1 + several)]
    port = {"url": "x", "devices": devices, "gap_seconds": given}
    assert bus.gap_of(PortConfig.model_validate(port), LINE) == pytest.approx(gap)
    assert bus.gap_of(PortConfig(url="x", gap_seconds=0.0), Line(115200)) == 0.00175
