"""Each driver measures a simulated sensor, and is answered what it asks."""

from __future__ import annotations

import pytest

from devices.errors import NotReady
from devices.sample import Sample
from tests.devices.played import Line
from tests.devices.told import told
from tests.house.commands_page import drivers

LONGEST = 600.0
SAMPLES = 5

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
