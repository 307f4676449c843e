from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.benewake import TFMINI
from devices.dialogue import Ask, Listen
from devices.errors import DeviceFault, NoReply
from devices.rehearsal import rehearse
from devices.sample import Detection, Sample
from tests.devices.told import told

if TYPE_CHECKING:
    from devices.dialogue import Fields, Step

FAR: dict[str, Any] = {"distance_cm": 600, "strength": 1500, "temp_c": 40.0, "reliable": True}
NEAR = FAR | {"distance_cm": 549}
DARK = FAR | {"strength": 62, "distance_cm": 0, "reliable": False}
LANE = told("benewake.tfmini", {"lane_metres": 6.0})
PLAIN = told("benewake.tfmini", {})


def done(name: str) -> Fields:
    """The answer to a command, as it comes."""
    return TFMINI.commands[name].reply or {}


def asked(steps: list[Step]) -> list[str]:
    names = {command.data: name for name, command in TFMINI.commands.items()}
    return [names[step.data] for step in steps if isinstance(step, Ask)]


TOLD = [done("output_on"), done("format_cm"), done("rate_50hz")]


@pytest.mark.parametrize(
    ("changed", "values"),
    [
        ({}, {"distance": 6.0, "signal": 1500.0}),
        ({"reliable": False, "strength": 62}, {"distance": None, "signal": 62.0}),
        ({"reliable": False, "strength": 65535}, {"distance": None, "signal": None}),
        ({"distance_cm": 0}, {"distance": None, "signal": 1500.0}),
    ],
)
def test_without_an_echo_there_is_no_distance(
    changed: dict[str, Any], values: dict[str, float | None]
) -> None:
    sample = TFMINI.sample(FAR | changed, PLAIN.settings)

    assert sample is not None
    assert sample.values == values


@pytest.mark.parametrize(
    ("strength", "distance", "is_echo"),
    [(99, 300, False), (100, 300, True), (65534, 300, True), (65535, 300, False)]
    + [(1500, number, False) for number in (65532, 65534, 65535)],
)
def test_strength_and_distance_say_whether_there_was_an_echo(
    strength: int,
    distance: int,
    is_echo: bool,  # noqa: FBT001 - what is expected
) -> None:
    frame = TFMINI.encode({"distance_cm": distance, "strength": strength})

    assert TFMINI.decode(frame, PLAIN.settings)["reliable"] is is_echo


def test_a_distance_is_in_the_unit_that_is_set() -> None:
    sensor = told("benewake.tfmini", {"unit": "mm"})
    fields = sensor.driver.decode(TFMINI.encode(FAR), sensor.settings)
    sample = sensor.driver.sample(fields, sensor.settings)

    assert sample is not None
    assert sample.values["distance"] == 0.6


def test_a_lidar_that_measures_has_quantities_and_one_that_watches_a_lane_counts() -> None:
    assert (PLAIN.driver.quantities, PLAIN.driver.channels) == (("distance", "signal"), ())
    assert (LANE.driver.quantities, LANE.driver.channels) == ((), ("all",))
    assert (LANE.driver.sums, LANE.driver.gap_seconds) == ((), 0.4)


@pytest.mark.parametrize(
    ("fields", "sample"),
    [
        (FAR, Sample()),
        (FAR | {"distance_cm": 550}, Sample()),
        (FAR | {"distance_cm": 900}, Sample()),
        (NEAR, Sample(detections=(Detection("all", None, 5.49, 1500.0),))),
        (DARK, None),
    ],
)
def test_whoever_is_nearer_than_the_empty_lane_by_the_margin_is_there(
    fields: Fields, sample: Sample | None
) -> None:
    assert TFMINI.sample(fields, LANE.settings) == sample


def test_what_swallows_the_beam_for_a_moment_is_passed_over() -> None:
    _, sample = rehearse(LANE.driver.read(LANE.settings), [*[DARK] * 60, NEAR])

    assert len(sample.detections) == 1


def test_a_lidar_that_sees_no_lane_does_not_say_that_it_is_empty() -> None:
    with pytest.raises(DeviceFault, match="no echo from the lane"):
        rehearse(LANE.driver.read(LANE.settings), [DARK] * 100)


def test_a_lidar_is_told_unit_and_rate_and_nothing_that_lasts() -> None:
    steps, _ = rehearse(TFMINI.start(PLAIN.settings), TOLD)

    assert asked(steps) == ["output_on", "format_cm", "rate_50hz"]
    assert not any(TFMINI.commands[name].dangerous for name in asked(steps))


def test_one_that_hears_but_does_not_take_the_unit_is_not_read() -> None:
    with pytest.raises(NoReply):
        rehearse(TFMINI.start(PLAIN.settings), TOLD[:1])


def test_one_that_does_not_take_the_rate_is_read_as_it_is() -> None:
    rehearse(TFMINI.start(PLAIN.settings), TOLD[:2])


def test_one_that_is_deaf_is_read_as_it_is_and_the_first_tfmini_is_told_nothing() -> None:
    steps, _ = rehearse(TFMINI.start(PLAIN.settings), [])
    first = told("benewake.tfmini", {"model": "tfmini"})

    assert set(asked(steps)) == {"output_on"}
    assert rehearse(first.driver.start(first.settings))[0] == []
    assert first.driver.every == 0.01


def test_a_silent_lidar_is_told_to_speak_again() -> None:
    with pytest.raises(NoReply):
        rehearse(LANE.driver.read(LANE.settings))
    dialogue = PLAIN.driver.read(PLAIN.settings)
    assert next(dialogue) == Listen(5.0)
    step = dialogue.throw(NoReply("silence"))
    assert isinstance(step, Ask)
    assert asked([step]) == ["output_on"]


@pytest.mark.parametrize(
    "name", ["rate_1001hz", "rate_50", "rate_050hz", "baud_1200", "baud_9600hz", "dance"]
)
def test_numbers_that_a_lidar_does_not_take_make_no_command(name: str) -> None:
    assert name not in TFMINI.commands


def test_what_outlives_a_power_cut_or_moves_the_line_is_dangerous() -> None:
    assert TFMINI.commands["rate_42hz"].data == bytes.fromhex("5a06032a008d")
    assert TFMINI.commands["baud_9600"].dangerous
    assert {name for name, each in TFMINI.commands.items() if each.dangerous} == {
        "save",
        "baud_115200",
    }


def test_a_chip_that_is_too_hot_belongs_to_another_sensor() -> None:
    assert TFMINI.fits(FAR)
    assert not TFMINI.fits(FAR | {"temp_c": 130.0})
