"""A sensor that is asked, and one of many targets, on real pseudo-terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devices.registry import find
from gateway.clock import SystemClock
from gateway.config.gateway import PortConfig
from gateway.edge.reader import PortReader
from gateway.edge.watch import Silence
from gateway.simulator.air import Air
from gateway.simulator.hilink import VehicleRadar
from gateway.simulator.player import Player
from gateway.simulator.road import Road, Vehicle
from gateway.simulator.troubles import NOISY, BadLine, Troubles
from gateway.simulator.uart import Uart
from gateway.simulator.winsen import CarbonDioxide, carried
from schemas.reading import Cause, Flag
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.edge.measured import Measured

MHZ = find("winsen.mhz19")
LD = find("hilink.ld2451")
READ = MHZ.commands["read"].data
ACCEPTED = MHZ.encode({"reply_to": 0x79, "value_hex": "010000000000"})


class Site:
    """A port with one device and its reader; the test is the sensor, or plays one."""

    def __init__(self, link: Path, driver: str, **config: object) -> None:
        self.uart = Uart(link)
        self.delivered: list[Measured] = []
        device = {"id": "d-1", "driver": driver} | config
        self.reader = PortReader(
            PortConfig.model_validate({"url": str(link), "devices": [device]}),
            SystemClock(),
            self.delivered.append,
            turn=lambda: 0,
        )
        self.watch = self.reader.watches["d-1"]
        self._heard = b""

    def question(self) -> bytes:
        """Wait for the next question, and return it."""
        self._heard = b""
        until(self._hear, 10, "a question")
        return self._heard

    def _hear(self) -> bool:
        self._heard += self.uart.read(0.01)
        return len(self._heard) >= len(READ)

    def silent(self, cause: Silence) -> None:
        until(lambda: self.watch.cause is cause, 20, cause.name)

    def close(self) -> None:
        self.reader.stop()
        self.uart.unplug()


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "tty", MHZ.name, interval=0.0)
    site.reader.start()
    yield site
    site.close()


def co2(site: Site) -> list[float | None]:
    return [measured.reading.values["co2"].value for measured in site.delivered]


def answer(ppm: int) -> bytes:
    return MHZ.encode({"co2_ppm": ppm})


def test_a_question_is_the_makers_and_its_answer_a_reading_of_a_sensor_that_warms_up(
    asked: Site,
) -> None:
    assert asked.question() == READ
    asked.uart.write(answer(612))
    until(lambda: co2(asked) == [612], 5, "the reading")
    value = asked.delivered[0].reading.values["co2"]
    assert (value.flag, value.cause) == (Flag.SUSPECT, Cause.WARMING_UP)


def test_an_answer_in_pieces_is_one_answer(asked: Site) -> None:
    asked.question()
    for byte in answer(0xFF86):
        asked.uart.write(bytes((byte,)))
    until(lambda: co2(asked) == [0xFF86], 5, "the reading")


def test_an_answer_that_comes_late_is_taken_and_one_that_nobody_waits_for_is_not(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "tty", MHZ.name, interval=2.0)
    site.reader.start()
    try:
        site.question()
        site.question()
        site.uart.write(answer(401))
        until(lambda: co2(site) == [401], 5, "the late answer")
        site.uart.write(answer(402))
        for ppm in (403, 404):  # the first of them comes too soon behind the late one to be kept
            assert site.question() == READ
            site.uart.write(answer(ppm))
        until(lambda: co2(site) == [401, 404], 5, "the answer to the last question")
    finally:
        site.close()


def test_a_wrong_checksum_is_asked_again_and_never_a_reading(asked: Site) -> None:
    asked.question()
    asked.uart.write(answer(500)[:-1] + b"\x00")
    assert asked.question() == READ
    asked.uart.write(answer(501))
    until(lambda: co2(asked) == [501], 5, "the reading")
    until(lambda: asked.watch.junk == 9, 5, "the junk being counted")


def test_an_answer_to_another_command_is_not_taken_for_a_measurement(asked: Site) -> None:
    asked.question()
    asked.uart.write(ACCEPTED + b"\xff\x86" + answer(502))
    until(lambda: co2(asked) == [502], 5, "the reading")
    assert asked.watch.frames == 2


def test_what_comes_after_half_an_answer_is_not_put_behind_it(asked: Site) -> None:
    asked.question()
    asked.uart.write(answer(503)[:5])
    asked.question()
    asked.uart.write(answer(504))
    until(lambda: co2(asked) == [504], 5, "the reading")


def test_a_sensor_that_does_not_answer_is_silent_for_that_reason(asked: Site) -> None:
    assert [asked.question() for _ in range(3)] == [READ] * 3
    asked.silent(Silence.NO_REPLY)
    assert (co2(asked), asked.watch.errors) == ([], 1)


def test_one_that_only_makes_noise_is_silent_for_another_reason(asked: Site) -> None:
    for _ in range(3):
        asked.question()
        asked.uart.write(b"\x00\x01\x02")
    asked.silent(Silence.ONLY_JUNK)
    assert co2(asked) == []


def test_its_self_calibration_is_set_before_it_is_asked(tmp_path: Path) -> None:
    site = Site(tmp_path / "tty", MHZ.name, interval=0.0, abc="on")
    site.reader.start()
    try:
        assert site.question() == MHZ.commands["abc_on"].data
        site.uart.write(ACCEPTED)
        assert site.question() == READ
    finally:
        site.close()


def test_every_answer_of_a_played_sensor_on_a_bad_line_is_one_reading(tmp_path: Path) -> None:
    site = Site(tmp_path / "tty", MHZ.name, interval=0.0)
    player = Player("co2", CarbonDioxide(MHZ, Air(1)), site.uart, BadLine(1, NOISY))
    player.start()
    site.reader.start()
    try:
        until(lambda: len(site.delivered) >= 3, 30, "some readings")
    finally:
        site.close()
        player.stop()
    whole = [sent.number % 100 for sent in player.sent if sent.whole]
    numbers = [carried(value or 0) for value in co2(site)]
    assert numbers == whole[: len(numbers)]


@pytest.fixture
def radar(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "tty", LD.name, interval=3600, watches="both")
    yield site
    site.close()


def prepare(site: Site) -> None:
    """Answer what a radar is asked when its port opens."""
    site.reader.start()
    for reply in (
        {"ack_cmd": 0xFF, "value_hex": "01004000"},
        {"ack_cmd": 0x12, "value_hex": "64020501"},
        {"ack_cmd": 0xFE},
    ):
        site.question()
        site.uart.write(LD.encode(reply))


def counted(site: Site) -> dict[str | None, tuple[float | None, float | None]]:
    """Stop, and give count and sum of speeds by channel."""
    site.reader.stop()
    intervals = {m.reading.channel: m.reading.values for m in site.delivered}
    return {
        channel: (values["count"].value, values["speed_sum"].value)
        for channel, values in intervals.items()
    }


EXAMPLE = bytes.fromhex("f4f3f2f1110003018a28003c158a1e013c0f765f003c0ff8f7f6f5")
"""The maker's: one vehicle comes, two go, all at 60 km/h."""


def test_a_report_of_several_vehicles_said_again_and_again_is_so_many_passages(
    radar: Site,
) -> None:
    prepare(radar)
    for _ in range(10):
        radar.uart.write(EXAMPLE)
    until(lambda: radar.watch.frames == 13, 5, "all reports")
    assert counted(radar) == {"in": (1, 60), "out": (2, 120)}


def test_reports_that_are_cut_or_joined_cost_no_vehicle_and_add_none(radar: Site) -> None:
    prepare(radar)
    for cut in range(1, len(EXAMPLE)):
        radar.uart.write(EXAMPLE[:cut])
        radar.uart.write(EXAMPLE)
    frames = 3 + len(EXAMPLE) - 1
    until(lambda: radar.watch.frames == frames, 10, "all whole reports")
    assert counted(radar) == {"in": (1, 60), "out": (2, 120)}


class Rush(Road):
    """Three vehicles of each direction in quick succession, and nobody after them."""

    def next(self, channel: str, after: float) -> Vehicle:
        vehicle = super().next(channel, after)
        late = 1e9 if vehicle.number > 6 else 0.0
        enters = after + 0.7 + late
        return Vehicle(vehicle.number, channel, 90.0, enters, enters)


def test_a_played_radar_is_told_to_watch_both_directions_and_all_its_vehicles_count(
    radar: Site,
) -> None:
    sensor = VehicleRadar(LD, Rush(seed=1), quiet=True)
    for name in ("enable_config", "set_target_params_40m_approach_5kmh_1s"):
        assert sensor.hear(LD.commands[name].data, 0.0)
    line = BadLine(3, Troubles(noise=0.3, cut=0.1))  # a turned bit is another vehicle: no checksum
    player = Player("radar", sensor, radar.uart, line)
    player.start()
    radar.reader.start()
    try:
        until(lambda: len(sensor.vehicles) == 6, 20, "all having come")
        until(lambda: sensor.due() > 1e6, 20, "all having gone")
        assert counted(radar) == {"in": (3, 270), "out": (3, 270)}
    finally:
        player.stop()
