"""Each driver measures a simulated sensor, and is answered what it asks."""

from __future__ import annotations

from contextlib import suppress

import pytest

from devices.errors import DriverError, NotReady
from devices.sample import Sample
from tests.devices.played import Line
from tests.devices.told import told
from tests.house.commands_page import drivers

LONGEST = 600.0
SAMPLES = 5

EMPTIES = "clear_events"
"""What costs a person vehicles, and the gateway none: it can't say when they passed."""

UNTOLD = {"hilink.ld2451": ["set_target_params_100m_both_5kmh_1s"]}
"""Drivers that write for good where a setting says so, and what it would be."""

ALL = drivers()


def measured(sample: Sample) -> bool:
    """Whether there is anything in it; nobody in view is a measurement, but proves little."""
    traffic = sample.detections or sample.vehicles or sample.tallies or sample.counters
    return bool(traffic) or any(value is not None for value in sample.values.values())


def channels(sample: Sample) -> set[str]:
    followed = {each.channel for each in sample.vehicles} | {t.channel for t in sample.tallies}
    return followed | {each.channel for each in sample.detections}


@pytest.mark.parametrize("name", ALL)
def test_every_driver_measures_its_simulated_sensor(name: str) -> None:
    device = told(name)
    driver, settings = device.driver, device.settings
    line = Line(device)
    line.run(driver.start(settings))
    samples: list[Sample] = []
    while len(samples) < SAMPLES and line.at < LONGEST:
        try:
            sample = line.run(driver.read(settings))
        except NotReady:
            sample = Sample()
        samples += [sample] if measured(sample) else []
        line.rest(driver.every or 1.0)

    assert len(samples) == SAMPLES, f"{len(samples)} in {LONGEST} s"
    assert line.junk == b""
    for sample in samples:
        assert sample.values.keys() | sample.counters.keys() <= set(driver.quantities)
        assert channels(sample) <= set(driver.channels)


def test_whoever_wants_one_reading_empties_no_store() -> None:
    device = told("wavetronix.ss125")
    line = Line(device)
    line.run(device.driver.greet(device.settings))
    line.run(device.driver.read(device.settings))
    assert device.driver.commands[EMPTIES].dangerous
    assert device.driver.commands[EMPTIES].data not in line.asked
    line.run(device.driver.start(device.settings))
    assert device.driver.commands[EMPTIES].data in line.asked


@pytest.mark.parametrize("name", ALL)
def test_to_be_read_no_sensor_is_told_what_it_remembers_where_no_setting_says_so(name: str) -> None:
    device = told(name, {} if name in UNTOLD else None)
    line = Line(device)
    with suppress(DriverError):
        line.run(device.driver.start(device.settings))
        line.run(device.driver.read(device.settings))

    told_for_good = {
        each.data
        for each in device.driver.commands.values()
        if each.dangerous and each.name != EMPTIES
    }
    for name_of_it in UNTOLD.get(name, ()):
        told_for_good.add(device.driver.commands[name_of_it].data)
    assert not told_for_good.intersection(line.asked)


@pytest.mark.parametrize(
    ("name", "command"), [(name, each) for name, driver in ALL.items() for each in driver.identify]
)
def test_what_tells_a_sensor_apart_is_harmless_and_answered(name: str, command: str) -> None:
    device = told(name)
    asked = device.driver.commands[command]
    line = Line(device)

    received = line.run(device.driver.send(asked, device.settings))

    assert not asked.dangerous
    assert received is not None
    assert asked.answered_by(received.fields)
