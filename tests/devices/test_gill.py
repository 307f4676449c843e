from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.errors import DeviceFault
from devices.gill import WIND

if TYPE_CHECKING:
    from devices.sample import Sample

LINE: dict[str, Any] = {
    "node": "Q", "wind_dir_deg": 121, "wind_speed": 10.0, "unit": "M", "status": "00",
}  # fmt: skip


def sampled(**changed: object) -> Sample:
    return WIND.sample({**LINE, **changed}, {})


@pytest.mark.parametrize(
    ("unit", "speed"),
    [("M", 10.0), ("N", 5.144444), ("P", 4.4704), ("K", 2.777778), ("F", 0.0508)],
)
def test_every_unit_becomes_metres_a_second(unit: str, speed: float) -> None:
    assert sampled(unit=unit).values == {"wind_speed": speed, "wind_direction": 121.0}


def test_in_calm_air_there_is_no_direction() -> None:
    assert sampled(wind_dir_deg=None, wind_speed=0.02).values == {
        "wind_speed": 0.02, "wind_direction": None,
    }  # fmt: skip


@pytest.mark.parametrize("status", ["00", "60", "51"])
def test_a_sensor_that_is_whole_or_heated_has_no_fault(status: str) -> None:
    assert sampled(status=status).fault == ""


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        ("01", "axis U"),
        ("02", "axis V"),
        ("04", "both axes"),
        ("08", "settings"),
        ("09", "program"),
        ("0A", "gain"),
        ("10", "gain"),
        ("77", "status 77"),
    ],
)
def test_what_is_broken_is_told_beside_what_is_measured(status: str, fault: str) -> None:
    sample = sampled(status=status)

    assert fault in sample.fault
    assert sample.values["wind_speed"] == 10.0


@pytest.mark.parametrize("nothing", [(None, None), (999, 999.9)])
def test_a_broken_sensor_that_measures_nothing_is_a_fault(
    nothing: tuple[int | None, float | None],
) -> None:
    direction, speed = nothing
    with pytest.raises(DeviceFault, match="both axes"):
        sampled(wind_dir_deg=direction, wind_speed=speed, status="04")


def test_a_line_is_written_as_the_manual_shows_it() -> None:
    line = WIND.encode({**LINE, "sound_ms": 344.66, "sonic_temp_c": 21.76, "wind_speed": 0.06})

    assert line == b"\x02Q,121,000.06,M,+344.66,+021.76,00,\x031B\r\n"
