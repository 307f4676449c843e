from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from devices.cutters import Bad
from devices.dialogue import Ask
from devices.errors import BadSetting, DeviceFault, NoReply
from devices.framing import Frame, Framer
from devices.rehearsal import rehearse
from devices.sample import Counter, Sample
from devices.text import LINE
from gateway.config.check import check
from gateway.config.sensor import Sensor, sensor
from tests.devices.test_documents import sample_devices

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"columns": ["wind_speed", "", "temperature"]}
DEVICES: dict[str, dict[str, Any]] = {
    device["id"]: {key: device[key] for key in device.keys() - {"id", "driver", "interval"}}
    for device in sample_devices("text.line")
}
"""What the page says about each instrument."""


def described(**settings: Any) -> Sensor:  # noqa: ANN401 - whatever a config holds
    return sensor("text.line", settings)


def lines(instrument: Sensor, stream: bytes) -> list[dict[str, Any]]:
    framer = Framer(instrument.driver.cutter(instrument.settings))
    pieces = framer.feed(stream) + framer.end()
    frames = (piece.raw for piece in pieces if isinstance(piece, Frame))
    return [instrument.driver.decode(frame, instrument.settings) for frame in frames]


def sampled(instrument: Sensor, line: bytes) -> Sample:
    (fields,) = lines(instrument, line)
    sample = instrument.driver.sample(fields, instrument.settings)
    assert sample is not None
    return sample


@pytest.mark.parametrize(
    ("device", "line", "sample"),
    [
        (
            "wind-1",
            b"0R1,Dn=236D,Dm=283D,Dx=031D,Sn=0.0M,Sm=1.0M,Sx=2.2M\r\n",
            Sample({"wind_direction": 283.0, "wind_speed": 1.0}),
        ),
        (
            "wind-1",
            b"0R1,Dn=000#,Dm=000#,Dx=000#,Sn=0.0#,Sm=0.0#,Sx=0.0#\r\n",
            Sample({"wind_direction": None, "wind_speed": None}),
        ),
        (
            "rain-1",
            b"Acc 0.00 mm, EventAcc 0.00 mm, TotalAcc 12.34 mm, RInt 0.00 mmph\r\n",
            Sample(counters={"rain": Counter(12.34)}),
        ),
        (
            "rain-1",
            b"Acc 0.00 mm, EventAcc 0.00 mm, TotalAcc 12.34 mm, RInt 0.00 mmph, LensBad\r\n",
            Sample(counters={"rain": Counter(12.34)}, fault="LensBad"),
        ),
        ("noise-1", b"54.3 dBA\r\n", Sample({"sound_level": 54.3})),
        (
            "board-1",
            b'{"env":{"t":235,"rh":61.5,"p":100870}}\n',
            Sample({"temperature": 23.5, "humidity": 61.5, "pressure": 1008.7}),
        ),
        (
            "board-1",
            b'{"env":{"t":-999.0,"rh":"61"}}\n',
            Sample({"temperature": None, "humidity": 61.0, "pressure": None}),
        ),
    ],
)
def test_the_instruments_of_the_page_are_read(device: str, line: bytes, sample: Sample) -> None:
    assert sampled(described(**DEVICES[device]), line) == sample


def test_what_is_broken_is_a_fault_where_nothing_is_measured() -> None:
    broken = described(columns=["temperature", "fault"], values={"fault": {"none": ["0", "ok"]}})

    assert sampled(broken, b"23.5,ok\r\n") == Sample({"temperature": 23.5})
    assert sampled(broken, b"23.5,7\r\n").fault == "7"
    with pytest.raises(DeviceFault, match="E2"):
        sampled(broken, b",E2\r\n")


def test_a_counter_is_handed_on_in_the_unit_of_its_quantity() -> None:
    tips = {"rain": {"counter": True, "gain": 0.2, "wraps": 1000}}

    assert sampled(described(columns=["rain"], values=tips), b"7\r\n").counters == {
        "rain": Counter(1.4, 200.0)
    }
    assert sampled(described(columns=["rain"], values=tips), b"nan\r\n") == Sample()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.5", 2.5), ("+2.5", 2.5), ("-.5", -0.5), ("2.", 2.0), ("25e-1", 2.5), ("  2.5 ", 2.5),
        ("", None), ("nan", None), ("-inf", None), ("999.90", None), ("n/a", None),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written_and_none_is_none(
    text: str, value: float | None
) -> None:
    none = {"wind_speed": {"none": ["n/a", 999.9]}}

    (fields,) = lines(described(**COLUMNS, values=none), f"{text},x,20\r\n".encode())

    assert fields == {"wind_speed": value, "temperature": 20.0}


@pytest.mark.parametrize("text", ["fast", "1e999", "0x10", "1_000", "\u0661", "1,5", "true"])
def test_what_is_no_number_makes_no_line(text: str) -> None:
    assert lines(described(**COLUMNS), f"{text},x,20\r\n".encode()) == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_lines_end_as_it_is_set(end: str) -> None:
    asked = described(columns=["temperature"], terminator=end, ask="R")

    assert lines(asked, f"1{end}2{end}".encode()) == [{"temperature": 1.0}, {"temperature": 2.0}]
    assert asked.driver.commands["ask"].data == f"R{end}".encode()
    assert asked.driver.encode({"temperature": 1.0}) == f"1{end}".encode()


def test_blanks_divide_columns_however_many_there_are() -> None:
    assert lines(described(**COLUMNS, delimiter=" "), b"  1.5   x \t 20\r\n") == [
        {"wind_speed": 1.5, "temperature": 20.0}
    ]


def test_text_is_utf_8_or_else_latin_1() -> None:
    degrees = described(pattern="(?P<temperature>[0-9.]+) °C")

    assert lines(degrees, "23.5 °C\r\n".encode() + "24.5 °C\r\n".encode("latin-1")) == [
        {"temperature": 23.5},
        {"temperature": 24.5},
    ]


def test_a_cut_line_costs_the_next_unless_that_begins_with_a_word() -> None:
    worded = described(pattern="T=(?P<temperature>[0-9.]+)")
    bare = described(pattern="(?P<temperature>[0-9.]+) C")

    assert lines(worded, b"T=2T=23.5\r\n") == [{"temperature": 23.5}]
    assert lines(bare, b"2 23.5 C\r\n24.5 C\r\n") == [{"temperature": 24.5}]


def test_a_digit_begins_no_line_within_another() -> None:
    tens = described(pattern="1(?P<temperature>[0-9]) C")

    assert lines(tens, b"215 C\r\n16 C\r\n") == [{"temperature": 6.0}]


def test_a_line_under_way_when_the_port_opens_is_passed_over() -> None:
    streaming, asked = described(**COLUMNS), described(**COLUMNS, ask="R")

    assert (streaming.driver.rest_seconds, asked.driver.rest_seconds) == (2.0, 0.0)


def test_an_instrument_that_is_asked_is_asked() -> None:
    asked = described(**COLUMNS, ask="R")
    answer = {"wind_speed": 1.0, "temperature": None}
    steps, sample = rehearse(asked.driver.read(asked.settings), [answer])

    assert steps == [Ask(b"R\r\n", 3.0)]
    assert sample == Sample(answer)
    assert asked.driver.every == 1.0
    with pytest.raises(NoReply):
        rehearse(asked.driver.read(asked.settings))


def test_an_instrument_that_speaks_by_itself_is_listened_to() -> None:
    streaming = described(**COLUMNS)
    answer = {"wind_speed": 1.0, "temperature": 20.0}

    assert rehearse(streaming.driver.read(streaming.settings), [answer])[1] == Sample(answer)
    assert streaming.driver.quantities == ("wind_speed", "temperature")
    assert not streaming.driver.commands


@pytest.mark.parametrize(
    ("toml", "key", "why"),
    [
        ("", "pattern", "say what a line holds"),
        ("json = true", "json", "say what a line holds"),
        ('columns = ["rain"]\npattern = "(?P<rain>1)"', "columns", "beside pattern"),
        ('columns = ["rain"]\njson = true', "json", "belong together"),
        ('keys = { rain = "r" }', "keys", "belong together"),
        ("json = true\nkeys = { rain = 1 }", "keys", "names a key"),
        ('columns = ["temprature"]', "columns", "did you mean temperature"),
        ('columns = ["count"]', "columns", "no quantity"),
        ('columns = ["rain", "rain"]', "columns", "twice"),
        ('columns = ["", "fault"]', "columns", "no line holds a quantity"),
        ("columns = [1]", "columns", "no quantity"),
        ('columns = "rain"', "columns", "does not take"),
        ('pattern = "[0-9]+"', "pattern", "no line holds a quantity"),
        ('pattern = "(?P<rian>[0-9]+)"', "pattern", "did you mean rain"),
        ('pattern = "(?P<rain>([0-9]+)+)x"', "pattern", "repeated"),
        ('pattern = "(?P<rain>[0-9]+"', "pattern", "missing"),
        ('columns = ["rain"]\nvalues.rian = { gain = 2 }', "values", "did you mean rain"),
        ('columns = ["rain"]\nvalues.humidity = { gain = 2 }', "values", "no line holds humidity"),
        ('columns = ["rain"]\nvalues.rain = { gian = 2 }', "values", "did you mean gain"),
        ('columns = ["rain"]\nvalues.rain = { x = 2 }', "values", "they are"),
        ('columns = ["rain"]\nvalues.rain = { gain = "2" }', "values", "wrong kind"),
        ('columns = ["rain"]\nvalues.rain = { gain = nan }', "values", "wrong kind"),
        ('columns = ["rain"]\nvalues.rain = { gain = 0 }', "values", "gain is not 0"),
        ('columns = ["rain"]\nvalues.rain = 2', "values", "no table"),
        ('columns = ["rain"]\ndelimiter = ""', "delimiter", "does not take"),
        ('columns = ["rain"]\nask = "é"', "ask", "does not take"),
        ('columns = ["rain"]\nterminator = "x"', "terminator", "does not take"),
    ],
)
def test_a_mistake_names_its_key_and_what_is_wrong(toml: str, key: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why) as found:
        described(**tomllib.loads(toml))
    assert found.value.key == key


def test_config_check_finds_a_mistake_in_its_line(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[gateway]\nid = "gw"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n'
        '[[ports]]\nurl = "socket://127.0.0.1:1"\n'
        '[[ports.devices]]\nid = "a"\ndriver = "text.line"\n'
        'interval = 1.0\npattern = "(?P<rain>([0-9]+)+)x"\n'
        '[[ports]]\nurl = "socket://127.0.0.1:2"\n'
        '[[ports.devices]]\nid = "b"\ndriver = "text.line"\n'
        'columns = ["rain"]\nvalues.rain.gian = 2.0\ncalibration.humidity = { gain = 2.0 }\n',
        encoding="utf-8",
    )
    errors = [(each.line, each.key) for each in check(file) if each.level == "error"]

    assert errors == [
        (11, "ports[0].devices[0].pattern"),
        (18, "ports[1].devices[0].values"),
    ]


def test_an_instrument_that_nobody_described_sends_junk() -> None:
    assert LINE.cutter({})(b"23.5\r\n") == Bad("header", 6)
