from __future__ import annotations

import math
from struct import pack
from typing import Any

import pytest

from devices import shdlc
from devices.cutters import Bad, Whole
from devices.dialogue import Ask, Listen, Pause
from devices.errors import NoReply, NotReady
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.sensirion import SPS30

NAMES = ("pm1_0", "pm2_5", "pm4_0", "pm10", "n0_5", "n1_0", "n2_5", "n4_0", "n10", "tps_um")
NUMBERS = (5.0, 9.0, 12.0, 13.0, 26.0, 37.0, 41.5, 42.0, 42.5, 0.75)
MEASURED: dict[str, Any] = {"cmd": 3, "state": 0, "format": "float"} | dict(
    zip(NAMES, NUMBERS, strict=True)
)
SAMPLE = Sample(
    {
        "pm1_0": 5.0,
        "pm2_5": 9.0,
        "pm4_0": 12.0,
        "pm10": 13.0,
        "pn0_3": 42.5,
        "pn0_5": 16.5,
        "pn1_0": 5.5,
        "pn2_5": 1.0,
        "pn4_0": 0.5,
    }
)
STARTED = {"cmd": 0, "state": 0}
MEASURES_ALREADY = {"cmd": 0, "state": 0x43}
NOTHING_NEW = {"cmd": 3, "state": 0, "status": "no_data"}
READ = Ask(SPS30.commands["read"].data, 0.5)
START = Ask(SPS30.commands["start_float"].data, 0.5)
WAKE = Ask(b"\xff" + SPS30.commands["wake_up"].data, 0.5)


def test_counts_up_to_a_size_become_counts_larger_than_it() -> None:
    assert SPS30.sample(MEASURED, {}) == SAMPLE
    assert tuple(SAMPLE.values) == SPS30.quantities


def test_integers_are_read_as_floats_are() -> None:
    raw = shdlc.frame(bytes((0, 3, 0, 20)) + pack(">10H", 5, 9, 12, 13, 26, 37, 41, 42, 42, 750))

    sample = SPS30.sample(SPS30.decode(raw, {}), {})

    assert sample is not None
    assert (sample.values["pm10"], sample.values["pn0_5"]) == (13, 16)


@pytest.mark.parametrize("none", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_missing_and_so_is_what_is_made_of_it(none: float) -> None:
    data = pack(">10f", *NUMBERS[:8], none, 0.75)

    sample = SPS30.sample(SPS30.decode(shdlc.frame(bytes((0, 3, 0, 40)) + data), {}), {})

    assert sample is not None
    assert sample.values["pm10"] == 13
    assert {sample.values[name] for name in ("pn0_3", "pn0_5", "pn4_0")} == {None}


def test_all_zero_is_a_sensor_that_has_just_started() -> None:
    with pytest.raises(NotReady):
        SPS30.sample(SPS30.decode(SPS30.encode({"format": "float"}), {}), {})


@pytest.mark.parametrize("answer", [STARTED, MEASURES_ALREADY])
def test_it_is_started_whether_it_measures_already_or_not(answer: dict[str, Any]) -> None:
    assert rehearse(SPS30.start({}), [answer]) == ([START], None)


def test_one_that_sleeps_is_woken_first() -> None:
    steps, _ = rehearse(SPS30.start({}), [None] * 3 + [{"cmd": 0x11, "state": 0}, STARTED])

    assert steps == [START] * 3 + [WAKE, START]


def test_a_person_wakes_it_with_the_same_pulse() -> None:
    steps, _ = rehearse(SPS30.send(SPS30.commands["wake_up"], {}), [{"cmd": 0x11, "state": 0}])

    assert [step.data for step in steps if isinstance(step, Ask)] == [WAKE.data]


def test_it_is_asked_again_until_there_is_something_new() -> None:
    steps, sample = rehearse(SPS30.read({}), [NOTHING_NEW, STARTED, MEASURED])

    assert sample == SAMPLE
    assert steps == [READ, Pause(0.25), READ, Listen(0.5)]


def test_one_that_never_measures_anything_new_is_silent() -> None:
    with pytest.raises(NoReply, match="nothing new"):
        rehearse(SPS30.read({}), [NOTHING_NEW] * 100)


def test_one_that_was_without_power_is_started_and_warms_up_again() -> None:
    idle = {"cmd": 3, "state": 0x43, "status": "no_data"}

    with pytest.raises(NotReady, match="started"):
        rehearse(SPS30.read({}), [idle, STARTED])


def test_what_is_broken_is_asked_and_told_and_the_values_are_kept() -> None:
    told = {"cmd": 0xD2, "state": 0, "status_register": 1 << 21 | 1 << 4}

    steps, sample = rehearse(SPS30.read({}), [MEASURED | {"state": 0x80}, told])

    assert (sample.fault, sample.values) == ("fan speed, fan stopped", SAMPLE.values)
    assert steps[-1] == Ask(SPS30.commands["status_register"].data, 0.5, aside=True)
    _, sample = rehearse(SPS30.read({}), [MEASURED | {"state": 0x80}])
    assert sample.fault == "device error"


ZERO = MEASURED | dict.fromkeys(NAMES, 0.0) | {"status": "warming_up"}
LASER = {"cmd": 0xD2, "state": 0, "status_register": 1 << 5}


def test_one_that_sees_nothing_is_asked_what_is_broken_and_has_not_just_woken() -> None:
    steps, sample = rehearse(SPS30.read({}), [ZERO, LASER])

    assert steps == [READ, Ask(SPS30.commands["status_register"].data, 0.5, aside=True)]
    assert (sample.fault, sample.values["pm2_5"]) == ("laser current", 0)


@pytest.mark.parametrize("answer", [None, LASER | {"status_register": 0}])
def test_one_that_sees_nothing_and_names_no_fault_has_just_started(
    answer: dict[str, Any] | None,
) -> None:
    with pytest.raises(NotReady, match="all zero"):
        rehearse(SPS30.read({}), [ZERO, answer])


def test_one_that_sees_nothing_and_says_that_something_is_broken_has_a_fault() -> None:
    _, sample = rehearse(SPS30.read({}), [ZERO | {"state": 0x80}])

    assert sample.fault == "device error"


def test_stuffed_bytes_are_plain_again_in_one_pass_checksum_included() -> None:
    body = bytes((0, 3, 0, 5, 0x7D, 0x31, 0x7E, 0x11, 0x13))

    wire = shdlc.frame(body)

    assert wire.count(b"\x7e") == 2
    assert shdlc.content(wire)[:-1] == body
    assert shdlc.cutter(5)(wire) == Whole(len(wire))
    assert shdlc.frame(bytes((0, 0x80, 1, 0)))[-3:] == b"\x7d\x5e\x7e"


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        ("7f", "header"),
        ("7e7e", "length"),
        ("7e01", "header"),
        ("7e007d00", "header"),
        ("7e0003002900", "length"),
        ("7e00030000fd7e", "checksum"),
        ("7e00030000fc00", "header"),
    ],
)
def test_what_begins_no_answer_says_why(wire: str, why: str) -> None:
    verdict = shdlc.cutter(40)(bytes.fromhex(wire))

    assert isinstance(verdict, Bad)
    assert verdict.why == why


def test_how_often_it_cleans_itself_is_never_set_without_a_person() -> None:
    lasting = {name for name, command in SPS30.commands.items() if command.dangerous}

    assert lasting == {f"set_auto_clean_{seconds}" for seconds in (0, 86400, 604800)}
