"""Several devices on one port: real threads, a pseudo-terminal at its true baud rate."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from devices.driver import Line
from devices.modbus_drivers import Modbus
from gateway.clock import SystemClock
from gateway.config.gateway import PortConfig
from gateway.config.sensor import sensor
from gateway.edge.reader import PortReader
from gateway.edge.watch import Silence
from gateway.simulator.modbus import Bus, Mapped, Trouble
from gateway.simulator.player import Player
from gateway.simulator.troubles import NOISY, BadLine
from gateway.simulator.uart import Uart
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gateway.edge.measured import Measured
    from gateway.simulator.sensor import Spoken

LINE = Line(19200)


class Numbered(Mapped):
    """A device whose values tell which one it is: its temperature is its address, in °C."""

    def hold(self, at: float, number: int) -> dict[tuple[int, int], int]:
        held = super().hold(at, number)
        return held | {(3, 0): 500 + number % 100, (3, 1): 10 * self.address}


def probe(address: int) -> Modbus:
    driver = sensor("modbus.map", {"map": "renke.th", "address": address}).driver
    assert isinstance(driver, Modbus)
    return driver


class Site:
    """A bus of temperature probes, read by one thread and played by another."""

    def __init__(
        self, folder: Path, *troubles: Trouble, echo: bool = False, **port: object
    ) -> None:
        self.delivered: list[Measured] = []
        self.troubles = troubles
        numbered = list(enumerate(troubles, start=1))
        self.units = [Numbered(probe(number), trouble) for number, trouble in numbered]
        self.uart = Uart(folder / "tty", LINE)
        self.player = Player("bus", Bus(LINE, self.units, echo=echo), self.uart)
        devices = [
            {"id": f"d-{number}", "driver": "modbus.map", "map": "renke.th", "address": number,
             "interval": 0.0}
            for number, _ in numbered
        ]  # fmt: skip
        url = {"url": str(self.uart.link), "baudrate": LINE.baudrate}
        self.reader = PortReader(
            PortConfig.model_validate(url | {"devices": devices} | port),
            SystemClock(),
            self.delivered.append,
            turn=lambda: 0,
        )
        self.watches = [self.reader.watches[f"d-{number}"] for number, _ in numbered]

    def run(self) -> None:
        self.player.start()
        self.reader.start()

    def close(self) -> None:
        self.reader.stop()
        self.player.stop()

    def read(self, number: int) -> list[float | None]:
        """All temperatures that were read of a device."""
        mine = [one.reading for one in self.delivered if one.reading.device == f"d-{number}"]
        return [reading.values["temperature"].value for reading in mine]

    def go_on(self, *numbers: int, more: int = 5) -> None:
        """Wait until each of these devices has been read some times more."""
        before = {number: len(self.read(number)) for number in numbers}
        for number in numbers:
            enough = before[number] + more
            until(partial(self._has, number, enough), 30, f"readings of device {number}")

    def _has(self, number: int, enough: int) -> bool:
        return len(self.read(number)) >= enough


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites that run, and ends them."""
    running: list[Site] = []

    def start(*troubles: Trouble, echo: bool = False) -> Site:
        running.append(Site(tmp_path, *troubles, echo=echo))
        running[-1].run()
        return running[-1]

    yield start
    for one in running:
        one.close()


def test_all_devices_of_a_bus_are_read_and_each_reading_is_its_own_device_s(
    site: Callable[..., Site],
) -> None:
    bus = site(Trouble(), Trouble(), Trouble())
    bus.go_on(1, 2, 3, more=10)
    bus.close()
    for number in (1, 2, 3):
        assert set(bus.read(number)) == {float(number)}
    counts = [len(bus.read(number)) for number in (1, 2, 3)]
    assert max(counts) - min(counts) <= 1
    assert [watch.errors for watch in bus.watches] == [0, 0, 0]
    assert [watch.junk for watch in bus.watches] == [0, 0, 0]


def test_a_dead_device_is_silent_for_that_reason_and_costs_the_others_little(
    site: Callable[..., Site],
) -> None:
    bus = site(Trouble(), Trouble(dead=True), Trouble())
    until(lambda: bus.watches[1].errors >= 2, 30, "a second attempt")
    bus.go_on(1, 3, more=20)
    assert bus.read(2) == []
    assert bus.watches[1].cause is Silence.NO_REPLY
    assert [bus.watches[number].cause for number in (0, 2)] == [Silence.SPEAKING] * 2
    assert [bus.watches[number].errors for number in (0, 2)] == [0, 0]


def test_a_device_that_comes_back_is_read_again(site: Callable[..., Site]) -> None:
    bus = site(Trouble(), Trouble(dead=True))
    until(lambda: bus.watches[1].cause is Silence.NO_REPLY, 20, "its silence")
    bus.units[1].trouble = Trouble()
    bus.go_on(2)
    assert set(bus.read(2)) == {2.0}


def test_a_late_device_is_never_believed_and_never_taken_for_another(
    site: Callable[..., Site],
) -> None:
    bus = site(Trouble(), Trouble(late=1.15), Trouble())
    until(lambda: bus.watches[1].errors >= 2, 30, "a second attempt")
    bus.go_on(1, 3, more=20)
    assert bus.read(2) == []
    assert bus.watches[1].cause in {Silence.NO_REPLY, Silence.FAULT}
    assert set(bus.read(1) + bus.read(3)) == {1.0, 3.0}


def test_a_device_that_is_always_one_behind_is_a_fault_and_not_believed(
    site: Callable[..., Site],
) -> None:
    bus = site(Trouble(), Trouble(behind=1), Trouble())
    until(lambda: bus.watches[1].cause is Silence.FAULT, 30, "its fault")
    bus.go_on(1, 3, more=20)
    assert bus.watches[1].fault == "answers the question before: late, or always one behind"
    assert bus.read(2) == []
    assert set(bus.read(1) + bus.read(3)) == {1.0, 3.0}


def test_one_that_is_alone_and_one_behind_is_a_fault_too(site: Callable[..., Site]) -> None:
    bus = site(Trouble(behind=1))
    until(lambda: bus.watches[0].cause is Silence.FAULT, 30, "its fault")
    until(lambda: bus.watches[0].errors >= 3, 30, "another attempt")
    assert bus.read(1) == []


def test_one_that_falls_behind_later_is_not_believed_from_then_on(
    site: Callable[..., Site],
) -> None:
    bus = site(Trouble())
    bus.go_on(1)
    told: list[float | None] = []
    bus.units[0].trouble = Trouble(behind=1)
    until(lambda: bus.watches[0].cause is Silence.FAULT, 30, "its fault")
    told += bus.read(1)
    until(lambda: bus.watches[0].errors >= 2, 30, "another attempt")
    assert bus.read(1) == told


def test_an_adapter_that_hears_itself_disturbs_nobody(site: Callable[..., Site]) -> None:
    bus = site(Trouble(), Trouble(dead=True), Trouble(), echo=True)
    bus.go_on(1, 3, more=10)
    until(lambda: bus.watches[1].cause is Silence.NO_REPLY, 20, "the silence of a dead one")
    assert [watch.junk for watch in bus.watches] == [0, 0, 0]
    assert set(bus.read(1) + bus.read(3)) == {1.0, 3.0}


def test_one_that_is_busy_is_asked_again(site: Callable[..., Site]) -> None:
    bus = site(Trouble(busy=2))
    bus.go_on(1)
    assert bus.watches[0].errors == 0


def test_a_bad_line_costs_readings_and_makes_none(site: Callable[..., Site]) -> None:
    bus = site(Trouble(), Trouble())
    bus.go_on(1, 2)
    bus.player.trouble(BadLine(3, NOISY))
    bus.go_on(1, 2, more=8)
    assert (set(bus.read(1)), set(bus.read(2))) == ({1.0}, {2.0})


def test_between_two_questions_the_line_is_as_silent_as_is_asked(tmp_path: Path) -> None:
    site = Site(tmp_path, Trouble(), Trouble(), gap_seconds=0.3)
    heard = Listening(site.units)
    site.player = Player("bus", heard, site.uart)
    site.run()
    try:
        site.go_on(1, 2, more=2)
    finally:
        site.close()
    gaps = [after - before for before, after in pairwise(heard.at)]
    assert len(gaps) >= 6
    assert min(gaps) >= 0.3


class Listening(Bus):
    """A bus that remembers when it was asked."""

    def __init__(self, units: list[Numbered]) -> None:
        super().__init__(LINE, units)
        self.at: list[float] = []

    def hear(self, data: bytes, at: float) -> list[Spoken]:
        spoken = super().hear(data, at)
        self.at += [at] if spoken else []
        return spoken
