from __future__ import annotations

import pytest

from devices.cutters import Bad, Whole
from devices.ultrasonic import A02YYUW, MAXSONAR
from tests.devices.told import told


@pytest.mark.parametrize(
    ("millimetres", "metres"),
    [(0, None), (29, None), (30, 0.03), (1953, 1.953), (4500, 4.5), (4501, None), (65535, None)],
)
def test_outside_of_its_range_an_a02yyuw_measures_nothing(
    millimetres: int, metres: float | None
) -> None:
    assert A02YYUW.sample({"distance_mm": millimetres}, {}).values == {"distance": metres}


@pytest.mark.parametrize(
    ("model", "line", "metres"),
    [
        ("hrxl-5m", b"R1234\r", 1.234),
        ("hrxl-5m", b"R4999\r", 4.999),
        ("hrxl-5m", b"R5000\r", None),
        ("hrxl-10m", b"R5000\r", 5.0),
        ("hrxl-10m", b"R9999\r", None),
        ("xl-7m", b"R764\r", 7.64),
        ("xl-7m", b"R765\r", None),
        ("xl-10m", b"R0765\r", 7.65),
        ("xl-10m", b"R1068\r", None),
    ],
)
def test_what_a_line_of_a_maxsonar_means_its_model_tells(
    model: str, line: bytes, metres: float | None
) -> None:
    sensor = told("ultrasonic.maxsonar", {"model": model})
    driver, settings = sensor.driver, sensor.settings
    fields = driver.decode(line, settings)
    sample = driver.sample(fields, settings)

    assert driver.cutter(settings)(line) == Whole(len(line))
    assert sample is not None
    assert sample.values == {"distance": metres}
    assert driver.encode(fields) == line


@pytest.mark.parametrize("model", ["hrxl-5m", "xl-7m"])
def test_a_line_of_another_model_has_another_length(model: str) -> None:
    other = b"R123\r" if model == "hrxl-5m" else b"R1234\r"

    assert told("ultrasonic.maxsonar", {"model": model}).driver.cutter({})(other) == Bad("length")


def test_look_alikes_say_what_these_rangers_never_say() -> None:
    assert A02YYUW.fits({"distance_mm": 4500})
    assert not A02YYUW.fits({"distance_mm": 4501})
    assert MAXSONAR.fits({"distance_mm": 5000})
    assert not MAXSONAR.fits({"distance_mm": 5001})
