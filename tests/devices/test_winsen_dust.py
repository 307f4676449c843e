from __future__ import annotations

from typing import Any

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NotReady
from devices.honeywell import HPMA115S0
from devices.plantower import PMS3003, PMS5003
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.winsen import MHZ19
from devices.winsen_dust import ZH03B
from devices.winsen_gas import ZE

DEFAULTS = ZH03B.configure({})
STREAMED: dict[str, Any] = {
    "mode": "active",
    "pm1_0_ugm3": 12,
    "pm2_5_ugm3": 17,
    "pm10_ugm3": 21,
}
SAMPLE = Sample({"pm1_0": 12.0, "pm2_5": 17.0, "pm10": 21.0})
WAKE, ACTIVE = (Ask(ZH03B.commands[name].data, 3.0) for name in ("wake", "active_mode"))


def test_both_ways_to_speak_measure_the_same() -> None:
    for mode in ("active", "qa"):
        fields = ZH03B.decode(ZH03B.encode(STREAMED | {"mode": mode}), DEFAULTS)
        assert fields["mode"] == mode
        assert ZH03B.sample(fields, DEFAULTS) == SAMPLE


def test_a_streamed_frame_has_24_bytes_or_32() -> None:
    for size in (24, 32):
        rest = "00" * (size - 12)
        frame = ZH03B.encode(STREAMED | {"rest_hex": rest})
        assert len(frame) == size
        assert ZH03B.decode(frame, DEFAULTS) == STREAMED | {"rest_hex": rest}


@pytest.mark.parametrize("mode", ["active", "qa"])
def test_all_zero_is_a_sensor_that_has_just_woken(mode: str) -> None:
    with pytest.raises(NotReady):
        ZH03B.sample(ZH03B.decode(ZH03B.encode({"mode": mode}), DEFAULTS), DEFAULTS)


def test_one_that_streams_is_left_alone_and_a_silent_one_is_woken_and_told_to() -> None:
    slept = {"reply_to": 0xA7, "value_hex": "010000000000"}

    assert rehearse(ZH03B.start(DEFAULTS), [STREAMED])[0] == [Listen(3.0)]
    assert rehearse(ZH03B.start(DEFAULTS), [None, slept])[0] == [Listen(3.0), WAKE, ACTIVE]
    assert rehearse(ZH03B.start(DEFAULTS))[0] == [Listen(3.0), WAKE, ACTIVE]


def test_nothing_is_kept_without_power_and_so_nothing_is_dangerous() -> None:
    assert not any(command.dangerous for command in ZH03B.commands.values())


@pytest.mark.parametrize(
    ("frame", "who"),
    [
        ("ff86008500960065fa", {"winsen.zh03b"}),
        ("ff86027c42000000ba", {"winsen.mhz19"}),
        ("ff8602200000000058", {"winsen.mhz19"}),
        ("ff8600110000000e5b", {"winsen.ze"}),
        ("ff860000000000007a", {"winsen.zh03b", "winsen.mhz19", "winsen.ze"}),
    ],
)
def test_the_same_question_is_answered_in_the_same_form_by_three_and_told_apart(
    frame: str, who: set[str]
) -> None:
    raw = bytes.fromhex(frame)

    fit = {
        driver.name
        for driver in (ZH03B, MHZ19, ZE)
        if driver.fits(driver.decode(raw, driver.configure({})))
    }

    assert fit == who


def test_a_stream_is_told_from_plantowers_and_honeywells() -> None:
    ours = ZH03B.encode(STREAMED | {"rest_hex": "00" * 12})
    theirs = PMS3003.encode({"pm10_cf1": 21, "pm10_atm": 21, "reserved_18": 81})
    more = PMS5003.encode({"pm10_cf1": 21, "pm10_atm": 21, "n0_3": 210})

    assert ZH03B.fits(ZH03B.decode(ours, DEFAULTS))
    assert not ZH03B.fits(ZH03B.decode(theirs, DEFAULTS))
    assert not ZH03B.fits(ZH03B.decode(more, DEFAULTS))
    assert not PMS3003.fits(PMS3003.decode(ours, {}))
    other = HPMA115S0.encode({"mode": "auto_send", "pm2_5_ugm3": 17, "pm10_ugm3": 21})
    assert not ZH03B.fits(ZH03B.decode(other, DEFAULTS))
