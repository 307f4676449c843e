from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask
from devices.errors import NoReply, NotReady
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.winsen import MHZ19

if TYPE_CHECKING:
    from devices.dialogue import Fields

DEFAULTS = MHZ19.configure({})
READ = Ask(bytes.fromhex("ff0186000000000079"), 1.0)
ABC_OFF = Ask(bytes.fromhex("ff0179000000000086"), 1.0)
MEASURED: dict[str, Any] = {"co2_ppm": 612, "temp_c": 31, "status_byte": 0, "reserved": 0}
ACCEPTED = {"reply_to": 0x79, "value_hex": "010000000000"}


def test_co2_is_all_that_is_measured_of_the_air() -> None:
    assert MHZ19.sample(MEASURED, DEFAULTS) == Sample({"co2": 612.0})


@pytest.mark.parametrize("co2", [0, 1, 0x179, 0xFFFF])
def test_a_checksum_is_a_byte_whatever_the_sum(co2: int) -> None:
    frame = MHZ19.encode({"co2_ppm": co2})
    assert len(frame) == 9
    assert sum(frame[1:]) % 256 == 0
    assert MHZ19.decode(frame, DEFAULTS)["co2_ppm"] == co2


def test_the_cold_is_measured_too() -> None:
    assert MHZ19.decode(MHZ19.encode({"temp_c": -40}), DEFAULTS)["temp_c"] == -40


def test_all_zero_is_a_sensor_that_was_just_switched_on() -> None:
    fields = MHZ19.decode(bytes.fromhex("ff860000000000007a"), DEFAULTS)

    with pytest.raises(NotReady):
        MHZ19.sample(fields, DEFAULTS)
    with pytest.raises(NotReady):
        rehearse(MHZ19.read(DEFAULTS), [fields])


def test_zero_ppm_from_a_warm_board_is_told_and_left_to_the_range_test() -> None:
    fields = MHZ19.decode(MHZ19.encode({"co2_ppm": 0, "temp_c": 20}), DEFAULTS)

    assert MHZ19.sample(fields, DEFAULTS) == Sample({"co2": 0.0})


def test_it_is_asked_and_its_answer_is_the_sample() -> None:
    assert rehearse(MHZ19.read(DEFAULTS), [MEASURED]) == ([READ], Sample({"co2": 612.0}))


def test_an_answer_to_another_command_is_no_measurement() -> None:
    steps, sample = rehearse(MHZ19.read(DEFAULTS), [ACCEPTED, MEASURED])

    assert sample == Sample({"co2": 612.0})
    assert steps[0] == READ
    assert READ not in steps[1:]


def test_a_question_without_an_answer_is_asked_again() -> None:
    steps, sample = rehearse(MHZ19.read(DEFAULTS), [None, None, MEASURED])

    assert (steps, sample) == ([READ] * 3, Sample({"co2": 612.0}))


@pytest.mark.parametrize("script", [[], [ACCEPTED] * 1000])
def test_one_that_never_measures_is_silent(script: list[Fields]) -> None:
    with pytest.raises(NoReply):
        rehearse(MHZ19.read(DEFAULTS), script)


def test_its_self_calibration_is_left_alone_unless_it_is_set() -> None:
    assert rehearse(MHZ19.start(DEFAULTS)) == ([], None)


@pytest.mark.parametrize("script", [[], [ACCEPTED]])
def test_its_self_calibration_is_switched_whether_it_answers_or_not(script: list[Fields]) -> None:
    told = MHZ19.configure({"abc": "off"})

    assert rehearse(MHZ19.start(told), script) == ([ABC_OFF], None)


def test_whatever_outlives_a_power_cut_or_cant_be_undone_is_dangerous() -> None:
    harmless = {name for name, command in MHZ19.commands.items() if not command.dangerous}

    assert harmless == {"read"}
