from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import PATIENCE, Ask, Listen, Pause, carry_out
from devices.driver import Line
from devices.errors import BadSetting, NoReply
from devices.nova import SDS011
from devices.omnipresense import OPS243
from devices.plantower import PMS5003
from devices.rehearsal import rehearse
from devices.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.dialogue import Received, Step

SLEEP = PMS5003.commands["sleep"]
SLEPT = {"ack_cmd": 0xE4, "ack_data": 0}
REPORT = {"pm2_5_ugm3": 1.5, "pm10_ugm3": 2.0, "device_id": 1}


@pytest.mark.parametrize(
    ("line", "bits"), [(Line(9600), 10), (Line(9600, "E"), 11), (Line(9600, "N", 2), 11)]
)
def test_a_byte_takes_its_start_parity_and_stop_bits_too(line: Line, bits: int) -> None:
    assert line.byte_seconds == pytest.approx(bits / 9600)


def test_settings_are_completed_with_the_defaults() -> None:
    assert OPS243.configure({"OT": True}) == {"unit": "m/s", "OT": True, "OM": False, "angle": 0}


@pytest.mark.parametrize(
    ("given", "key", "likely"),
    [
        ({"units": "m/s"}, "units", "unit"),
        ({"zzz": 1}, "zzz", ""),
        ({"unit": "furlongs"}, "unit", ""),
        ({"OT": 1}, "OT", ""),
        ({"unit": ["m/s"]}, "unit", ""),
    ],
)
def test_a_setting_that_is_not_taken_is_named(given: dict[str, Any], key: str, likely: str) -> None:
    with pytest.raises(BadSetting, match=key) as refused:
        OPS243.configure(given)

    assert (refused.value.key, refused.value.likely) == (key, likely)


def test_a_command_is_sent_until_its_answer_is_seen() -> None:
    steps, received = rehearse(carry_out(SLEEP, within=2.0), [REPORT, None, REPORT, SLEPT])

    assert received.fields == SLEPT
    assert steps == [Ask(SLEEP.data, 2.0), Listen(2.0), Ask(SLEEP.data, 2.0), Listen(2.0)]


def test_a_command_that_nobody_answers_is_given_up() -> None:
    with pytest.raises(NoReply, match="sleep"):
        rehearse(carry_out(SLEEP, within=2.0))
    with pytest.raises(NoReply, match="sleep"):
        rehearse(carry_out(SLEEP, within=2.0), [REPORT] * 1000)


def test_a_command_without_an_answer_takes_none_for_it() -> None:
    assert not PMS5003.commands["wake"].answered_by(SLEPT)
    assert PMS5003.commands["passive_read"].answered_by({"pm2_5_atm": 4})
    assert OPS243.commands["UK"].answered_by({"Units": "km-per-hour"})


def test_a_reply_between_two_reports_is_passed_over() -> None:
    steps, sample = rehearse(SDS011.read({}), [{"reply_to": 5}, REPORT])

    assert sample == Sample({"pm2_5": 1.5, "pm10": 2.0})
    assert steps == [Listen(5.0), Listen(5.0)]


def test_a_sensor_that_only_replies_does_not_hold_a_reader_for_ever() -> None:
    with pytest.raises(NoReply, match=str(PATIENCE)):
        rehearse(PMS5003.read({}), [SLEPT] * 1000)


def test_a_sensor_that_falls_silent_is_prepared_again() -> None:
    def read() -> Generator[Step, Received, str]:
        try:
            yield from PMS5003.read({})
        except NoReply:
            return "silent"
        return "spoke"

    steps, result = rehearse(read(), [None, None, {"pm2_5_atm": 4}])

    assert result == "silent"
    assert steps == [Listen(5.0), Listen(3.0), Ask(PMS5003.commands["wake"].data, 3.0)]


def test_a_rehearsal_gives_up_on_a_dialogue_without_an_end() -> None:
    def restless() -> Generator[Step, Received, None]:
        while True:
            yield Pause(1.0)

    with pytest.raises(AssertionError, match="did not end"):
        rehearse(restless())
