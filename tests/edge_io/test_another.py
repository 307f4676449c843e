"""Another model on the port of a sensor that was configured."""

from __future__ import annotations

import pytest

from devices import winsen_frames
from devices.honeywell import HPMA115C0, HPMA115S0
from devices.plantower import PMS5003
from devices.registry import find
from devices.winsen_dust import ZH03B
from gateway.config.gateway import DeviceConfig
from gateway.edge.device import Device
from gateway.edge.watch import Silence, Watch
from gateway.simulator import catalogue
from schemas.reading import Flag
from tests.devices.vectors import VECTORS
from tests.edge_io.sensors import Wire
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


WEIGHS = {"pm1_0": 41, "pm2_5": 48, "pm4_0": 52, "pm10": 57}
HONEYWELL = {"mode": "auto_send"} | {f"{size}_ugm3": mass for size, mass in WEIGHS.items()}
LIKE_IT = PMS5003.encode(
    dict.fromkeys(("pm10_cf1", "pm10_atm"), 30) | {"pm2_5_atm": 21, "version": 145}
)
ASKED = winsen_frames.summed(bytes.fromhex("860032003c0028"))


@pytest.mark.parametrize(
    ("configured", "frame"),
    [
        ("plantower.pms5003", HPMA115S0.encode(HONEYWELL)),
        ("plantower.pms5003", HPMA115C0.encode(HONEYWELL)),
        ("plantower.pms5003", ZH03B.encode(HONEYWELL | {"mode": "active"})),
        ("plantower.pms5003", LIKE_IT),
        ("plantower.pms3003", ZH03B.encode(HONEYWELL | {"rest_hex": "00" * 12, "mode": "active"})),
        ("winsen.zh03b", HPMA115S0.encode(HONEYWELL)),
        ("winsen.zh03b", HPMA115C0.encode(HONEYWELL)),
        ("honeywell.hpma115s0", ZH03B.encode(HONEYWELL | {"mode": "active"})),
        ("honeywell.hpma115c0", HPMA115S0.encode(HONEYWELL)),
        ("winsen.mhz19", ASKED),
    ],
)
def test_what_contradicts_itself_is_another_makers_and_not_good(
    configured: str, frame: bytes
) -> None:
    wire, watch = Wire(), Watch(find(configured))
    config = DeviceConfig.model_validate({"id": "d", "driver": configured, "interval": 1.0})
    device = Device(config, find(configured).line, watch=watch, turn=lambda: 0)
    device.opened(wire.clock.stamp(), wire.clock.monotonic())

    measured = []
    for _ in range(10 * SECONDS):
        measured += device.hear(wire.read(frame, after=1.0))
        device.say()

    assert measured
    flags = [value.flag for item in measured for value in item.reading.values.values()]
    assert Flag.PASS not in flags
    assert "another model" in (watch.fault or "")


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
