from __future__ import annotations

from typing import Any

import pytest

from devices.dialogue import Ask, Listen, Pause
from devices.errors import DeviceFault
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.senseair import K30, S8
from gateway.config.sensor import sensor

DEFAULTS = S8.configure({})
ALL = Ask(bytes.fromhex("fe0400000004e5c6"), 1.0)
ALONE = Ask(bytes.fromhex("fe0400030001d5c5"), 1.0)


def answer(*registers: int, function: int = 4) -> dict[str, Any]:
    return {"address": 0xFE, "function": function, "registers": list(registers)}


def test_it_is_asked_for_status_and_co2_at_once() -> None:
    steps, sample = rehearse(S8.read(DEFAULTS), [answer(0, 0, 0, 612)])
    assert (steps, sample) == ([ALL], Sample({"co2": 612.0}))


def test_co2_alone_is_no_measurement_for_nobody_knows_whether_it_is_sound() -> None:
    assert S8.sample(S8.decode(S8.encode({"value": 400}), DEFAULTS), DEFAULTS) is None


def test_co2_has_a_sign_alone_as_among_others_and_hours_have_none() -> None:
    below = S8.decode(bytes.fromhex("fe0402fffbad57"), DEFAULTS)
    hours = S8.decode(S8.encode(answer(0xFFFB, function=3)), DEFAULTS)

    assert (below["value"], hours["value"]) == (-5, 0xFFFB)
    assert S8.decode(S8.encode({"co2_ppm": -5}), DEFAULTS)["co2_ppm"] == -5
    assert S8.decode(S8.encode({"value": -5}), DEFAULTS)["value"] == -5


@pytest.mark.parametrize(
    ("status", "says"),
    [(1, "fatal error"), (0x40, "memory error"), (0x21, "fatal error, CO2 out of range"),
     (0x8000, "meter status 0x8000")],
)  # fmt: skip
def test_any_bit_of_its_status_is_a_fault_and_no_reading(status: int, says: str) -> None:
    with pytest.raises(DeviceFault, match=says):
        rehearse(S8.read(DEFAULTS), [answer(status, 0, 0, 612)])


def test_its_answers_are_proven_by_four_registers_and_one() -> None:
    steps, _ = rehearse(S8.start(DEFAULTS), [None, answer(0, 0, 0, 612), answer(612)])
    assert steps == [Listen(0.2), ALL, ALONE]
    with pytest.raises(DeviceFault, match="the question before"):
        rehearse(S8.start(DEFAULTS), [None, answer(612), None])


def test_on_a_bus_its_commands_bear_its_address() -> None:
    assert sensor("senseair.s8", {"address": 4}).driver.commands["read_co2"].data[0] == 4
    assert S8.commands["read_co2"].data == ALONE.data


@pytest.mark.parametrize("done", [True, False])
def test_a_background_calibration_is_run_whole_and_looked_at(*, done: bool) -> None:
    commands = S8.commands
    script = [
        {"address": 0xFE, "function": 6, "register": 0, "value": 0},
        {"address": 0xFE, "function": 6, "register": 1, "value": 0x7C06},
        answer(0x20 * done, function=3) | {"value": 0x20 * done},
    ]
    sending = S8.send(commands["background_calibration"], DEFAULTS)
    if not done:
        with pytest.raises(DeviceFault):
            rehearse(sending, script)
        return
    steps, _ = rehearse(sending, script)
    asked = ["clear_acknowledgement", "background_calibration", "read_acknowledgement"]
    assert [step.data for step in steps if isinstance(step, Ask)] == [
        commands[name].data for name in asked
    ]
    assert isinstance(steps[2], Pause)


def test_the_self_calibration_and_the_calibration_are_dangerous() -> None:
    dangerous = {name for name, command in S8.commands.items() if command.dangerous}
    assert dangerous == {"abc_on", "abc_off", "background_calibration"}


def test_a_k30_is_read_like_an_s8_and_says_that_nobody_has_tried() -> None:
    frame = K30.encode({"co2_ppm": 612})
    assert K30.decode(frame, DEFAULTS) == S8.decode(frame, DEFAULTS)
    assert (K30.proof, S8.proof) == ("documents", "example")
