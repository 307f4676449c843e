from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask, Listen, Pause
from devices.errors import BadSetting, DecodeError, NoReply
from devices.framing import Frame, Framer
from devices.omnipresense import OPS243
from devices.rehearsal import rehearse
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Settings

DEFAULTS = OPS243.configure({})
MPH = OPS243.configure({"unit": "mph"})
LINE = {"speed": 4.2}
JSON_ON = {"OutputFeature": "J"}
UNIT_ON = {"OutputFeature": "U"}


def seen(fields: Fields, settings: Settings = DEFAULTS) -> tuple[Detection, ...]:
    sample = OPS243.sample(fields, settings)
    assert sample is not None
    return sample.detections


def lines(stream: bytes) -> list[dict[str, Any]]:
    framer = Framer(OPS243.cutter(DEFAULTS))
    pieces = framer.feed(stream) + framer.end()
    return [OPS243.decode(piece.raw, DEFAULTS) for piece in pieces if isinstance(piece, Frame)]


@pytest.mark.parametrize(
    ("fields", "settings", "speed"),
    [
        ({"speed": 10}, DEFAULTS, 36.0),
        ({"speed": 10}, MPH, 16.09344),
        ({"speed": 10, "unit": "km/h"}, MPH, 10.0),
        ({"speed": 10, "unit": "kmph"}, DEFAULTS, 10.0),
        ({"speed": 10, "unit": "fps"}, DEFAULTS, 10.9728),
        ({"speed": 100, "unit": "cm/s"}, DEFAULTS, 3.6),
        ({"DetectedObjectVelocity": 34.5, "unit": "mph"}, DEFAULTS, 55.522368),
    ],
)
def test_a_speed_is_in_the_unit_of_its_line_else_in_the_configured_one(
    fields: Fields, settings: Settings, speed: float
) -> None:
    (detection,) = seen(fields, settings)

    assert detection.speed == pytest.approx(speed)


def test_a_speed_that_nobody_drives_is_an_error_and_no_vehicle() -> None:
    assert seen({"speed": [250, 10], "unit": "km/h"})[0].speed == 250
    with pytest.raises(DecodeError, match=r"250\.1 km/h .* unit km/h"):
        OPS243.sample({"speed": [250.1, 10], "unit": "km/h"}, DEFAULTS)


def test_a_radar_beside_the_road_sees_a_part_of_the_speed_and_is_told_how_much() -> None:
    (detection,) = seen({"speed": -10}, OPS243.configure({"angle": 60}))
    assert (detection.channel, detection.speed) == ("out", 72.0)
    with pytest.raises(BadSetting):
        OPS243.configure({"angle": 76})


def test_a_line_bears_no_more_objects_than_a_radar_can_be_told_to_report() -> None:
    line = OPS243.encode({"speed": [9.0] * 9})
    assert len(lines(line)) == 1
    assert lines(OPS243.encode({"speed": [9.0] * 10}) + line) == lines(line)


def test_a_unit_that_nobody_knows_is_no_speed() -> None:
    with pytest.raises(DecodeError, match="furlong"):
        OPS243.sample({"speed": 10, "unit": "furlong"}, DEFAULTS)


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({"speed": 3.6}, "in"),
        ({"speed": -3.6}, "out"),
        ({"speed": 3.6, "direction": "outbound"}, "out"),
        ({"DetectedObjectVelocity": -3.6, "direction": "inbound"}, "in"),
    ],
)
def test_the_channel_is_the_direction_that_is_named_else_the_sign(
    fields: Fields, channel: str
) -> None:
    (detection,) = seen(fields)

    assert detection == Detection(channel, 12.96)


def test_each_speed_of_a_list_is_an_object_with_its_own_echo() -> None:
    assert seen({"speed": [15.0, -10.0, 5.0], "magnitude": [500.0, 300.0]}) == (
        Detection("in", 54.0, None, 500.0),
        Detection("out", 36.0, None, 300.0),
        Detection("in", 18.0, None, None),
    )


def test_a_distance_of_zero_is_none() -> None:
    (near,) = seen({"speed": 1, "distance": 0.0})
    (far,) = seen({"speed": 1, "distance": 12.5})

    assert (near.distance, far.distance) == (None, 12.5)


def test_a_speed_of_zero_is_nobody_and_that_is_measured() -> None:
    assert OPS243.sample({"speed": 0}, DEFAULTS) == Sample()


@pytest.mark.parametrize(
    "fields",
    [
        {"Product": "OPS241"},
        {"DetectedObjectCount": 3},
        {"TimedSpeedCounts": {"count": 12, "average": -28.4}},
        {"range": 3.2, "unit": "m"},
    ],
)
def test_a_line_without_a_speed_detects_nothing(fields: Fields) -> None:
    assert OPS243.sample(fields, DEFAULTS) is None


def test_a_cut_line_does_not_cost_the_one_behind_it() -> None:
    assert lines(b'{"magnitude":"46{"speed":"1.5"}\r\n{"speed":2}\r\n') == [
        {"speed": 1.5},
        {"speed": 2},
    ]


def test_the_rest_of_a_broken_line_is_no_number() -> None:
    assert lines(b"x3.6\r\n\x00145.7\r\n1.2.3\r\n4.5\r\n") == [{"speed": 4.5}]


def test_a_line_without_an_end_is_given_up() -> None:
    assert lines(b"9" * 5000 + b"\r\n" + b'{"speed":2}\r\n') == [{"speed": 2}]
    assert lines(b'{"a":' * 5000 + b'{"speed":2}\r\n') == [{"speed": 2}]


def test_the_end_of_a_line_that_is_too_long_is_no_line_of_its_own() -> None:
    framer = Framer(OPS243.cutter(DEFAULTS))

    pieces = framer.feed(b"x" * 1100) + framer.feed(b"3.6\r\n4.5\r\n")

    assert [piece.raw for piece in pieces if isinstance(piece, Frame)] == [b"4.5\r\n"]


def test_a_line_of_nothing_but_brackets_is_junk() -> None:
    assert lines(b'{"a":' + b"[" * 1000 + b"\n4.5\n") == [{"speed": 4.5}]


def test_names_stay_text_even_where_they_look_like_numbers() -> None:
    assert lines(b'{"Version":"1.3","SerialNumber":"007","Clock":"88"}\n') == [
        {"Version": "1.3", "SerialNumber": "007", "Clock": 88}
    ]


def test_the_radar_is_told_json_and_unit_and_the_answers_are_waited_for() -> None:
    script: list[Fields] = [LINE, JSON_ON, LINE, {"Units": "mph"}, UNIT_ON]

    steps, _ = rehearse(OPS243.start(MPH), script)

    assert [step.data for step in steps if isinstance(step, Ask)] == [b"OJ", b"US", b"OU"]


def test_the_options_that_are_set_are_switched_on() -> None:
    told = OPS243.configure({"OM": True})

    answers = [{"OutputFeature": "J"}, {"Units": "mps"}, UNIT_ON, {"OutputFeature": "M"}]
    steps, _ = rehearse(OPS243.start(told), answers)

    assert steps[-1] == Ask(b"OM", 1.0)


def test_a_radar_that_answers_nothing_is_read_all_the_same() -> None:
    silent, _ = rehearse(OPS243.start(MPH))
    deaf, _ = rehearse(OPS243.start(MPH), [LINE] * 1000)

    assert silent == [Pause(0.25), *[Ask(b"OJ", 1.0)] * 3]
    assert len(deaf) == 61


def test_a_radar_that_insists_on_another_unit_is_not_believed() -> None:
    with pytest.raises(DecodeError, match="km/h"):
        rehearse(OPS243.start(MPH), [JSON_ON, {"Units": "km-per-hour"}])


def test_an_empty_road_is_a_measurement_as_long_as_the_radar_answers() -> None:
    steps, sample = rehearse(OPS243.read(DEFAULTS), [None, {"Product": "OPS243-A"}])

    assert sample == Sample()
    assert steps == [Listen(5.0), Ask(b"?P", 1.0)]


def test_whoever_comes_while_the_radar_is_asked_is_not_missed() -> None:
    _, sample = rehearse(OPS243.read(DEFAULTS), [None, LINE])

    assert sample.detections == (Detection("in", 15.12),)


def test_a_radar_that_does_not_answer_is_silent() -> None:
    with pytest.raises(NoReply):
        rehearse(OPS243.read(DEFAULTS))


@pytest.mark.parametrize("name", ["R>0", "R>10", "R<120", "@O60"])
def test_a_command_with_a_number_ends_in_a_carriage_return(name: str) -> None:
    assert OPS243.commands[name].data == f"{name}\r".encode()


@pytest.mark.parametrize(
    "name", ["R>", "R<0", "@O0", "R>00", "R>1000", "R>-1", "R>1\r", "@O", "R>\u0661", "dance"]
)
def test_numbers_that_the_radar_does_not_take_make_no_command(name: str) -> None:
    assert name not in OPS243.commands


def test_its_name_tells_it_from_others() -> None:
    assert OPS243.identify == ("?P",)
    assert OPS243.fits({"Product": "OPS241"})
    assert OPS243.fits(LINE)
    assert not OPS243.fits({"Product": "TFmini"})
