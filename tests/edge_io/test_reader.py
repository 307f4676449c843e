"""The thread of a port, on real pseudo-terminals."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from devices.plantower import PMS5003
from devices.registry import find
from gateway.clock import SystemClock
from gateway.config.gateway import PortConfig
from gateway.edge.port import Port
from gateway.edge.reader import FIRST_SECONDS, PortReader
from gateway.edge.watch import Silence
from gateway.errors import ConfigError
from gateway.simulator.omnipresense import Radar
from gateway.simulator.player import Player
from gateway.simulator.road import Road
from gateway.simulator.uart import Uart
from schemas.reading import Cause, Flag
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.edge.measured import Measured


class Site:
    """A port with one device, its reader, and all that was delivered."""

    def __init__(self, link: Path, driver: str, interval: float = 0.0) -> None:
        self.uart = Uart(link)
        self.delivered: list[Measured] = []
        self.threads: set[str] = set()
        self.stumbles = 0
        device = {"id": "d-1", "driver": driver, "interval": interval}
        self.reader = PortReader(
            PortConfig.model_validate({"url": str(link), "devices": [device]}),
            SystemClock(),
            self.deliver,
            turn=lambda: 0,
        )
        self.watch = self.reader.watches["d-1"]

    def deliver(self, measured: Measured) -> None:
        if self.stumbles:
            self.stumbles -= 1
            raise RuntimeError("the queue stumbles")
        self.threads.add(threading.current_thread().name)
        self.delivered.append(measured)

    def numbers(self) -> list[float | None]:
        """What was read since the port was opened: its first frame bears the number 0."""
        numbers = [measured.reading.values["pm2_5"].value for measured in self.delivered]
        return [number for number in numbers if number != 0]

    def listening(self) -> None:
        """Wait until the port was opened, flushed and prepared."""
        until(lambda: self.watch.cause is not Silence.PORT_GONE, 10, "the port being opened")
        frames = self.watch.frames
        self.uart.write(_frame(0))
        until(lambda: self.watch.frames > frames, 10, "the first frame")

    def silent(self, cause: Silence) -> None:
        until(lambda: self.watch.silence is cause, 10, cause.name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "tty", "plantower.pms5003")
    yield site
    site.reader.stop()
    site.uart.unplug()


def test_frames_become_readings_in_a_thread_named_after_the_device(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.uart.write(b"\x00noise" + _frame(1) + _frame(2)[:20])
    until(lambda: site.numbers() == [1], 5, "the whole frame")
    site.uart.write(_frame(2)[20:] + _frame(3))
    until(lambda: site.numbers() == [1, 2, 3], 5, "the chopped frame")
    assert site.threads == {"d-1"}
    assert site.watch.junk == 6
    boots = [measured.stamp.boot for measured in site.delivered]
    assert boots == sorted(set(boots))


def test_what_lay_in_the_port_before_the_start_is_never_delivered(site: Site) -> None:
    site.uart.write(b"".join(_frame(number) for number in range(500, 600)))
    site.reader.start()
    site.listening()
    site.uart.write(_frame(1))
    until(lambda: site.numbers() == [1], 5, "the fresh frame")


def test_the_first_readings_behind_an_opened_port_are_warming_up(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.uart.write(_frame(1))
    until(lambda: bool(site.delivered), 5, "a reading")
    value = site.delivered[0].reading.values["pm2_5"]
    assert (value.flag, value.cause) == (Flag.SUSPECT, Cause.WARMING_UP)


def test_an_unplugged_sensor_is_read_again_once_it_is_back(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.uart.unplug()
    site.silent(Silence.PORT_GONE)
    before = site.reader.round
    until(lambda: site.reader.round > before, 5, "a round without a port")
    site.uart.plug()
    site.listening()
    site.uart.write(_frame(1))
    until(lambda: site.numbers() == [1], 5, "a reading")


def test_a_port_that_someone_else_holds_is_read_once_it_is_free(site: Site) -> None:
    other = Port(str(site.uart.link), PMS5003.line, SystemClock())
    other.open()
    site.reader.start()
    site.silent(Silence.PORT_BUSY)
    other.close()
    until(lambda: site.watch.cause is not Silence.PORT_BUSY, 10, "the port being opened")
    site.listening()


def test_an_unexpected_error_ends_no_thread(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.stumbles = 1
    site.uart.write(_frame(1))
    until(lambda: site.watch.cause is Silence.NONSENSE, 5, "the stumble")
    until(lambda: site.watch.cause is not Silence.NONSENSE, 10, "the port being opened again")
    site.listening()
    site.uart.write(_frame(2))
    until(lambda: site.numbers() == [2], 5, "a reading")


def test_an_error_that_comes_again_is_waited_out_longer_and_told_without_its_trace(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.reader.start()
    site.listening()
    site.stumbles = 2
    until(lambda: bool(site.uart.write(_frame(1))) and not site.stumbles, 20, "two errors")
    until(lambda: site.watch.errors == 2, 5, "the second error being told")
    pause = site.reader._puzzled  # noqa: SLF001 - waiting for it would take as long
    assert pause.next() > FIRST_SECONDS
    said = [one for one in caplog.records if one.msg.startswith("unexpected")]
    assert [one.exc_info is not None for one in said] == [True, False]
    assert [one.message.split(":")[1] for one in said] == [" RuntimeError in test_reader.py"] * 2
    until(lambda: bool(site.uart.write(_frame(1))) and bool(site.numbers()), 20, "a reading")
    assert pause.next() <= FIRST_SECONDS


def test_the_frame_that_tells_that_a_sensor_streams_is_a_reading_too(site: Site) -> None:
    site.reader.start()
    site.listening()
    until(lambda: len(site.delivered) == 1, 5, "the first frame becoming a reading")


def test_what_a_library_says_of_a_port_is_for_whoever_asks_for_it(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    site.reader.start()
    site.listening()
    site.uart.unplug()
    site.silent(Silence.PORT_GONE)
    (said,) = (one for one in caplog.records if one.levelname == "WARNING")
    assert "was unplugged, or broke off — plug it in again" in said.message
    assert "SerialException" not in said.message
    assert "SerialException" in caplog.text


def test_an_unexpected_error_while_the_port_is_away_ends_no_thread_either(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.uart.write(_frame(10))
    until(lambda: site.numbers() == [10], 5, "a reading")
    frames = site.watch.frames
    site.uart.write(_frame(900))
    until(lambda: site.watch.frames > frames, 5, "a jump, which waits for its neighbour")
    site.stumbles = 1
    site.uart.unplug()
    until(lambda: site.stumbles == 0, 5, "the jump that can't be handed over")
    site.uart.plug()
    until(lambda: site.watch.cause is Silence.NO_BYTES, 20, "the port being opened again")
    site.listening()
    site.uart.write(_frame(11))
    until(lambda: site.numbers() == [10, 11], 5, "a reading")


def test_a_reader_that_was_stopped_has_let_go_of_its_port(site: Site) -> None:
    site.reader.start()
    site.listening()
    site.reader.stop()
    other = Port(str(site.uart.link), PMS5003.line, SystemClock())
    other.open()
    other.close()


def test_a_stop_does_not_wait_for_a_port_that_is_not_there(site: Site) -> None:
    site.uart.unplug()
    site.reader.start()
    site.silent(Silence.PORT_GONE)
    site.reader.stop(within=2)
    assert "d-1" not in {thread.name for thread in threading.enumerate()}


def test_a_radar_is_prepared_and_its_last_interval_ends_with_the_stop(tmp_path: Path) -> None:
    site = Site(tmp_path / "tty", "omnipresense.ops243", interval=3600)
    radar = Player("radar", Radar(find("omnipresense.ops243"), Road(1)), site.uart)
    radar.start()
    site.reader.start()
    try:
        site.silent(Silence.SPEAKING)
        frames = site.watch.frames
        until(lambda: site.watch.frames > frames, 20, "a line about a vehicle")
    finally:
        site.reader.stop()
        radar.stop()
    channels = {measured.reading.channel: measured.reading.values for measured in site.delivered}
    assert set(channels) == {"in", "out"}
    counts = [values["count"].value or 0 for values in channels.values()]
    assert sum(counts) >= 1
    assert [values["count_total"].value for values in channels.values()] == counts
    assert all((values["seconds"].value or 0) > 0 for values in channels.values())


def test_a_port_without_a_device_is_a_mistake_of_the_config(tmp_path: Path) -> None:
    config = PortConfig.model_validate({"url": str(tmp_path)})
    with pytest.raises(ConfigError, match="no device"):
        PortReader(config, SystemClock(), print, turn=lambda: 0)


def _frame(number: int) -> bytes:
    return PMS5003.encode({"pm2_5_atm": number, "n0_3": 1})
