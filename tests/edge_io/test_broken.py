"""Devices that say that they are broken: none of their values passes, and the fault has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.registry import find
from gateway.config.gateway import DeviceConfig
from gateway.edge.device import Device
from gateway.edge.watch import Silence, Watch
from schemas.reading import Cause, Flag
from tests.edge_io.sensors import Wire

if TYPE_CHECKING:
    from gateway.edge.measured import Measured

MPH = find("mph.speed")
NOBODY, CAR = {"target": 0}, {"target": 55}
FAILED = (Flag.FAIL, Cause.DEVICE_FAULT)
GOOD = (Flag.PASS, Cause.NONE)


class Radar(Wire):
    """An MPH radar in intervals of 20 s, that speaks four times a second."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch(MPH)
        config = {"id": "r-1", "driver": MPH.name, "interval": 20.0}
        self.device = Device(
            DeviceConfig.model_validate(config), MPH.line, watch=self.watch, turn=lambda: 0
        )
        self.device.opened(self.clock.stamp(), self.clock.monotonic())

    def speak(self, seconds: float, **fields: object) -> list[Measured]:
        data = MPH.encode({"patrol": 0, **fields})
        heard = [self.device.hear(self.read(data, 0.25)) for _ in range(round(seconds * 4))]
        return [measured for each in heard for measured in each]


def verdicts(measured: list[Measured]) -> list[set[tuple[Flag, Cause]]]:
    return [{(v.flag, v.cause) for v in each.reading.values.values()} for each in measured]


def counts(measured: list[Measured]) -> list[float | None]:
    return [each.reading.values["count"].value for each in measured]


def test_an_interval_in_which_a_traffic_sensor_said_that_it_is_broken_fails_whole() -> None:
    radar = Radar()
    radar.speak(1)
    until = 20 - radar.clock.stamp().wall % 20
    first = [*radar.speak(until + 0.5), *radar.speak(5, **CAR), *radar.speak(1, low_volts=True)]
    second = radar.speak(20)
    third = radar.speak(20)
    assert verdicts(first) == [{GOOD}]
    assert verdicts(second) == [{FAILED}]
    assert counts(second) == [1]
    assert verdicts(third) == [{GOOD}]


def test_one_that_goes_on_saying_so_fails_on_and_its_fault_has_a_name() -> None:
    radar = Radar()
    measured = radar.speak(61, low_volts=True)
    assert len(measured) >= 3
    assert verdicts(measured) == [{FAILED}] * len(measured)
    assert radar.watch.fault == "its voltage is low"
    assert radar.watch.silence is Silence.SPEAKING


def test_the_last_interval_before_a_stop_fails_too() -> None:
    radar = Radar()
    radar.speak(3, interference=True)
    assert verdicts(radar.device.finish()) == [{FAILED}]
