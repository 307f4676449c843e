from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask
from devices.errors import NoReply
from devices.hilink import LD2451
from devices.hilink_ld2450 import LD2450
from devices.rehearsal import rehearse
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from devices.dialogue import Fields, Step
    from devices.driver import Driver

COMING = {"x_mm": -3000, "y_mm": 4000, "speed_cms": -100, "res_mm": 320}
GOING = COMING | {"speed_cms": 50}
STANDING = COMING | {"speed_cms": 0}


def asked(driver: Driver, steps: list[Step]) -> list[str]:
    names = {command.data: name for name, command in driver.commands.items()}
    return [names[step.data] for step in steps if isinstance(step, Ask)]


def done(driver: Driver, name: str) -> dict[str, Any]:
    return {**(driver.commands[name].reply or {}), "value_hex": ""}


def test_whoever_walks_is_seen_in_the_direction_of_the_walk() -> None:
    assert LD2450.sample({"targets": [COMING, GOING, STANDING]}, {}) == Sample(
        detections=(Detection("in", 3.6, 5.0), Detection("out", 1.8, 5.0))
    )


def test_nobody_is_a_measurement_and_an_answer_is_none() -> None:
    assert LD2450.sample({"targets": []}, {}) == Sample()
    assert LD2450.sample(done(LD2450, "end_config"), {}) is None


def test_a_number_is_a_sign_and_a_magnitude_and_no_complement() -> None:
    target = {"x_mm": 32767, "y_mm": -32767, "speed_cms": -1, "res_mm": 65535}
    frame = LD2450.encode({"targets": [target]})

    assert frame[4:12].hex() == "ffffff7f0100ffff"
    assert LD2450.decode(frame, {}) == {"targets": [target]}


def test_it_is_only_told_to_leave_config_mode() -> None:
    steps, _ = rehearse(LD2450.start({}))

    assert asked(LD2450, steps) == ["enable_config", "end_config"]


@pytest.mark.parametrize("driver", [LD2450, LD2451], ids=str)
def test_a_command_is_carried_out_in_config_mode_which_is_left_again(driver: Driver) -> None:
    command = driver.commands["read_firmware"]
    script: list[Fields] = [
        done(driver, name) for name in ("enable_config", "read_firmware", "end_config")
    ]
    steps, answer = rehearse(driver.send(command, {}), script)

    assert asked(driver, steps) == ["enable_config", "read_firmware", "end_config"]
    assert answer is not None
    assert answer.fields["ack_cmd"] == 0xA0


def test_config_mode_is_left_though_a_command_was_not_answered() -> None:
    heard: list[str] = []
    dialogue = LD2450.send(LD2450.commands["read_mac"], {})

    def silent() -> Any:  # noqa: ANN401 - whatever the dialogue ends with
        try:
            yield from dialogue
        except NoReply:
            heard.append("no reply")

    steps, _ = rehearse(silent(), [done(LD2450, "enable_config")])

    assert heard == ["no reply"]
    assert asked(LD2450, steps)[-1] == "end_config"


def test_whoever_begins_config_mode_by_hand_stays_in_it() -> None:
    steps, _ = rehearse(
        LD2450.send(LD2450.commands["enable_config"], {}), [done(LD2450, "enable_config")]
    )

    assert asked(LD2450, steps) == ["enable_config"]


def test_whatever_outlives_a_power_cut_is_dangerous() -> None:
    dangerous = {name for name, command in LD2450.commands.items() if command.dangerous}

    assert {name.partition("_")[0] for name in dangerous} == {"set", "factory", "bluetooth"}
