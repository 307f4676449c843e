from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask, Listen, Received
from devices.errors import DecodeError, DeviceFault, DriverError, NoReply
from devices.framing import Frame, Framer
from devices.hilink import LD2451
from devices.rehearsal import rehearse
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.dialogue import Fields, Step

DEFAULTS = LD2451.configure({})
BOTH_WAYS = LD2451.configure({"watches": "both"})
COMING = {"angle_deg": -3, "distance_m": 40, "dir_raw": 1, "speed_kmh": 52, "snr": 17}
GOING = {"angle_deg": 5, "distance_m": 80, "dir_raw": 0, "speed_kmh": 31, "snr": 9}
REPORT: dict[str, Any] = {"alarm": 1, "targets": [COMING, GOING]}
NOBODY: dict[str, Any] = {"alarm": 0, "targets": []}
SEEN = Sample(
    detections=(Detection("in", 52.0, 40.0, 17.0), Detection("out", 31.0, 80.0, 9.0)),
)


def ack(name: str, value: str = "", status: int = 0) -> Fields:
    code = LD2451.commands[name].data[6]
    return {"ack_cmd": code, "is_ack": True, "status": status, "value_hex": value}


ENABLED = ack("enable_config", "01004000")
ENDED = ack("end_config")
BOTH = ack("read_target_params", "64020502")
APPROACH_ONLY = ack("read_target_params", "50010703")
TOLD = ack("set_target_params_80m_both_7kmh_3s")


def ended(
    dialogue: Generator[Step, Received, object],
) -> Generator[Step, Received, DriverError | None]:
    """Run a dialogue and return what it ends with."""
    try:
        yield from dialogue
    except DriverError as error:
        return error
    return None


def asked(steps: list[Step]) -> list[str]:
    """Name the commands among steps."""
    names = {command.data: name for name, command in LD2451.commands.items()}
    return [names.get(step.data, step.data.hex()) for step in steps if isinstance(step, Ask)]


def test_each_target_is_a_detection_in_the_channel_of_its_direction() -> None:
    assert LD2451.sample(REPORT, DEFAULTS) == SEEN


def test_which_byte_means_coming_closer_is_a_setting() -> None:
    sample = LD2451.sample(REPORT, LD2451.configure({"approaching": 0}))

    assert sample is not None
    assert [detection.channel for detection in sample.detections] == ["out", "in"]


def test_nobody_is_a_measurement_and_an_answer_is_none() -> None:
    assert LD2451.sample(NOBODY, DEFAULTS) == Sample()
    assert LD2451.sample(ENDED, DEFAULTS) is None


@pytest.mark.parametrize("frame", ["f4f3f2f10000f8f7f6f5", "f4f3f2f102000000f8f7f6f5"])
def test_both_ways_to_say_nobody_mean_the_same(frame: str) -> None:
    assert LD2451.decode(bytes.fromhex(frame), DEFAULTS) == NOBODY


@pytest.mark.parametrize(
    ("distance", "speed", "whole"), [(100, 250, 1), (101, 250, 0), (9, 251, 0)]
)
def test_a_target_that_can_not_be_makes_no_report(distance: int, speed: int, whole: int) -> None:
    target = {**COMING, "distance_m": distance, "speed_kmh": speed}
    framer = Framer(LD2451.cutter(DEFAULTS))
    pieces = framer.feed(LD2451.encode({"alarm": 1, "targets": [target]})) + framer.end()
    assert [isinstance(piece, Frame) for piece in pieces] == [bool(whole)]


def test_whoever_is_faster_than_a_radar_measures_was_there_at_an_unknown_speed() -> None:
    for shown, known in ((120, 120.0), (121, None)):
        sample = LD2451.sample({"targets": [{**COMING, "speed_kmh": shown}]}, DEFAULTS)
        assert sample is not None
        assert [each.speed for each in sample.detections] == [known]


def test_a_radar_that_watches_both_directions_is_left_as_it_is() -> None:
    steps, _ = rehearse(LD2451.start(DEFAULTS), [ENABLED, BOTH, ENDED])

    assert asked(steps) == ["enable_config", "read_target_params", "end_config"]


def test_a_radar_that_watches_one_direction_is_told_nothing_that_no_config_asks_for() -> None:
    steps, ending = rehearse(ended(LD2451.start(DEFAULTS)), [ENABLED, APPROACH_ONLY, ENDED])

    assert asked(steps) == ["enable_config", "read_target_params", "end_config"]
    assert isinstance(ending, DeviceFault)
    assert 'watches = "both"' in ending.why


def test_one_that_watches_the_direction_that_is_meant_is_left_as_it_is() -> None:
    told = LD2451.configure({"watches": "approach"})
    steps, _ = rehearse(LD2451.start(told), [ENABLED, APPROACH_ONLY, ENDED])

    assert asked(steps) == ["enable_config", "read_target_params", "end_config"]
    assert LD2451.tailored(told).channels == ("in",)
    assert LD2451.sample(REPORT, told) == Sample(detections=SEEN.detections[:1])


def test_a_radar_that_watches_one_direction_is_told_both_and_nothing_else() -> None:
    steps, _ = rehearse(LD2451.start(BOTH_WAYS), [ENABLED, APPROACH_ONLY, TOLD, ENDED])

    told = LD2451.commands["set_target_params_80m_both_7kmh_3s"].data.hex()
    assert asked(steps) == ["enable_config", "read_target_params", told, "end_config"]


@pytest.mark.parametrize("said", [ack("set_target_params_80m_both_7kmh_3s", status=1), None])
def test_a_radar_that_will_not_watch_both_is_not_read_and_out_of_config_mode(
    said: Fields | None,
) -> None:
    script = [ENABLED, APPROACH_ONLY, said]
    steps, ending = rehearse(ended(LD2451.start(BOTH_WAYS)), script)

    assert isinstance(ending, DecodeError)
    assert "both" in ending.why
    assert asked(steps)[-1] == "end_config"


def test_reports_that_were_on_their_way_are_no_answers() -> None:
    script = [REPORT, ENABLED, REPORT, BOTH, REPORT, ENDED]
    steps, _ = rehearse(LD2451.start(DEFAULTS), script)

    assert asked(steps) == ["enable_config", "read_target_params", "end_config"]


def test_a_radar_that_answers_nothing_is_read_as_it_speaks_after_it_left_config_mode() -> None:
    silent, _ = rehearse(LD2451.start(DEFAULTS))
    deaf, _ = rehearse(LD2451.start(DEFAULTS), [REPORT] * 1000)

    assert asked(silent) == asked(deaf) == ["enable_config"] * 3 + ["end_config"]
    assert len(deaf) < 70


def test_an_answer_that_is_not_understood_is_no_permission_to_read() -> None:
    with pytest.raises(DecodeError, match="four"):
        rehearse(LD2451.start(DEFAULTS), [ENABLED, ack("read_target_params", "6402"), ENDED])


def test_a_report_is_the_sample() -> None:
    assert rehearse(LD2451.read(DEFAULTS), [ENDED, REPORT]) == ([Listen(5.0)] * 2, SEEN)


def test_a_silent_radar_that_answers_sees_nobody_and_goes_on_reporting() -> None:
    steps, sample = rehearse(LD2451.read(DEFAULTS), [None, ENABLED, ENDED])

    assert sample == Sample()
    assert asked(steps) == ["enable_config", "end_config"]


def test_whoever_comes_while_the_radar_is_asked_is_not_missed() -> None:
    steps, sample = rehearse(LD2451.read(DEFAULTS), [None, NOBODY, REPORT, ENABLED, ENDED])

    assert sample == SEEN
    assert asked(steps) == ["enable_config", "end_config"]


def test_a_silent_radar_that_does_not_answer_is_told_to_end_config_mode_and_is_silent() -> None:
    steps, ending = rehearse(ended(LD2451.read(DEFAULTS)))

    assert isinstance(ending, NoReply)
    assert asked(steps) == ["enable_config", "end_config"]


@pytest.mark.parametrize("said", [None, ack("end_config", status=1), ENABLED])
def test_a_silent_radar_that_may_still_be_in_config_mode_is_deaf_and_sees_not_nobody(
    said: Fields | None,
) -> None:
    left = [said, None] if said else [said]
    steps, ending = rehearse(ended(LD2451.read(DEFAULTS)), [None, *[ENABLED, *left] * 3])

    assert isinstance(ending, NoReply)
    assert asked(steps) == ["enable_config", "end_config"] * 3


def test_a_radar_whose_word_that_it_left_config_mode_was_lost_is_asked_again() -> None:
    steps, sample = rehearse(LD2451.read(DEFAULTS), [None, ENABLED, None, ENABLED, ENDED])

    assert sample == Sample()
    assert asked(steps) == ["enable_config", "end_config"] * 2


def test_a_late_word_that_it_left_before_it_was_sent_there_again_is_none() -> None:
    script = [None, ENABLED, None, ENDED, None, None, ENDED, None, None]
    _, ending = rehearse(ended(LD2451.read(DEFAULTS)), script)

    assert isinstance(ending, NoReply)


def test_what_a_radar_reports_is_taken_though_it_may_have_fallen_deaf_behind_it() -> None:
    _, sample = rehearse(LD2451.read(DEFAULTS), [None, REPORT, ENABLED])

    assert sample == SEEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("set_target_params_10m_away_0kmh_0s", "0a000000"),
        ("set_target_params_255m_both_120kmh_255s", "ff0278ff"),
        ("set_sensitivity_10x_snr8", "0a080000"),
        ("set_sensitivity_1x_snr3", "01030000"),
    ],
)
def test_a_command_whose_name_bears_numbers_takes_any_that_the_radar_does(
    name: str, value: str
) -> None:
    command = LD2451.commands[name]

    assert (command.name, command.data[8:-4].hex()) == (name, value)
    assert command.dangerous


@pytest.mark.parametrize(
    "name",
    [
        "set_target_params_9m_both_5kmh_2s",
        "set_target_params_256m_both_5kmh_2s",
        "set_target_params_100m_sideways_5kmh_2s",
        "set_target_params_100m_both_121kmh_2s",
        "set_target_params_100m_both_5kmh_256s",
        "set_target_params_100m_both_5kmh_2s_",
        "set_target_params_" + "9" * 5000 + "m_both_5kmh_2s",
        "set_sensitivity_0x_snr4",
        "set_sensitivity_11x_snr4",
        "set_sensitivity_1x_snr9",
        "set_sensitivity_1x_snr2",
        "set_sensitivity_\u0661x_snr4",
        "dance",
    ],
)
def test_numbers_that_the_radar_does_not_take_make_no_command(name: str) -> None:
    assert name not in LD2451.commands


def test_whatever_outlives_a_power_cut_is_dangerous() -> None:
    dangerous = {name for name, command in LD2451.commands.items() if command.dangerous}

    assert {name.partition("_")[0] for name in dangerous} == {"set", "factory"}


def test_an_answer_that_says_no_is_no_answer_to_wait_for() -> None:
    command = LD2451.commands["read_target_params"]

    assert command.answered_by(BOTH)
    assert not command.answered_by(ack("read_target_params", status=1))
    assert not command.answered_by(ENABLED)
