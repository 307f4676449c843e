"""`device read` and `device send`, on real pseudo-terminals."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import chain, repeat
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from devices.modbus import summed
from devices.registry import find
from devices.winsen_dust import ZH03B
from gateway.cli.app import app
from gateway.errors import ConfigError, PortGone
from gateway.simulator import catalogue
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart
from tests.devices.vectors import COMMANDS, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typer.testing import Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["device", *map(str, arguments)])


@contextmanager
def played(driver: str, link: Path) -> Iterator[Path]:
    """Play a sensor on a pseudo-terminal."""
    player = Player(driver, catalogue.build(find(driver), 1), Uart(link))
    player.start()
    try:
        yield link
    finally:
        player.stop()


@pytest.mark.parametrize("vector", COMMANDS, ids=str)
def test_a_dry_run_prints_a_command_byte_for_byte(vector: Vector) -> None:
    told = [f"--set={key}={json.dumps(value)}" for key, value in vector.settings.items()]
    result = run("send", vector.driver, vector.command, "--dry-run", *told)

    assert result.exit_code == 0
    assert result.stdout.strip() == vector.raw.hex()


def test_without_a_command_all_are_listed_with_what_they_do() -> None:
    listed = json.loads(run("send", "winsen.mhz19", "--json").stdout)

    assert {each["command"]: each["dangerous"] for each in listed}["zero_calibration"]
    assert not {each["command"]: each["dangerous"] for each in listed}["read"]
    assert all(each["help"] and each["hex"] for each in listed)


def test_what_lasts_is_not_sent_without_yes_and_a_wrong_name_has_its_likeliest() -> None:
    refused = run("send", "winsen.mhz19", "zero_calibration", "/dev/null")
    wrong = run("send", "winsen.mhz19", "abc_of", "--dry-run")

    assert isinstance(refused.exception, ConfigError)
    assert "--yes" in str(refused.exception)
    assert "did you mean abc_off?" in str(wrong.exception)


def test_a_command_is_carried_out_and_its_answer_shown(tmp_path: Path) -> None:
    with played("winsen.mhz19", tmp_path / "tty") as link:
        result = run("send", "winsen.mhz19", "abc_off", link, "--yes", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["answer"]["reply_to"] == 0x79


@pytest.mark.parametrize(
    ("driver", "quantity"), [("winsen.mhz19", "co2"), ("plantower.pms5003", "pm2_5")]
)
def test_a_sensor_is_read_once(tmp_path: Path, driver: str, quantity: str) -> None:
    with played(driver, tmp_path / "tty") as link:
        result = run("read", driver, link, "--json")

    assert result.exit_code == 0, result.output
    (shown,) = json.loads(result.stdout)
    assert shown["values"][quantity] > 0
    assert shown["driver"] == driver


@contextmanager
def answering(link: Path, answer: Callable[[bytes], bytes]) -> Iterator[Path]:
    """Play whoever answers a question with these bytes."""
    uart, over = Uart(link), Event()

    def speak() -> None:
        while not over.is_set():
            if question := uart.read(0.02):
                uart.write(answer(question))

    speaker = Thread(target=speak, name="whoever")
    speaker.start()
    try:
        yield link
    finally:
        over.set()
        speaker.join()
        uart.unplug()


def test_of_what_contradicts_itself_no_value_is_shown(tmp_path: Path) -> None:
    other = ZH03B.encode({"mode": "qa", "pm1_0_ugm3": 420, "pm2_5_ugm3": 500, "pm10_ugm3": 90})
    with answering(tmp_path / "tty", lambda _: other) as link:
        result = run("read", "winsen.mhz19", link, "--json")

    (shown,) = json.loads(result.stdout)
    assert result.exit_code == 1
    assert "values" not in shown
    assert "another model" in shown["error"]


def refusing(question: bytes) -> bytes:
    return summed(bytes((question[0], question[1] | 0x80, 3)))


def test_a_command_that_a_sensor_refuses_has_failed_and_its_reason_is_told(tmp_path: Path) -> None:
    with answering(tmp_path / "tty", lambda _: bytes.fromhex("06020304f1")) as link:
        cubic = run("send", "cubic.cm1106", "calibrate_400", link, "--yes")
    with answering(tmp_path / "bus", refusing) as link:
        bus = run("send", "modbus.map:renke.th", "set_address_2", link, "--yes")

    for result, why in ((cubic, "it does not take this value"), (bus, "exception 3")):
        assert result.exit_code == 1
        assert "the sensor refused: it does not take this value" in str(result.exception)
        assert why in str(result.exception)


@pytest.mark.parametrize(
    ("driver", "command", "more"),
    [
        ("modbus.map:renke.th", "set_address_2", ["--yes"]),
        ("benewake.tfmini", "rate_100hz", []),
    ],
)
def test_where_an_adapter_returns_what_is_sent_only_a_second_copy_is_an_answer(
    tmp_path: Path, driver: str, command: str, more: list[str]
) -> None:
    lidar = {bytes.fromhex("5a04015f"): bytes.fromhex("5a0701010203" + "68")}
    copies = {"nobody": 1, "somebody": 2}
    results = {}
    for who, times in copies.items():
        with answering(tmp_path / who, lambda said, times=times: said * times) as link:  # type: ignore[misc]
            results[who] = run("send", driver, command, link, *more)
    with answering(tmp_path / "plain", lambda said: lidar.get(said, said)) as link:
        plain = run("send", "benewake.tfmini", "rate_100hz", link)

    assert results["nobody"].exit_code == 1
    assert "what was sent came back, no more" in str(results["nobody"].exception)
    assert results["somebody"].exit_code == 0, results["somebody"].output
    assert plain.exit_code == 0, plain.output


def test_what_a_sensor_counts_by_itself_is_shown_as_it_tells_it(tmp_path: Path) -> None:
    with played("canoga.loop", tmp_path / "loops") as link:
        shown = run("read", "canoga.loop", link, "--json")
        told = run("read", "canoga.loop", link, "--lang", "en")
    (reading,) = json.loads(shown.stdout)
    assert reading["counted"].keys() == {f"lane-{n}" for n in range(1, 5)}
    assert "counted by itself: lane-1" in told.stdout
    assert "nobody" not in told.stdout


def test_the_rest_of_a_line_is_not_what_is_read(tmp_path: Path) -> None:
    uart = Uart(tmp_path / "tty")
    over = Event()

    def speak() -> None:
        while not uart.opened and not over.is_set():
            over.wait(0.01)
        for line in chain(repeat(b"3.5\r\n", 10), repeat(b"23.5\r\n")):
            uart.write(line)
            if over.wait(0.05):
                return

    speaker = Thread(target=speak, name="thermometer")
    speaker.start()
    try:
        columns = 'columns=["temperature"]'
        result = run("read", "text.line", uart.link, "--set", columns, "--json")
    finally:
        over.set()
        speaker.join()

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)[0]["values"] == {"temperature": 23.5}


def test_devices_of_a_config_are_read_with_their_calibration(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(
        f"""
        [gateway]
        id = "gw-1"
        [broker]
        url = "mqtt://localhost"
        [[ports]]
        url = "{tmp_path / "tty"}"
        [[ports.devices]]
        id = "co2-1"
        driver = "winsen.mhz19"
        calibration.co2 = {{ gain = 0.0, offset = 444.5 }}
        """,
        encoding="utf-8",
    )
    with played("winsen.mhz19", tmp_path / "tty"):
        shown = run("read", "--config", config, "--lang", "id")
        unknown = run("read", "co2-2", "--config", config)

    assert shown.exit_code == 0, shown.output
    assert "444,5 ppm" in shown.stdout
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    assert "co2-2" in str(unknown.exception)


def test_silence_and_an_absent_port_are_said_with_what_to_do(tmp_path: Path) -> None:
    uart = Uart(tmp_path / "tty")
    silent = run("read", "winsen.mhz19", uart.link, "--seconds", "0", "--json")
    uart.unplug()
    gone = run("read", "winsen.mhz19", uart.link, "--json")

    problems: list[dict[str, Any]] = [json.loads(result.stdout)[0] for result in (silent, gone)]
    assert [silent.exit_code, gone.exit_code] == [1, 1]
    assert "device probe" in problems[0]["remedy"]
    assert "is not there" in problems[1]["error"]


def test_a_command_on_an_absent_port_fails_at_work(tmp_path: Path) -> None:
    result = run("send", "winsen.mhz19", "read", tmp_path / "none")

    assert isinstance(result.exception, PortGone)
