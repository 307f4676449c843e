"""Simulated sensors obey the commands that their drivers describe."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from devices import registry
from devices.dialogue import Ask
from gateway.errors import SimpangError
from gateway.simulator import catalogue
from gateway.simulator.air import Air
from gateway.simulator.hilink import VehicleRadar
from gateway.simulator.nova import Nova, carried
from gateway.simulator.omnipresense import Radar
from gateway.simulator.plantower import Plantower
from gateway.simulator.replay import Replay, read_capture
from gateway.simulator.road import GAP_SECONDS, Road
from gateway.simulator.sensor import Ear, Sensor, Spoken
from gateway.simulator.winsen import CarbonDioxide
from gateway.simulator.winsen import carried as carried_by_co2
from tests.devices.told import told as device_of

if TYPE_CHECKING:
    from pathlib import Path

    from devices.driver import Driver

PMS = registry.find("plantower.pms5003")
SDS = registry.find("nova.sds011")
OPS = registry.find("omnipresense.ops243")
MHZ = registry.find("winsen.mhz19")
LD = registry.find("hilink.ld2451")


def decoded(driver: Driver, spoken: Spoken) -> dict[str, Any]:
    return driver.decode(spoken.data, driver.configure({}))


def said(driver: Driver, sensor: Sensor, name: str, at: float = 0.0) -> list[dict[str, Any]]:
    heard = sensor.hear(driver.commands[name].data, at)
    return [decoded(driver, spoken) for spoken in heard]


def next_frame(driver: Driver, sensor: Sensor, at: float) -> Spoken:
    """What it says next by itself, or else to what its driver asks."""
    if sensor.due() < math.inf:
        return sensor.speak(sensor.due())
    question = next(driver.read(driver.configure({})))
    assert isinstance(question, Ask)
    return sensor.hear(question.data, at)[-1]


def greet(driver: Driver, sensor: Sensor) -> None:
    """Say what is said on opening, where that comes first."""
    opening = next(driver.start(driver.configure({})), None)
    if isinstance(opening, Ask):
        sensor.hear(opening.data, 0.0)


def told(driver: Driver, sensor: Sensor, *names: str) -> None:
    """Let a sensor carry out commands; each is answered."""
    for name in names:
        assert said(driver, sensor, name)


@pytest.mark.parametrize("name", registry.names())
def test_every_driver_has_a_sensor_whose_frames_it_reads(name: str) -> None:
    driver = device_of(name).driver
    sensor = catalogue.build(driver, seed=1)
    sensor.power_on(0.0)
    if sensor.due() == math.inf:
        greet(driver, sensor)
    cutter = driver.cutter(driver.configure({}))
    for number in range(50):
        spoken = next_frame(driver, sensor, float(number))
        verdict = cutter(spoken.data)
        assert getattr(verdict, "size", 0) == len(spoken.data)
        sample = driver.sample(decoded(driver, spoken), driver.configure({}))
        assert sample is not None


@pytest.mark.parametrize("name", registry.names())
def test_every_command_gets_the_answer_that_its_driver_waits_for(name: str) -> None:
    driver = device_of(name).driver
    for command in driver.commands.values():
        sensor = catalogue.build(driver, seed=1)
        sensor.power_on(0.0)
        greet(driver, sensor)
        answers = [decoded(driver, spoken) for spoken in sensor.hear(command.data, 0.0)]
        assert bool(answers) == (command.reply is not None)
        assert any(map(command.answered_by, answers)) == bool(answers)


def test_commands_are_heard_in_any_portions_and_behind_noise() -> None:
    ear = Ear(SDS.commands)
    data = b"\x00\xaa" + SDS.commands["sleep"].data + SDS.commands["work"].data
    heard = [command.name for byte in data for command in ear.feed(bytes((byte,)))]
    assert heard == ["sleep", "work"]


def test_a_sleeping_plantower_is_silent_and_wakes_with_zeros() -> None:
    sensor = Plantower(PMS, Air(seed=1))
    sensor.power_on(0.0)
    assert said(PMS, sensor, "sleep") == [{"ack_cmd": 0xE4, "ack_data": 0}]
    assert sensor.due() == math.inf
    assert said(PMS, sensor, "passive_read") == []
    assert said(PMS, sensor, "wake", at=10.0) == []
    assert decoded(PMS, sensor.speak(sensor.due()))["status"] == "warming_up"


def test_a_passive_plantower_speaks_only_when_asked() -> None:
    sensor = Plantower(PMS, Air(seed=1))
    sensor.power_on(0.0)
    said(PMS, sensor, "passive_mode")
    assert sensor.due() == math.inf
    assert [fields["n0_3"] for fields in said(PMS, sensor, "passive_read")] == [1]
    said(PMS, sensor, "active_mode", at=5.0)
    assert sensor.due() < math.inf


def test_a_sleeping_nova_hears_nothing_but_work() -> None:
    sensor = Nova(SDS, Air(seed=1))
    sensor.power_on(0.0)
    assert said(SDS, sensor, "sleep")[0]["working"] == 0
    assert sensor.due() == math.inf
    assert said(SDS, sensor, "query_data") == []
    assert said(SDS, sensor, "work", at=9.0)[0]["working"] == 1
    assert sensor.due() == 10.0


def test_the_mode_of_a_nova_outlives_a_power_cut() -> None:
    sensor = Nova(SDS, Air(seed=1))
    sensor.power_on(0.0)
    said(SDS, sensor, "set_query_mode")
    sensor.power_on(60.0)
    assert said(SDS, sensor, "query_mode")[0]["query_mode"] == 1
    assert sensor.due() == math.inf


def test_the_tenths_of_a_nova_carry_its_number() -> None:
    sensor = Nova(SDS, Air(seed=1))
    sensor.power_on(0.0)
    for number in range(1, 250):
        sample = SDS.sample(decoded(SDS, sensor.speak(float(number))), {})
        assert sample is not None
        pm2_5, pm10 = sample.values["pm2_5"], sample.values["pm10"]
        assert pm2_5 is not None
        assert pm10 is not None
        assert carried(pm2_5, pm10) == number % 100


def test_a_radar_speaks_plain_metres_a_second_until_it_is_told_otherwise() -> None:
    sensor = Radar(OPS, Road(seed=1))
    sensor.power_on(0.0)
    plain = decoded(OPS, sensor.speak(sensor.due()))
    assert list(plain) == ["speed"]
    for name in ("OJ", "UK", "OU", "OM"):
        assert said(OPS, sensor, name)
    spoken = sensor.speak(sensor.due())
    told = decoded(OPS, spoken)
    assert told["unit"] == "km/h"
    assert told["magnitude"] > 0
    assert spoken.number is not None
    assert abs(told["speed"]) == pytest.approx(sensor.vehicles[spoken.number].speed, abs=0.01)
    sensor.power_on(100.0)
    assert list(decoded(OPS, sensor.speak(sensor.due()))) == ["speed"]


def test_vehicles_of_one_direction_never_come_so_close_that_they_look_like_one() -> None:
    sensor = Radar(OPS, Road(seed=1, each=3.5))
    sensor.power_on(0.0)
    at, last = 0.0, dict[str, tuple[int, float]]()
    while at < 600:
        at = max(at, sensor.due())
        number = sensor.speak(at).number
        assert number is not None
        channel = sensor.vehicles[number].channel
        before = last.get(channel)
        assert before is None or before[0] == number or at - before[1] >= GAP_SECONDS
        last[channel] = number, at
    assert len(sensor.vehicles) > 100


def test_a_co2_sensor_speaks_only_when_asked_and_its_last_digits_carry_its_number() -> None:
    sensor = CarbonDioxide(MHZ, Air(seed=1))
    sensor.power_on(0.0)
    assert sensor.due() == math.inf
    numbers = [
        carried_by_co2(said(MHZ, sensor, "read", float(at))[0]["co2_ppm"]) for at in range(9)
    ]
    assert numbers == list(range(1, 10))


def test_a_co2_sensor_forgets_its_self_calibration_and_keeps_its_range() -> None:
    sensor = CarbonDioxide(MHZ, Air(seed=1))
    sensor.power_on(0.0)
    told(MHZ, sensor, "abc_off", "range_5000")
    assert (sensor.abc, sensor.most) == (False, 5000)
    sensor.power_on(60.0)
    assert (sensor.abc, sensor.most) == (True, 5000)


def a_vehicle_radar(*, each: float = 6.0, quiet: bool = False, both: bool = True) -> VehicleRadar:
    sensor = VehicleRadar(LD, Road(seed=1, each=each), quiet=quiet)
    sensor.power_on(0.0)
    if both:
        told(LD, sensor, "enable_config", "set_target_params_100m_both_5kmh_2s", "end_config")
    return sensor


def test_a_vehicle_radar_leaves_the_factory_deaf_to_one_direction() -> None:
    for both, directions in ((False, {1}), (True, {0, 1})):
        sensor = a_vehicle_radar(both=both)
        reports = [decoded(LD, sensor.speak(sensor.due())) for _ in range(600)]
        assert {target["dir_raw"] for each in reports for target in each["targets"]} == directions


def test_a_vehicle_radar_in_config_mode_reports_nothing_and_outside_hears_nothing_else() -> None:
    sensor = a_vehicle_radar()
    assert said(LD, sensor, "read_target_params") == []
    told(LD, sensor, "enable_config")
    assert sensor.due() == math.inf
    (params,) = said(LD, sensor, "read_target_params")
    assert params["value_hex"] == "64020502"
    told(LD, sensor, "end_config")
    assert sensor.due() < math.inf
    told(LD, sensor, "enable_config")
    sensor.power_on(60.0)
    assert sensor.due() < math.inf


def test_vehicles_cross_the_view_of_a_vehicle_radar_several_at_a_time() -> None:
    sensor = a_vehicle_radar()
    reports = [decoded(LD, sensor.speak(sensor.due()))["targets"] for _ in range(3000)]
    assert max(map(len, reports)) >= 3
    assert min(map(len, reports)) == 0
    places = [target["distance_m"] for targets in reports for target in targets]
    assert set(range(4, 101)) == set(places)


def test_a_quiet_vehicle_radar_says_nothing_while_nobody_is_in_view() -> None:
    sensor = a_vehicle_radar(each=60.0, quiet=True)
    at, silences = 0.0, 0
    while at < 300:
        at, before = sensor.due(), at
        silences += at - before > 1.0
        spoken = sensor.speak(at)
        assert not spoken.data or decoded(LD, spoken)["targets"]
    assert silences > 3
    assert len(sensor.vehicles) > 3


def test_air_is_never_negative_and_never_stands_still() -> None:
    air = Air(seed=5)
    values = [air.pm2_5(float(at)) for at in range(3600)]
    assert min(values) > 0
    assert max(values) < 500
    assert len(set(values)) == len(values)


def test_what_was_captured_is_replayed_byte_by_byte_and_frame_by_frame(tmp_path: Path) -> None:
    frames = [SDS.encode({"pm2_5_ugm3": value}) for value in (1.0, 2.0)]
    file = tmp_path / "capture.bin"
    file.write_bytes(frames[0] + b"\x00\xaa" + frames[1] + b"\xaa\xc0")
    pieces = read_capture(file, SDS)
    assert pieces == [frames[0], b"\x00\xaa" + frames[1], b"\xaa\xc0"]
    sensor = Replay(SDS.line, pieces, period=2.0)
    sensor.power_on(0.0)
    heard = [(sensor.due(), sensor.speak(sensor.due()).data) for _ in range(4)]
    assert heard == [(2.0, pieces[0]), (4.0, pieces[1]), (6.0, pieces[2]), (8.0, pieces[0])]


def test_a_capture_without_a_byte_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "capture.bin"
    with pytest.raises(SimpangError, match=r"capture\.bin"):
        read_capture(file, SDS)
    file.write_bytes(b"")
    with pytest.raises(SimpangError, match="empty"):
        read_capture(file, SDS)
