"""Radars that show a speed: what they make of a target, and what they say besides."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from devices.decatur import SI
from devices.dialogue import Ask, Listen
from devices.errors import DecodeError, NoReply
from devices.framing import Frame, Framer
from devices.hikvision import CSR
from devices.hilink_ld2450 import LD2450
from devices.houston import ASCII, DR500
from devices.icoms import TMA296
from devices.mph import DS4, SPEED
from devices.rehearsal import rehearse
from devices.rfbeam import KLD7
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Driver

NOBODY = Sample()
RESP: dict[str, Any] = {"packet": "RESP", "code": 0}


def seen(driver: Driver, raw: bytes, **told: object) -> Sample | None:
    """Read a frame as a device with these settings."""
    settings = driver.configure(told)
    return driver.sample(driver.decode(raw, settings), settings)


def one(
    channel: str, speed: float, distance: float | None = None, signal: float | None = None
) -> Sample:
    return Sample(detections=(Detection(channel, speed, distance, signal),))


def mph(target: int = 1, status: int = 0x80) -> bytes:
    return bytes((2, status, 1, target, 1, 1, 3))


def tracked(speed: int, cm: int) -> bytes:
    return b"TDAT\x08\0\0\0" + struct.pack("<HhhH", cm, speed, 0, 10)


def walking(speed: int) -> bytes:
    return LD2450.encode({"targets": [{"x_mm": 100, "y_mm": 2000, "speed_cms": speed}]})


@pytest.mark.parametrize("unit", ["mph", "km/h"])
def test_a_speed_is_in_the_unit_that_the_radar_was_set_to(unit: str) -> None:
    kmh = {"mph": 1.609344, "km/h": 1.0}[unit]
    assert seen(SPEED, mph(60), unit=unit) == one("all", 60 * kmh)
    assert seen(ASCII, b"060\r\n", unit=unit) == one("all", 60 * kmh)
    assert seen(SI, b"*+060.0,120\r\n", unit=unit) == one("in", 60 * kmh)
    assert seen(DR500, DR500.encode({"avg_speed": 60}), unit=unit) == one("all", 60 * kmh)


def cut(driver: Driver, raw: bytes, **told: object) -> list[bytes]:
    """Return the frames that a device with these settings finds."""
    framer = Framer(driver.cutter(driver.configure(told)))
    pieces = framer.feed(raw) + framer.end()
    return [piece.raw for piece in pieces if isinstance(piece, Frame)]


@pytest.mark.parametrize(
    ("driver", "told", "can_be", "can_not"),
    [
        (ASCII, {}, b"155\r\n", b"156\r\n"),
        (ASCII, {"unit": "km/h"}, b"+250\r", b"+251\r"),
        (TMA296, {}, b"+250 km/h045 m\r\n", b"+251 km/h045 m\r\n"),
        (TMA296, {}, b"+155 MPH045 ft\r\n", b"+156 MPH045 ft\r\n"),
        (SI, {}, b"*+155.3,120\r\n", b"*+155.4,120\r\n"),
        (SI, {"unit": "km/h"}, b"*-250.0,120\r\n", b"*-250.1,120\r\n"),
        (CSR, {}, b"+246", b"+247"),
        (SPEED, {}, mph(155), mph(156)),
        (DS4, {"unit": "km/h"}, mph(250), mph(251)),
        (KLD7, {}, tracked(25_000, 10_000), tracked(25_001, 10_000)),
        (KLD7, {}, tracked(-25_000, 10_000), tracked(-32_768, 10_000)),
        (KLD7, {}, tracked(100, 10_000), tracked(100, 10_001)),
        (LD2450, {}, walking(6944), walking(6945)),
        (LD2450, {}, walking(-6944), walking(-6945)),
    ],
)
def test_what_nobody_drives_is_no_frame_where_no_checksum_guards_it(
    driver: Driver, told: dict[str, object], can_be: bytes, can_not: bytes
) -> None:
    assert cut(driver, can_be, **told) == [can_be]
    assert cut(driver, can_not, **told) == []


@pytest.mark.parametrize(
    "line",
    [b"0134\r\n", b"x045\r\n", b"000134\r\n", b"\xff047\r\n", b"01+0\r\n", b"0" * 80 + b"134\r\n"],
)
def test_three_digits_behind_anything_else_are_no_speed_and_cost_no_line_behind_them(
    line: bytes,
) -> None:
    assert cut(ASCII, line + b"045\r\n") == [b"045\r\n"]


@pytest.mark.parametrize("value", [0, 1, 2, 3])
def test_below_four_an_mph_radar_means_zero_and_zero_is_nobody(value: int) -> None:
    assert SPEED.decode(mph(value), {})["target"] == 0
    assert seen(SPEED, mph(value)) == NOBODY


@pytest.mark.parametrize(("bit", "word"), [(0, "voltage"), (1, "disturbed")])
def test_an_mph_radar_that_has_a_fault_says_so_and_goes_on(bit: int, word: str) -> None:
    sample = seen(SPEED, mph(60, 0x80 | 1 << bit))
    assert sample is not None
    assert word in sample.fault
    assert sample.detections


def test_the_feet_of_a_ds4_are_metres() -> None:
    assert seen(DS4, bytes.fromhex("02800141013703")) == one("in", 65 * 1.609344, 167.64)
    assert seen(DS4, bytes.fromhex("02800141010103")) == one("in", 65 * 1.609344)


@pytest.mark.parametrize(
    ("driver", "raw"),
    [
        (ASCII, b"000\r\n"),
        (ASCII, b"?000\r\n"),
        (ASCII, b"?047\r\n"),
        (TMA296, b"+000 km/h000 m\r\n"),
        (SI, b"*?000.0,000\r\n"),
        (CSR, b"+000"),
        (DR500, DR500.encode({"avg_speed": 0})),
        (DR500, DR500.encode({"avg_speed": -1})),
        (KLD7, KLD7.encode({"packet": "TDAT"})),
        (KLD7, KLD7.encode({"packet": "TDAT", "targets": [{"distance_m": 3}]})),
    ],
)
def test_a_speed_of_zero_is_nobody_and_nobody_is_a_measurement(driver: Driver, raw: bytes) -> None:
    assert seen(driver, raw) == NOBODY


@pytest.mark.parametrize(
    ("driver", "coming", "going"),
    [
        (ASCII, b"+050\r", b"-050\r"),
        (SI, b"*+050.0,120\r\n", b"*-050.0,120\r\n"),
        (CSR, b"+050", b"-050"),
        (TMA296, b"+050 km/h010 m\r\n", b"-050 km/h010 m\r\n"),
    ],
)
def test_directions_are_channels_where_they_are_told_and_one_channel_otherwise(
    driver: Driver, coming: bytes, going: bytes
) -> None:
    told = driver.configure({"directions": True})
    untold = driver.configure({"directions": False})
    for raw, channel in ((coming, "in"), (going, "out")):
        sample = seen(driver, raw, **told)
        assert sample is not None
        assert [detection.channel for detection in sample.detections] == [channel]
        sample = seen(driver, raw, **untold)
        assert sample is not None
        assert [detection.channel for detection in sample.detections] == ["all"]
    assert driver.tailored(told).channels == ("in", "out")
    assert driver.tailored(untold).channels == ("all",)


@pytest.mark.parametrize(("driver", "raw"), [(SI, b"*?050.0,120\r\n"), (CSR, b"*050")])
def test_who_goes_nowhere_known_does_not_count_once_here_and_once_there(
    driver: Driver, raw: bytes
) -> None:
    assert seen(driver, raw) == NOBODY
    sample = seen(driver, raw, directions=False)
    assert sample is not None
    assert len(sample.detections) == 1


def test_miles_and_feet_in_a_line_of_icoms_are_read_as_such() -> None:
    assert seen(TMA296, b"+034 mph 100 ft\r\n") == one("in", 34 * 1.609344, 30.48)


@pytest.mark.parametrize(
    ("form", "raw", "channels"),
    [(0, b"\x32", ("all",)), (1, b"\xf9\x32", ("in", "out")), (2, b"+050", ("in", "out"))],
)
def test_each_format_of_hikvision_says_what_it_can(
    form: int, raw: bytes, channels: tuple[str, ...]
) -> None:
    assert seen(CSR, raw, format=form) == one(channels[0], 50.0)
    assert CSR.tailored(CSR.configure({"format": form})).channels == channels
    fields = CSR.decode(raw, CSR.configure({"format": form}))
    assert CSR.encode(fields) == raw


@pytest.mark.parametrize("form", [0, 1, 2])
def test_that_a_hikvision_was_switched_on_is_no_speed_in_any_format(form: int) -> None:
    assert seen(CSR, bytes.fromhex("fefdfdfe"), format=form) is None
    assert seen(CSR, bytes.fromhex("fa310032fb"), format=form) is None


def test_an_answer_to_a_command_is_no_line() -> None:
    assert seen(SI, b"OK\n\r") is None
    assert SI.commands["unit_id"].answered_by(SI.decode(b"42\n\r", {}))


def test_a_dr500_is_asked_and_an_answer_to_something_else_is_passed_over() -> None:
    told = DR500.configure({})
    script: list[Fields] = [{"msg": 19, "status": 0}, {"msg": 50, "avg_speed": 50}]
    steps, sample = rehearse(DR500.read(told), script)
    assert sample == one("all", 50 * 1.609344)
    assert steps == [Ask(bytes.fromhex("f3317226fc"), 1.0), Listen(1.0)]


def test_a_k_ld7_is_greeted_before_anything_else() -> None:
    steps, _ = rehearse(KLD7.start(KLD7.configure({})), [RESP])
    assert steps == [Ask(bytes.fromhex("494e49540400000000000000"), 1.0)]


@pytest.mark.parametrize(("echoes", "packet", "mask"), [(False, "TDAT", 8), (True, "PDAT", 4)])
def test_a_k_ld7_is_asked_for_each_frame_and_positive_speeds_go_away(
    packet: str, mask: int, *, echoes: bool
) -> None:
    target = {"distance_m": 5.12, "speed_kmh": -25.1, "angle_deg": 0.0, "magnitude": 890}
    away = {**target, "speed_kmh": 33.0}
    frame = {"packet": packet, "targets": [target, away]}
    steps, sample = rehearse(KLD7.read(KLD7.configure({"echoes": echoes})), [RESP, frame])
    assert steps[0] == Ask(b"GNFD\x04\0\0\0" + bytes((mask, 0, 0, 0)), 1.0)
    assert sample.detections == (
        Detection("in", 25.1, 5.12, 890.0),
        Detection("out", 33.0, 5.12, 890.0),
    )


def test_a_k_ld7_that_says_no_is_asked_again_later_and_one_that_is_silent_is_greeted() -> None:
    told = KLD7.configure({})
    with pytest.raises(DecodeError, match="busy"):
        rehearse(KLD7.read(told), [{"packet": "RESP", "code": 5}])
    dialogue = KLD7.read(told)
    next(dialogue)
    greeting = dialogue.throw(NoReply("silence"))
    assert greeting == Ask(KLD7.commands["init_115200"].data, 1.0)


@pytest.mark.parametrize("driver", [SI, KLD7, DR500])
def test_whatever_outlives_a_power_cut_is_dangerous(driver: Driver) -> None:
    lasting = ("set_", "save", "factory", "init_")
    for name, command in driver.commands.items():
        assert command.dangerous == (name.startswith(lasting) and name != "init_115200"), name


def test_a_k_ld7_s_cut_packet_and_the_next_one_make_no_vehicle() -> None:
    good = bytes.fromhex("54444154080000004400c400d5019f18")
    framer = Framer(KLD7.cutter(KLD7.configure({})))
    frames = [p.raw for p in framer.feed(good[:11] + good) if isinstance(p, Frame)]
    assert frames == [good]
