"""Somebody else's decoders (PyPMS) read what our sensors send and what was recorded, and agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
from pms import (
    InconsistentObservation,
    SensorWarmingUp,
    WrongMessageChecksum,
    WrongMessageFormat,
)
from pms.core.sensor import Sensor as Theirs

from devices import registry
from devices.dialogue import Ask
from devices.errors import NotReady
from devices.rehearsal import rehearse
from gateway.simulator import catalogue
from tests.devices.frames import recorded

if TYPE_CHECKING:
    from devices.driver import Driver

REFUSED: Final = (
    WrongMessageFormat,
    WrongMessageChecksum,
    SensorWarmingUp,
    InconsistentObservation,
)

Wanted: TypeAlias = dict[str, Callable[[dict[str, Any]], float]]

_MASS: Final[Wanted] = {"pm2_5": lambda obs: obs["pm25"], "pm10": lambda obs: obs["pm10"]}
_FINE: Final[Wanted] = {"pm1_0": lambda obs: obs["pm01"]} | _MASS
_FACTORY: Final[Wanted] = {
    "pm1_0_cf1": lambda obs: obs["raw01"],
    "pm2_5_cf1": lambda obs: obs["raw25"],
    "pm10_cf1": lambda obs: obs["raw10"],
}
_SMALL: Final[Wanted] = {
    "pn0_3": lambda obs: obs["n0_3"],
    "pn0_5": lambda obs: obs["n0_5"],
    "pn1_0": lambda obs: obs["n1_0"],
    "pn2_5": lambda obs: obs["n2_5"],
}
_LARGE: Final[Wanted] = {"pn5_0": lambda obs: obs["n5_0"], "pn10": lambda obs: obs["n10_0"]}
_CLIMATE: Final[Wanted] = {
    "temperature": lambda obs: obs["temp"],
    "humidity": lambda obs: obs["rhum"],
}
_HCHO: Final[Wanted] = {"hcho": lambda obs: obs["HCHO"] * 1000 * 24.45 / 30.03}

CASES: Final[dict[str, tuple[str, Wanted]]] = {
    "plantower.pms3003": ("PMS3003", _FINE | _FACTORY),
    "plantower.pms5003": ("PMSx003", _FINE | _FACTORY | _SMALL | _LARGE),
    "plantower.pms5003t": ("PMS5003T", _FINE | _FACTORY | _SMALL | _CLIMATE),
    "plantower.pms5003s": ("PMS5003S", _FINE | _FACTORY | _SMALL | _LARGE | _HCHO),
    "plantower.pms5003st": ("PMS5003ST", _FINE | _FACTORY | _SMALL | _LARGE | _CLIMATE | _HCHO),
    "nova.sds011": ("SDS01x", _MASS),
    "nova.sds198": ("SDS198", {"pm100": lambda obs: obs["pm100"]}),
    "honeywell.hpma115s0": ("HPMA115S0", _MASS),
    "honeywell.hpma115c0": ("HPMA115C0", _FINE | {"pm4_0": lambda obs: obs["pm04"]}),
    "sensirion.sps30": (
        "SPS30",
        _FINE
        | {
            "pm4_0": lambda obs: obs["pm04"],
            "pn0_3": lambda obs: obs["n10_0"],
            "pn0_5": lambda obs: obs["n10_0"] - obs["n0_5"],
            "pn1_0": lambda obs: obs["n10_0"] - obs["n1_0"],
            "pn2_5": lambda obs: obs["n10_0"] - obs["n2_5"],
            "pn4_0": lambda obs: obs["n10_0"] - obs["n4_0"],
        },
    ),
    "winsen.mhz19": ("MHZ19B", {"co2": lambda obs: obs["CO2"]}),
    "winsen.zh03b": ("ZH0xx", _FINE),
    "gy.mcu680": (
        "MCU680",
        _CLIMATE
        | {
            "pressure": lambda obs: obs["pres"],
            "gas_resistance": lambda obs: obs["gas"] * 1000,
        },
    ),
}
"""Driver to who decodes the same over there, and to our quantities as their observations."""


def played(driver: Driver) -> list[bytes]:
    """Frames of a simulated sensor that is asked, or of one that only streams."""
    sensor = catalogue.build(driver, seed=3)
    sensor.power_on(0.0)
    settings = driver.configure({})
    for step in rehearse(driver.start(settings), [{"cmd": 0}] * 9)[0]:
        if isinstance(step, Ask):
            sensor.hear(step.data, 0.0)
    command = driver.commands.get("read", driver.commands.get("read_once"))
    if command is None:
        return [sensor.speak(float(at)).data for at in range(1, 60)]
    return [spoken.data for at in range(1, 60) for spoken in sensor.hear(command.data, float(at))]


@pytest.mark.parametrize("name", CASES)
def test_they_read_the_same_in_every_frame(name: str) -> None:
    driver = registry.find(name)
    theirs, wanted = CASES[name]
    agreed = 0
    settings = driver.configure({})
    for raw in [*played(driver), *recorded(name)]:
        try:
            observed = asdict(Theirs[theirs].decode(raw))
        except REFUSED:
            continue  # an answer to a command, or one that they refuse: they take no sum of 0x100
        sample = driver.sample(driver.decode(raw, settings), settings)
        assert sample is not None
        for quantity, read in wanted.items():
            value, expected = sample.values[quantity], read(observed)
            if value is None:
                assert math.isnan(expected)
            else:
                assert math.isclose(value, expected, rel_tol=2e-6, abs_tol=1e-5), quantity
        agreed += 1

    assert agreed >= 50


@pytest.mark.parametrize("name", CASES)
def test_what_warms_up_over_there_warms_up_here(name: str) -> None:
    driver = registry.find(name)
    settings = driver.configure({})
    for raw in recorded(name):
        try:
            Theirs[CASES[name][0]].decode(raw)
        except SensorWarmingUp:
            fields = driver.decode(raw, settings)
            if driver.name == "sensirion.sps30" and "format" not in fields:
                continue  # to them, not to be allowed to and to have nothing new is the same
            with pytest.raises(NotReady):
                driver.sample(fields, settings)
        except REFUSED:
            continue
