"""Another model on the port of a sensor that was configured."""

from __future__ import annotations

import pytest

from devices.registry import find
from gateway.edge.watch import Silence
from gateway.simulator import catalogue
from schemas.reading import Flag
from tests.devices.vectors import VECTORS
from tests.edge_io.wired import Wired

SECONDS = 60
CAPTURED = [
    (vector.driver, vector.raw, vector.settings)
    for vector in VECTORS
    if vector.origin == "capture" and vector.section == "frames" and vector.expected
]


def hear(driver: str, configured: str) -> Wired:
    wired = Wired(catalogue.build(find(driver), 1), {"driver": configured, "interval": 1.0})
    wired.wait(SECONDS)
    return wired


@pytest.mark.parametrize(
    ("driver", "said"),
    [("plantower.pms5003t", "another model"), ("plantower.pms5003s", "error code")],
)
def test_of_a_model_that_speaks_alike_no_value_passes_as_good(driver: str, said: str) -> None:
    wired = hear(driver, "plantower.pms5003")

    flags = {value.flag for item in wired.measured for value in item.reading.values.values()}
    assert len(wired.measured) >= SECONDS // 2
    assert Flag.PASS not in flags
    assert said in (wired.watch.fault or "")


def test_a_model_that_speaks_otherwise_is_only_junk() -> None:
    wired = hear("nova.sds011", "plantower.pms5003")

    assert wired.measured == []
    assert wired.watch.silence is Silence.ONLY_JUNK
    assert wired.watch.junk > 0


def test_the_right_model_is_no_other() -> None:
    wired = hear("plantower.pms5003", "plantower.pms5003")

    assert wired.watch.fault is None
    assert wired.measured[-1].reading.values["pm2_5"].flag is Flag.PASS


@pytest.mark.parametrize(("driver", "raw", "settings"), CAPTURED)
def test_whatever_a_real_sensor_said_fits_it(
    driver: str, raw: bytes, settings: dict[str, object]
) -> None:
    known = find(driver.partition(":")[0])
    told = known.configure(settings)

    fields = known.decode(raw, told)
    assert known.fits(fields)
    assert not known.belies(fields)
