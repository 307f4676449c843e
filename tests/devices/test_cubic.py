from __future__ import annotations

from typing import Any

import pytest

from devices.cubic_co2 import CM1106
from devices.cubic_dust import PM1006
from devices.dialogue import Ask, Listen
from devices.errors import NoReply, NotReady
from devices.rehearsal import rehearse
from devices.sample import Sample

READ_CO2 = Ask(bytes.fromhex("110101ed"), 1.0)
READ_DUST = Ask(bytes.fromhex("11020b01e1"), 1.0)
DEFAULTS = PM1006.configure({})
CO2: dict[str, Any] = {"cmd": 1, "co2_ppm": 600, "status_byte": 0, "counter": 9}
DUST: dict[str, Any] = {"cmd": 11, "pm2_5_ugm3": 35, "df7_8": 1537}
DUST_K: dict[str, Any] = {"cmd": 2, "pm1_0_ugm3": 12, "pm2_5_ugm3": 17, "pm10_ugm3": 21}


def test_co2_is_asked_and_big_endian() -> None:
    assert rehearse(CM1106.read({}), [CO2]) == ([READ_CO2], Sample({"co2": 600.0}))
    assert CM1106.decode(bytes.fromhex("16050107d000000d"), {})["co2_ppm"] == 2000


@pytest.mark.parametrize("other", [{"cmd": 1, "error_code": 2}, {"cmd": 30, "version": "CM V0"}])
def test_an_error_or_another_answer_is_no_measurement(other: dict[str, Any]) -> None:
    assert CM1106.sample(other, {}) is None
    assert rehearse(CM1106.read({}), [other, CO2])[1] == Sample({"co2": 600.0})
    with pytest.raises(NoReply):
        rehearse(CM1106.read({}), [other] * 1000)


def test_no_co2_at_all_is_a_sensor_that_was_just_switched_on() -> None:
    with pytest.raises(NotReady):
        CM1106.sample(CM1106.decode(CM1106.encode({"co2_ppm": 0}), {}), {})


def test_what_is_asked_of_a_co2_sensor_is_read_and_written_alike() -> None:
    for fields in (
        {"cmd": 0x0F, "abc": False, "abc_days": 14, "abc_base_ppm": 420, "rest_hex": "640264"},
        {"cmd": 0x1F, "serial": "20-2411-7-0-815"},
        {"cmd": 0x1E, "version": "CM V0.0.20 "},
        {"cmd": 0x1E, "data_hex": "00ff"},
        {"cmd": 0x03},
    ):
        assert CM1106.decode(CM1106.encode(fields), {}) == fields


def test_whatever_costs_a_calibration_is_never_sent_without_a_person() -> None:
    harmless = {name for name, command in CM1106.commands.items() if not command.dangerous}

    assert harmless == {"read", "read_abc", "version", "serial_number"}
    assert CM1106.commands["calibrate_1500"].dangerous
    assert rehearse(CM1106.start({})) == ([], None)


def test_a_pm1006_measures_one_size_and_a_pm1006k_three() -> None:
    told = PM1006.configure({"model": "pm1006k"})
    other = PM1006.tailored(told)

    assert rehearse(PM1006.read(DEFAULTS), [DUST]) == ([READ_DUST], Sample({"pm2_5": 35.0}))
    steps, sample = rehearse(other.read(told), [DUST_K])
    assert steps == [Ask(bytes.fromhex("110102ec"), 1.0)]
    assert sample == Sample({"pm1_0": 12.0, "pm2_5": 17.0, "pm10": 21.0})
    assert (PM1006.quantities, other.quantities) == (("pm2_5",), ("pm1_0", "pm2_5", "pm10"))


def test_a_pm2008_is_opened_first() -> None:
    told = PM1006.configure({"model": "pm2008"})
    opened = {"cmd": 0x0C, "data_hex": "02"}

    assert rehearse(PM1006.start(told), [opened])[0] == [Ask(bytes.fromhex("11030c021ec0"), 1.0)]
    assert rehearse(PM1006.start(DEFAULTS)) == ([], None)


def test_on_a_tapped_line_nothing_is_ever_asked() -> None:
    told = PM1006.configure({"tapped": True, "model": "pm2008"})
    opened = {"cmd": 0x0C, "data_hex": "02"}

    steps, sample = rehearse(PM1006.read(told), [opened, DUST])

    assert steps == [Listen(60.0), Listen(60.0)]
    assert sample == Sample({"pm2_5": 35.0})
    assert rehearse(PM1006.start(told)) == ([], None)
    assert PM1006.tailored(told).every == 60.0


def test_a_thousand_is_a_sensor_that_sees_nothing_and_is_kept_as_failed() -> None:
    sample = PM1006.sample(DUST | {"pm2_5_ugm3": 1000}, DEFAULTS)

    assert sample is not None
    assert "4.9 V" in sample.fault
    assert sample.values == {"pm2_5": 1000.0}
    assert PM1006.fits(DUST | {"pm2_5_ugm3": 1000})
    assert not PM1006.fits(DUST | {"pm2_5_ugm3": 1001})


def test_all_zero_is_dust_that_is_not_seen_yet_and_zero_alone_is_a_measurement() -> None:
    with pytest.raises(NotReady):
        PM1006.sample(PM1006.decode(PM1006.encode({"cmd": 11}), {}), DEFAULTS)
    clean = PM1006.decode(PM1006.encode({"cmd": 11, "df7_8": 1}), {})
    assert PM1006.sample(clean, DEFAULTS) == Sample({"pm2_5": 0.0})
