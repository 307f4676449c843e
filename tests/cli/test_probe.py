"""`device probe` and `config init`, on real pseudo-terminals at true baud rates."""

from __future__ import annotations

import json
import tomllib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from devices.driver import Line
from devices.registry import find
from gateway.cli.app import app
from gateway.cli.candidates import candidates
from gateway.cli.probing import lines_of
from gateway.config.load import load_gateway
from gateway.errors import ConfigError
from gateway.simulator import catalogue
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

ALIKE = ["senseair.k30", "senseair.s8"]


def run(*arguments: object, stdin: str = "") -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], input=stdin)


@contextmanager
def played(link: Path, driver: str, line: Line | None = None) -> Iterator[Path]:
    """Play a sensor on a pseudo-terminal that is noise at any other baud rate."""
    sensor = catalogue.build(find(driver), 1)
    player = Player(driver, sensor, Uart(link, line or sensor.line))
    player.start()
    try:
        yield link
    finally:
        player.stop()


def found(result: Result) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(result.stdout)
    return answer


def test_sensors_are_found_with_their_baud_rates_all_ports_at_once(tmp_path: Path) -> None:
    drivers = ["nova.sds011", "plantower.pms5003st", "winsen.mhz19", "hilink.ld2451"]
    with ExitStack() as stack:
        links = [stack.enter_context(played(tmp_path / name, name)) for name in drivers]
        result = run("device", "probe", *links, "--json")

    assert result.exit_code == 0, result.output
    told = {one["driver"]: one["baudrate"] for one in found(result)}
    assert told == {name: find(name).line.baudrate for name in drivers}


def test_who_speaks_alike_is_a_short_list_and_nothing_is_guessed(tmp_path: Path) -> None:
    with played(tmp_path / "tty", "senseair.s8") as link:
        (one,) = found(run("device", "probe", link, "--json"))
        shown = run("device", "probe", link, "--lang", "id")

    assert one["driver"] is None
    assert sorted(each["driver"] for each in one["candidates"]) == ALIKE
    assert "baca labelnya" in shown.stdout
    assert all(len(line) <= 80 or str(link) in line for line in shown.stdout.splitlines())


def test_a_silent_port_an_absent_one_and_noise_are_nobody(tmp_path: Path) -> None:
    silent = Uart(tmp_path / "silent")
    result = run("device", "probe", silent.link, tmp_path / "none", "--addresses", "1", "--json")
    silent.unplug()

    assert result.exit_code == 1
    nobody, gone = found(result)
    assert (nobody["driver"], gone["driver"]) == (None, None)
    assert "is not there" in gone["error"]


def test_a_port_that_takes_any_baud_rate_is_named_with_the_factory_s(tmp_path: Path) -> None:
    uart = Uart(tmp_path / "usb")
    player = Player("radar", catalogue.build(find("hilink.ld2451"), 1), uart)
    player.start()
    try:
        (one,) = found(run("device", "probe", uart.link, "--json"))
    finally:
        player.stop()

    assert one["driver"] == "hilink.ld2451"
    assert one["baudrate"] == 115_200


def test_only_what_is_harmless_is_ever_sent() -> None:
    for candidate in candidates(2):
        assert not any(question.dangerous for question in candidate.questions), candidate.name
    assert lines_of(candidates(2))[0] == Line(9600)


def test_a_config_is_made_of_what_is_there_and_ports_are_added_to_it(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    with (
        played(tmp_path / "a", "nova.sds011") as first,
        played(tmp_path / "b", "plantower.pms5003st") as second,
    ):
        made = run("config", "init", file, "--yes", "--port", first, "--id", "gw-roof")
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('id = "gw-roof"', 'id = "gw-roof"  # ours'), encoding="utf-8")
        more = run("config", "init", file, "--yes", "--port", first, "--port", second, "--json")
        again = run("config", "init", file, "--yes", "--port", first, "--port", second)

    assert made.exit_code == more.exit_code == again.exit_code == 0, made.output + more.output
    config = load_gateway(file)
    assert [(port.url, port.devices[0].id) for port in config.ports] == [
        (str(first), "pm-1"),
        (str(second), "pm-2"),
    ]
    assert [each["id"] for each in json.loads(more.stdout)["devices"]] == ["pm-2"]
    assert 'id = "gw-roof"  # ours' in file.read_text(encoding="utf-8")
    assert "nothing to add" in again.stdout


def test_the_wizard_asks_and_takes_what_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    answers = ["gw-alun-alun", "alun-alun", "mqtt://broker:1883", "7 LS", "-7,3881", "109.3636"]
    with played(tmp_path / "tty", "senseair.s8") as link:
        asked = "\n".join([*answers, "9", "2", "udara-1", ""])
        result = run("config", "init", file, "--port", link, "--lang", "id", stdin=asked)

    assert result.exit_code == 0, result.output
    assert "7 LS bukan angka" in result.stdout
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    assert table["gateway"] == {
        "id": "gw-alun-alun", "site": "alun-alun", "latitude": -7.3881, "longitude": 109.3636,
    }  # fmt: skip
    assert table["broker"]["url"] == "mqtt://broker:1883"
    (device,) = table["ports"][0]["devices"]
    assert device["id"] == "udara-1"
    assert device["driver"] in result.stdout
    assert f"  2  {device['driver']}" in result.stdout


@pytest.mark.parametrize("text", ["[gateway]\nid = 3\n", "["])
def test_a_config_with_mistakes_is_not_touched(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")

    result = run("config", "init", file, "--yes")

    assert result.exit_code != 0
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("words", "said", "wrong"),
    [
        (("--yes", "--id", "Not An Id"), "", "gateway.id"),
        (("--yes", "--id", "gw-1", "--site", "\x1b[2J"), "", "gateway.site"),
        (("--yes", "--id", "gw-1", "--broker", "http://x"), "", "broker.url"),
        (("--id", "gw-1", "--site", "a", "--broker", "mqtt://x"), "nan\n1\n", "gateway.latitude"),
        (("--id", "gw-1", "--site", "a", "--broker", "mqtt://x"), "-95\n1\n", "gateway.latitude"),
    ],
)
def test_a_wrong_answer_leaves_no_config_behind(
    tmp_path: Path, words: tuple[str, ...], said: str, wrong: str
) -> None:
    file = tmp_path / "gateway.toml"

    result = run("config", "init", file, "--port", tmp_path / "none", *words, stdin=said)

    assert isinstance(result.exception, ConfigError)
    assert f"{file} is not written: {wrong}" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_name_for_a_device_leaves_a_config_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    run("config", "init", file, "--yes", "--id", "gw-1", "--port", tmp_path / "none")
    before = file.read_text(encoding="utf-8")

    with played(tmp_path / "tty", "nova.sds011") as link:
        result = run("config", "init", file, "--port", link, stdin="No Id\n")

    assert "is not written: ports[0].devices[0].id" in str(result.exception)
    assert file.read_text(encoding="utf-8") == before
