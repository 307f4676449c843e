from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from devices.framing import LONGEST
from devices.registry import names
from gateway.cli.app import app
from gateway.cli.known import all_drivers
from gateway.config import maps
from gateway.errors import ConfigError
from tests.devices.vectors import SENT, Vector, agrees

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

REPORT = "aac0d4043a0aa1601dab"
WAKING = "aac000000000000000ab"
REPLY = "aac506010100a16009ab"
FAULTY = "424d001c0000000000000000000000000009000000000000000000009704014f"
ONE_OF_EACH = list({vector.driver: vector for vector in SENT}.values())


def run(*arguments: object, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["device", *map(str, arguments)], input=stdin)


def decode(*arguments: object, stdin: str = "") -> list[dict[str, Any]]:
    result = run("decode", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("vector", ONE_OF_EACH, ids=str)
def test_what_a_sensor_sent_is_printed_as_recorded(vector: Vector) -> None:
    options = (f"--set={key}={json.dumps(value)}" for key, value in vector.settings.items())

    events = decode(vector.driver, "--hex", vector.raw.hex(), *options)

    assert agrees(vector.expected, [event["fields"] for event in events if "frame" in event])


def test_a_frame_comes_with_its_fields_and_its_sample() -> None:
    assert decode("nova.sds011", "--hex", REPORT) == [
        {
            "frame": REPORT,
            "fields": {"pm2_5_ugm3": 123.6, "pm10_ugm3": 261.8, "device_id": 41312},
            "sample": {"pm2_5": 123.6, "pm10": 261.8},
        }
    ]


def test_a_sensor_that_warms_up_is_not_ready_and_a_reply_is_neither() -> None:
    waking, reply = decode("nova.sds011", "--hex", WAKING + REPLY)

    assert waking.keys() == {"frame", "fields", "not_ready"}
    assert reply.keys() == {"frame", "fields"}


def test_a_fault_comes_beside_the_values() -> None:
    (event,) = decode("plantower.pms5003", "--hex", FAULTY)

    assert (event["fault"], event["sample"]["pm2_5"]) == ("error code 4", 0)


def test_detections_come_beside_an_empty_sample() -> None:
    line = b'{"magnitude":[500.0, 300.0], "speed":[15.5,-10.0]}\n'

    (event,) = decode("omnipresense.ops243", "--hex", line.hex())

    assert event["sample"] == {}
    assert event["detections"] == [
        {"channel": "in", "speed": 55.8, "signal": 500.0},
        {"channel": "out", "speed": 36.0, "signal": 300.0},
    ]


def test_a_speed_without_a_known_unit_is_told() -> None:
    (event,) = decode("omnipresense.ops243", "--hex", b'{"speed":1,"unit":"furlong"}\n'.hex())

    assert "furlong" in event["error"]


def test_junk_is_printed_as_one_run_however_long_it_is() -> None:
    noise = "00" * (3 * LONGEST)

    assert decode("nova.sds011", "--hex", noise + REPORT + "aac0") == [
        {"junk": noise, "why": "header"},
        *decode("nova.sds011", "--hex", REPORT),
        {"junk": "aac0", "why": "length"},
    ]


def test_each_line_of_the_input_is_a_stream_of_its_own() -> None:
    events = decode("nova.sds011", "--hex", "-", stdin=f"{REPORT[:10]}\n{REPORT[10:]}\n\n{REPORT}")

    assert [(event["line"], "frame" in event) for event in events] == [
        (1, False),
        (2, False),
        (4, True),
    ]


def test_a_line_that_is_no_hex_is_named_and_costs_no_other_line() -> None:
    lines = f"{REPORT}\nzz\n{REPORT}\naa0\n".encode() + b"\xff\n" + REPORT.encode()

    result = CliRunner().invoke(app, ["device", "decode", "nova.sds011", "--hex", "-"], input=lines)

    assert [json.loads(line)["line"] for line in result.stdout.splitlines()] == [1, 3, 6]
    assert re.findall(r"simpang: line (\d) is not hex", result.stderr) == ["2", "4", "5"]
    assert result.exit_code == 2


def test_hex_without_a_byte_is_a_mistake_and_no_silence() -> None:
    result = run("decode", "nova.sds011", "--hex", "")
    assert result.exit_code == 2
    assert "holds no byte" in result.stderr


def test_a_recorded_file_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "sds011.bin"
    file.write_bytes(bytes.fromhex(REPORT) * 10_000)

    assert len(decode("nova.sds011", file)) == 10_000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nova.sds01", "--hex", REPORT], r"did you mean nova\.sds011"),
        (["zzz", "--hex", REPORT], "device drivers"),
        (["nova.sds011", "--hex", "aa0"], "not hex"),
        (["nova.sds011", "--hex", REPORT, "--set", "x=1"], "no setting x"),
        (["nova.sds011", "--hex", REPORT, "--map", "x.y"], "no setting map"),
        (["omnipresense.ops243", "--hex", "", "--set", "OT=1"], "OT"),
        (["omnipresense.ops243", "--hex", "", "--set", "OT"], "KEY=VALUE"),
        (["omnipresense.ops243", "--hex", "", "--set", "unit=mph"], "in JSON"),
        (["nova.sds011", "/no/such/file"], "/no/such/file"),
    ],
)
def test_wrong_use_is_answered_with_a_sentence(arguments: list[str], says: str) -> None:
    result = run("decode", *arguments)

    assert isinstance(result.exception, ConfigError)
    assert re.search(says, str(result.exception))


def test_a_replay_without_bytes_is_a_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    for name in ("missing", "empty"):
        result = run("simulate", "nova.sds011", "--replay", tmp_path / name)

        assert isinstance(result.exception, ConfigError)
        assert name in str(result.exception)


@pytest.mark.parametrize("arguments", [[], ["a-file", "--hex", "00"]])
def test_either_a_file_or_hex_is_given(arguments: list[str]) -> None:
    assert run("decode", "nova.sds011", *arguments).exit_code == 2


def test_wrong_use_ends_with_2_and_no_traceback() -> None:
    program = "from gateway.cli.app import main; main()"
    command = [sys.executable, "-c", program, "device", "decode", "nova.sds01", "--hex", "00"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1


def test_every_driver_is_listed() -> None:
    listed = json.loads(run("drivers", "--json").stdout)
    table = run("drivers").stdout

    mapped = {f"modbus.map:{name}" for name in maps.names()}
    assert [driver["name"] for driver in listed] == sorted({*names(), *mapped})
    assert all(driver["quantities"] for driver in listed if driver["name"] in mapped)
    lines = {driver["name"]: driver["line"] for driver in listed}
    assert lines["nova.sds011"] == {"baudrate": 9600, "parity": "N", "stopbits": 1}
    for name in names():
        assert name in table


def test_no_name_of_a_driver_is_cut_in_a_terminal_of_80_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = run("drivers").stdout

    assert max(map(len, table.splitlines())) <= 80
    for name in all_drivers():
        assert name in table.split()


def test_one_is_shown_in_full_and_a_word_finds_those_that_have_it_in_their_names() -> None:
    one = run("drivers", "nova.sds011", "--lang", "id").stdout
    few = run("drivers", "pms5003", "--json").stdout
    nobody = run("drivers", "acme")

    assert "pemanasan 30 s" in one
    assert "work: " in one
    assert max(map(len, one.splitlines())) <= 80
    assert [driver["name"] for driver in json.loads(few)] == [
        name for name in names() if "pms5003" in name
    ]
    assert isinstance(nobody.exception, ConfigError)
