"""Modbus: frames, register maps, and dialogues that believe an answer only to its own question."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from devices import modbus, modbus_map
from devices.checksums import crc16_modbus
from devices.cutters import Bad, Whole
from devices.dialogue import Ask, Listen, Pause
from devices.errors import BadSetting, DeviceFault, NoReply, NotReady
from devices.modbus import HOLDING, INPUT, Question
from devices.modbus_asking import QUIET, WITHIN, ask, prove
from devices.modbus_drivers import MAP, RAW
from devices.modbus_map import Entry, RegisterMap, Void, blocks
from devices.rehearsal import rehearse
from devices.sample import Counter
from gateway.config.sensor import sensor
from tests.devices.made_modbus import summed

if TYPE_CHECKING:
    from devices.dialogue import Fields

TWO = Question(HOLDING, 0, 2)
ONE = Question(HOLDING, 0, 1)
ASK_TWO = Ask(bytes.fromhex("010300000002c40b"), WITHIN)
ASK_ONE = Ask(bytes.fromhex("010300000001840a"), WITHIN)
HUSH = Listen(QUIET)
TH = sensor("modbus.map", {"map": "renke.th"})


def answer(*registers: int, address: int = 1, function: int = 3) -> dict[str, Any]:
    return {"address": address, "function": function, "registers": list(registers)}


def refusal(code: int, address: int = 1, function: int = 3) -> dict[str, Any]:
    return {"address": address, "function": function, "exception": code}


TWO_SAID, ONE_SAID = answer(658, 65435), answer(658)


def test_the_crc_is_that_of_the_specification() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37
    assert modbus.summed(b"123456789").endswith(b"\x37\x4b")


@pytest.mark.parametrize(
    "question", [TWO, Question(INPUT, 0x0207, 125), Question(HOLDING, 500, 16)]
)
def test_our_own_question_that_comes_back_is_skipped_whole(question: Question) -> None:
    echo = question.write(1)
    verdict = modbus.cut(echo + summed(b"\x01\x03\x02\x12\x34"))
    assert verdict == Bad("header", 8)


def test_a_write_and_its_answer_are_the_same_and_one_frame_each() -> None:
    assert modbus.cut(modbus.write(1, 0x07D0, 2)) == Whole(8)
    assert modbus.write(1, 0x07D0, 2) == bytes.fromhex("010607d000020886")


@pytest.mark.parametrize("strange", [refusal(2, address=2), answer(1, 2, address=2)])
def test_what_another_device_says_is_passed_over(strange: Fields) -> None:
    steps, registers = rehearse(ask(1, TWO), [strange, TWO_SAID])
    assert registers == TWO_SAID["registers"]
    assert steps == [ASK_TWO, Listen(WITHIN)]
    with pytest.raises(NoReply):
        rehearse(ask(1, TWO), [strange] * 9)


@pytest.mark.parametrize("strange", [
    answer(1, 2, function=4), answer(1), answer(1, 2, 3), refusal(2, function=4),
    {"address": 1, "function": 6, "register": 0, "value": 2},
])  # fmt: skip
def test_an_answer_of_another_function_or_size_is_none_and_so_is_what_comes_behind_it(
    strange: Fields,
) -> None:
    with pytest.raises(DeviceFault, match="the question before"):
        rehearse(ask(1, TWO), [strange, TWO_SAID])


def test_whoever_is_asked_as_anybody_answers_under_its_own_address() -> None:
    _, registers = rehearse(ask(0xFE, TWO), [answer(1, 2, address=17)])
    assert registers == [1, 2]


def test_one_that_is_busy_is_asked_again_and_one_that_stays_so_is_not_ready() -> None:
    steps, registers = rehearse(ask(1, TWO), [refusal(6), refusal(5), TWO_SAID])
    assert registers == TWO_SAID["registers"]
    assert steps == [ASK_TWO, Pause(0.5), ASK_TWO, Pause(0.5), ASK_TWO]
    with pytest.raises(NotReady):
        rehearse(ask(1, TWO), [refusal(6)] * 9)


@pytest.mark.parametrize(
    ("code", "says"),
    [(1, "function 3"), (2, "registers 0 to 1"), (3, "2 registers at once"), (4, "has failed")],
)
def test_a_refusal_is_one_clear_fault(code: int, says: str) -> None:
    with pytest.raises(DeviceFault, match=says) as refused:
        rehearse(ask(1, TWO), [refusal(code)])
    assert f"exception {code}" in refused.value.why


def test_a_converter_that_reaches_nobody_is_silence() -> None:
    with pytest.raises(NoReply):
        rehearse(ask(1, TWO), [refusal(11)])


def test_answers_are_believed_once_two_questions_had_those_of_their_form() -> None:
    steps, _ = rehearse(prove(1, TWO, ONE), [None, TWO_SAID, ONE_SAID])
    assert steps == [HUSH, ASK_TWO, ASK_ONE]


def test_a_refusal_has_another_form_too() -> None:
    rehearse(prove(1, ONE, TWO), [None, ONE_SAID, refusal(2)])


@pytest.mark.parametrize(
    "script",
    [
        [None, ONE_SAID, None],
        [None, TWO_SAID, TWO_SAID, None],
        [None, refusal(2), TWO_SAID],
    ],
    ids=["the other one before", "this one before", "a refusal of the one before"],
)
def test_an_answer_to_the_question_before_is_a_fault(script: list[Fields | None]) -> None:
    with pytest.raises(DeviceFault, match="the question before"):
        rehearse(prove(1, TWO, ONE), script)


def test_what_is_still_on_its_way_is_waited_for_before_anything_is_asked() -> None:
    steps, _ = rehearse(prove(1, TWO, ONE), [TWO_SAID, ONE_SAID, None, TWO_SAID, ONE_SAID])
    assert steps == [HUSH, HUSH, HUSH, ASK_TWO, ASK_ONE]


def test_one_that_answers_nothing_is_silent_and_asked_once() -> None:
    def start() -> None:
        rehearse(prove(1, TWO, ONE), [None, None])

    with pytest.raises(NoReply, match="address 1 does not answer"):
        start()


def test_one_that_answers_a_single_question_wants_a_probe() -> None:
    with pytest.raises(DeviceFault, match="probe"):
        rehearse(prove(1, ONE, TWO), [None, ONE_SAID, None, None])


def test_after_a_silence_its_answers_are_proven_anew_before_one_is_a_reading() -> None:
    script = [None, None, TWO_SAID, ONE_SAID, TWO_SAID]
    steps, sample = rehearse(TH.driver.read(TH.settings), script)
    assert steps == [ASK_TWO, HUSH, ASK_TWO, ASK_ONE, ASK_TWO]
    assert sample.values == {"humidity": 65.8, "temperature": -10.1}
    assert TH.driver.proves


def test_a_late_answer_after_a_silence_is_no_reading() -> None:
    script = [None, None, TWO_SAID, TWO_SAID, None]
    with pytest.raises(DeviceFault, match="the question before"):
        rehearse(TH.driver.read(TH.settings), script)


def test_whoever_was_not_told_what_to_ask_for_says_so() -> None:
    raw = sensor("modbus", {})
    with pytest.raises(BadSetting, match="nothing to ask for"):
        rehearse(raw.driver.start(raw.settings))


def test_what_a_device_can_not_do_without_is_said_of_each_driver() -> None:
    needed = {
        driver.name: [name for name, setting in driver.takes.items() if setting.required]
        for driver in (RAW, MAP)
    }
    assert needed == {"modbus": ["register"], "modbus.map": ["map"]}
    with pytest.raises(BadSetting, match="needs a map"):
        MAP.tailored(MAP.configure({}))


def numbers(**more: Any) -> Entry:  # noqa: ANN401 - any attribute of an entry
    return Entry(field="x", register=0, **more)


@pytest.mark.parametrize(("entry", "words", "value"), [
    (numbers(scale=0.1), [305], 30.5),
    (numbers(form="i16", scale=0.1), [0xFF33], -20.5),
    (numbers(form="u32"), [1, 12000], 77536),
    (numbers(form="u32", swapped=True), [12000, 1], 77536),
    (numbers(form="i32"), [0xFFFF, 0xFFFF], -1),
    (numbers(form="f32"), [0x41C8, 0], 25.0),
    (numbers(form="f32", swapped=True), [0, 0x41C8], 25.0),
    (numbers(form="f32"), [0x7FC0, 0], None),
    (numbers(form="f32"), [0x7F80, 0], None),
    (numbers(none=(0x8000,)), [0x8000], None),
    (numbers(form="i16", none=(-32768,)), [0x8000], None),
    (numbers(form="i16", none=(32767,), scale=0.1), [0x7FFF], None),
    (numbers(scale=0.1, offset=-40.0), [650], 25.0),
])  # fmt: skip
def test_a_number_is_read_and_written_in_each_form(
    entry: Entry, words: list[int], value: float | None
) -> None:
    assert entry.read(words) == value
    assert entry.read(entry.write(value)) == value


def made(*entries: Entry, gap: int = 8, most: int = 125) -> RegisterMap:
    return RegisterMap(name="t", document="t", entries=entries, gap=gap, most=most)


def test_neighbours_are_asked_for_at_once_and_strangers_apart() -> None:
    entries = [
        replace(numbers(), field=str(at), register=at, form="u32" if at == 20 else "u16")
        for at in (20, 0, 1, 9, 200)
    ]
    other = Entry(field="input", function=INPUT, register=2)
    assert [block.question for block in blocks(made(*entries, other))] == [
        Question(HOLDING, 0, 10), Question(HOLDING, 20, 2), Question(HOLDING, 200, 1),
        Question(INPUT, 2, 1),
    ]  # fmt: skip
    assert len(blocks(made(*entries, gap=0))) == 4
    assert len(blocks(made(*entries, gap=500))) == 2


def test_no_question_is_longer_than_the_device_gives_and_none_cuts_a_number() -> None:
    entries = [
        replace(numbers(), field=str(at), register=at, form="u32") for at in range(0, 400, 2)
    ]
    for most in (125, 9, 2):
        asked = [block.question for block in blocks(made(*entries, most=most))]
        assert max(question.count for question in asked) <= most
        assert all(question.register % 2 == question.count % 2 == 0 for question in asked)
        assert sum(question.count for question in asked) == 400


def test_all_blocks_make_one_sample() -> None:
    entries = (
        Entry(field="wind", register=0, scale=0.1, quantity="wind_speed"),
        Entry(field="wet", register=100, scale=0.1, quantity="rain", counter=True, wraps=65536),
    )
    registers = made(*entries)
    first, second = blocks(registers)
    fields = modbus_map.read(first, [35]) | modbus_map.read(second, [124])
    sample = modbus_map.sample(registers, fields)
    assert sample.values == {"wind_speed": 3.5}
    assert sample.counters == {"rain": Counter(12.4, 6553.6)}


@pytest.mark.parametrize(("speed", "direction"), [(49, None), (50, 225.0), (None, None)])
def test_in_calm_air_there_is_no_direction(speed: int | None, direction: float | None) -> None:
    void = Void("wind", 0.5)
    registers = made(
        Entry(field="wind", register=0, scale=0.01, quantity="wind_speed"),
        Entry(field="vane", register=1, quantity="wind_direction", void=void),
    )
    fields = {"wind": None if speed is None else speed / 100, "vane": 225}
    assert modbus_map.sample(registers, fields).values["wind_direction"] == direction


def test_a_station_has_no_value_for_what_is_not_fitted() -> None:
    station = sensor("modbus.map", {"map": "renke.sn3002"}).driver
    sample = station.sample(station.decode(station.encode({"wind_ms": 3.0}), {}), {})
    assert sample is not None
    missing = {name for name, value in sample.values.items() if value is None}
    assert missing == {"humidity", "temperature", "sound_level", "pm2_5", "pm10", "pressure"}
    assert all(value is None or math.isfinite(value) for value in sample.values.values())


def test_one_register_can_be_a_quantity_without_a_map() -> None:
    told = {"address": 9, "register": 7, "type": "i16", "scale": 0.1, "quantity": "temperature"}
    raw = sensor("modbus", told)
    assert raw.driver.quantities == ("temperature",)
    _, sample = rehearse(raw.driver.read(raw.settings), [answer(0xFF33, address=9)])
    assert sample.values == {"temperature": -20.5}


def test_whatever_writes_is_dangerous_and_whatever_asks_is_not() -> None:
    for name in ("xy.md02", "renke.th", "renke.sn3002", "dfrobot.sen0492"):
        driver = sensor("modbus.map", {"map": name}).driver
        for command in driver.commands.values():
            assert command.dangerous == (command.data[1] not in {HOLDING, INPUT}), command.name
        assert driver.identify


def test_its_commands_bear_its_address() -> None:
    driver = sensor("modbus.map", {"map": "renke.th", "address": 7}).driver
    assert driver.commands["read"].data == Question(HOLDING, 0, 2).write(7)
    assert driver.commands["find"].data == bytes.fromhex("ff0307d000019159")


def test_registers_of_another_device_do_not_fit() -> None:
    driver = TH.driver
    assert driver.fits(driver.decode(modbus.encode(answer(658, 250)), {}))
    assert not driver.fits(driver.decode(modbus.encode(answer(658, 6000)), {}))
