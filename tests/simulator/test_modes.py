"""Sensors of dust, gas and CO2 that stream, sleep, answer or have to be started."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from devices import registry
from gateway.simulator import catalogue

if TYPE_CHECKING:
    from devices.driver import Driver
    from gateway.simulator.sensor import Sensor

SPS = registry.find("sensirion.sps30")
ZH = registry.find("winsen.zh03b")


def made(name: str) -> tuple[Driver, Sensor]:
    driver = registry.find(name)
    sensor = catalogue.build(driver, seed=1)
    sensor.power_on(0.0)
    return driver, sensor


def said(driver: Driver, sensor: Sensor, name: str, at: float = 0.0) -> list[dict[str, Any]]:
    heard = sensor.hear(driver.commands[name].data, at)
    return [driver.decode(spoken.data, driver.configure({})) for spoken in heard]


@pytest.mark.parametrize(
    ("name", "quiet", "loud", "read"),
    [
        ("winsen.zh03b", "qa_mode", "active_mode", "read"),
        ("winsen.ze", "qa_mode", "active_mode", "read"),
        ("honeywell.hpma115s0", "stop_auto_send", "enable_auto_send", "read"),
        ("gy.mcu680", "read_once", "continuous", "read_once"),
    ],
)
def test_one_that_is_told_to_be_quiet_speaks_only_when_asked(
    name: str, quiet: str, loud: str, read: str
) -> None:
    driver, sensor = made(name)
    assert sensor.due() < math.inf
    said(driver, sensor, quiet)
    assert sensor.due() == math.inf
    assert len(said(driver, sensor, read)) == 1
    said(driver, sensor, loud, at=9.0)
    assert 9.0 < sensor.due() < math.inf
    said(driver, sensor, quiet)
    sensor.power_on(60.0)
    assert sensor.due() < math.inf


def test_one_that_sleeps_hears_nothing_but_that_it_is_woken() -> None:
    driver, sensor = made(ZH.name)
    assert said(driver, sensor, "sleep")
    assert sensor.due() == math.inf
    assert said(driver, sensor, "read") == []
    assert said(driver, sensor, "wake", at=9.0)
    assert sensor.due() == 10.0


def test_one_that_is_idle_measures_nothing_until_it_is_started_and_forgets_that() -> None:
    driver, sensor = made(SPS.name)
    assert said(driver, sensor, "read")[0]["state"] == 0x43
    assert said(driver, sensor, "start_uint16")[0]["state"] == 0
    assert said(driver, sensor, "start_float")[0]["state"] == 0x43
    assert said(driver, sensor, "read", at=1.0)[0]["format"] == "uint16"
    sensor.power_on(60.0)
    assert said(driver, sensor, "read", at=61.0)[0]["state"] == 0x43


def test_one_that_is_asked_twice_in_a_second_has_nothing_new() -> None:
    driver, sensor = made(SPS.name)
    said(driver, sensor, "start_float")
    assert "pm2_5" in said(driver, sensor, "read", at=1.0)[0]
    assert said(driver, sensor, "read", at=1.5)[0]["status"] == "no_data"
    assert "pm2_5" in said(driver, sensor, "read", at=2.0)[0]


def test_one_may_sleep_only_when_it_is_idle() -> None:
    driver, sensor = made(SPS.name)
    said(driver, sensor, "start_float")
    assert said(driver, sensor, "sleep")[0]["state"] == 0x43
    said(driver, sensor, "stop")
    assert said(driver, sensor, "sleep")[0]["state"] == 0
    assert said(driver, sensor, "start_float") == []
    assert said(driver, sensor, "wake_up")
    assert said(driver, sensor, "start_float")[0]["state"] == 0
