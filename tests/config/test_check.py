from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.clock import SystemClock
from gateway.config.check import check
from gateway.config.load import load_gateway
from gateway.errors import ConfigError
from gateway.trust.sources import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.config.findings import Finding

SOUND = """\
[gateway]
id = "gw-1"

[broker]
url = "mqtt://127.0.0.1:{port}"

[spool]
path = "{tty}.db"

[[ports]]
url = "{tty}"

  [[ports.devices]]
  id = "pm-1"
  driver = "plantower.pms5003"
"""

TRUSTED = '\n[clock]\ntrust = "system"\n'
"""Whatever machine the tests run on, its clock is not the point."""

MISTAKES = {
    "an unknown key": ('id = "gw-1"\nlatitud = 1', 3, "gateway.latitud", "no such key", "latitude"),
    "a wrong type": ("id = 7", 2, "gateway.id", "not a text in quotes", "write"),
    "a bad id": ('id = "GW 1"', 2, "gateway.id", "'GW 1' has the wrong form", "lower-case"),
    "a missing key": ("", 1, "gateway.id", "missing", "add id = … to gateway"),
    "out of bounds": ('id = "g"\nlatitude = 91', 3, "gateway.latitude", "out of bounds", "90"),
    "no number": ('id = "g"\nlatitude = nan', 3, "gateway.latitude", "out of bounds", "finite"),
}


@pytest.fixture
def broker() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def sound(tmp_path: Path, broker: int) -> str:
    tty = tmp_path / "tty"
    tty.touch()
    return SOUND.format(port=broker, tty=tty)


def found(tmp_path: Path, text: str, *, here: bool = False) -> list[Finding]:
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    return check(file, here=here)


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_sound_config_on_its_machine_gives_no_finding(tmp_path: Path, sound: str) -> None:
    assert found(tmp_path, sound + TRUSTED, here=True) == []


def test_on_its_machine_a_kernel_that_does_not_confirm_the_clock_is_named(
    tmp_path: Path, sound: str
) -> None:
    confirmed = Kernel().confirms(SystemClock().stamp())
    findings = found(tmp_path, sound, here=True)
    assert [finding.key for finding in findings] == ([] if confirmed else ["clock.trust"])
    assert all(finding.level == "warning" for finding in findings)
    assert found(tmp_path, sound) == []


@pytest.mark.parametrize(
    ("table", "line", "key", "error", "remedy"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_named_with_line_key_error_and_remedy(
    tmp_path: Path, sound: str, table: str, line: int, key: str, error: str, remedy: str
) -> None:
    finding = only(found(tmp_path, sound.replace('id = "gw-1"', table)))

    assert (finding.line, finding.key, finding.error) == (line, key, error)
    assert remedy in finding.remedy
    assert finding.level == "error"
    assert finding.file == str(tmp_path / "gateway.toml")


def test_every_mistake_is_found_at_once_in_the_order_of_the_lines(
    tmp_path: Path, sound: str
) -> None:
    text = sound.replace('"gw-1"', "1").replace('"pm-1"', '"PM"').replace("pms5003", "pms5004")

    keys = [finding.key for finding in found(tmp_path, text)]

    assert keys == ["gateway.id", "ports[0].devices[0].id", "ports[0].devices[0].driver"]


def test_an_unknown_driver_is_named_with_the_likely_one(tmp_path: Path, sound: str) -> None:
    finding = only(found(tmp_path, sound.replace("pms5003", "pms503")))

    assert finding.error == "no driver is called 'plantower.pms503'"
    assert "plantower.pms5003" in finding.remedy


@pytest.mark.parametrize(
    ("key", "likely"), [("intervall = 5", "interval"), ("calibration_ = 1", "calibration")]
)
def test_a_key_that_neither_we_nor_the_driver_know_is_named(
    tmp_path: Path, sound: str, key: str, likely: str
) -> None:
    finding = only(found(tmp_path, f"{sound}  {key}\n"))

    assert (finding.line, finding.remedy) == (16, f"did you mean {likely}?")


@pytest.mark.parametrize("key", ["address", "map"])
def test_a_driver_without_a_bus_takes_nothing_of_a_bus(
    tmp_path: Path, sound: str, key: str
) -> None:
    value = {"address": "3", "map": '"renke.sn3002"'}[key]
    finding = only(found(tmp_path, f"{sound}  {key} = {value}\n"))

    assert (finding.key, finding.level) == (f"ports[0].devices[0].{key}", "error")
    assert finding.error == "plantower.pms5003 takes none: it is on no bus"


@pytest.mark.parametrize("interval", ["0", "0.5", "0.999"])
def test_an_interval_of_traffic_lasts_a_second_or_longer(
    tmp_path: Path, sound: str, interval: str
) -> None:
    radar = sound.replace("plantower.pms5003", "omnipresense.ops243")
    finding = only(found(tmp_path, f"{radar}  interval = {interval}\n"))

    assert finding.key == "ports[0].devices[0].interval"
    assert finding.error == "an interval of traffic lasts 1 s or longer"
    assert found(tmp_path, f"{radar}  interval = 1\n") == []
    assert found(tmp_path, f"{sound}  interval = {interval}\n") == []


def test_a_calibration_of_what_is_not_measured_is_named(tmp_path: Path, sound: str) -> None:
    finding = only(found(tmp_path, f"{sound}  calibration.co2 = {{ gain = 2.0 }}\n"))

    assert finding.key == "ports[0].devices[0].calibration.co2"
    assert finding.error == "plantower.pms5003 does not measure co2"


def test_two_devices_of_one_name_are_found_across_ports(tmp_path: Path, sound: str) -> None:
    other = sound[sound.index("[[ports]]") :].replace("/tty", "/tty2")
    (tmp_path / "tty2").touch()

    finding = only(found(tmp_path, sound + other))

    assert (finding.line, finding.key) == (20, "ports[1].devices[0].id")
    assert finding.error == "another device is called 'pm-1' too"


def test_a_device_can_t_take_the_gateway_s_own_name(tmp_path: Path, sound: str) -> None:
    assert only(found(tmp_path, sound.replace("pm-1", "node"))).key == "ports[0].devices[0].id"


def test_one_port_twice_is_found(tmp_path: Path, sound: str) -> None:
    other = sound[sound.index("[[ports]]") :].replace("pm-1", "pm-2")

    assert only(found(tmp_path, sound + other)).error == "the same port again"


def test_a_second_device_on_a_port_is_named_before_it_stops_the_gateway(
    tmp_path: Path, sound: str
) -> None:
    device = sound[sound.index("  [[ports.devices]]") :]
    first, second = found(tmp_path, sound + device.replace("pm-1", "pm-2"))
    assert (first.key, second.key) == ("ports[0].devices[0]", "ports[0].devices[1]")
    assert "plantower.pms5003 has no address" in second.error
    assert "a port of its own" in second.remedy


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_password_that_others_can_get_at_is_an_error(
    tmp_path: Path, sound: str, mode: int
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2", encoding="utf-8")
    password.chmod(mode)
    login = f'[broker]\nusername = "u"\npassword_file = "{password}"'

    finding = only(found(tmp_path, sound.replace("[broker]", login)))

    assert (finding.line, finding.key, finding.level) == (6, "broker.password_file", "error")
    assert finding.remedy == f"chmod 600 {password}"
    assert "hunter2" not in str(finding)
    password.chmod(0o600)
    assert found(tmp_path, sound.replace("[broker]", login)) == []


@pytest.mark.parametrize("here", [False, True])
def test_an_absent_port_or_broker_is_an_error_only_on_the_machine_itself(
    tmp_path: Path, *, here: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    text = SOUND.format(port=port, tty=tmp_path / "unplugged") + TRUSTED

    broker, tty = found(tmp_path, text, here=here)

    assert (broker.key, tty.key) == ("broker.url", "ports[0].url")
    assert {broker.level, tty.level} == {"error" if here else "warning"}


def test_a_source_of_time_that_never_confirms_is_named(tmp_path: Path, sound: str) -> None:
    text = f'[clock]\ntrust = "file:/no-such-folder/clock"\n{sound}'

    finding = only(found(tmp_path, text))

    assert (finding.line, finding.key, finding.level) == (2, "clock.trust", "warning")


def test_a_file_that_is_not_there_is_one_finding(tmp_path: Path) -> None:
    assert only(check(tmp_path / "none.toml")).error.startswith("can't be read")


@pytest.mark.parametrize(
    "url", ["http://x", "mqtt://", "mqtt://x:99999", "mqtt://u:p@x", "mqtt://x/topic", "broker"]
)
def test_an_address_that_is_no_broker_s_is_refused_and_never_tried(
    tmp_path: Path, sound: str, url: str, broker: int
) -> None:
    finding = only(found(tmp_path, sound.replace(f"mqtt://127.0.0.1:{broker}", url)))

    assert finding.key == "broker.url"


def test_the_command_says_as_much_and_exits_with_2(tmp_path: Path, sound: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(sound.replace("[broker]", "[broker]\nprotocoll = 1"), encoding="utf-8")
    run = CliRunner()

    plain = run.invoke(app, ["config", "check", str(file)])
    asjson = run.invoke(app, ["config", "check", str(file), "--json"])

    assert plain.exit_code == asjson.exit_code == 2
    assert (
        f"{file}:5: error: broker.protocoll: no such key — did you mean protocol?" in plain.output
    )
    (finding,) = json.loads(asjson.output)
    assert finding.keys() == {"file", "line", "key", "error", "remedy", "level"}


def test_a_config_with_a_mistake_is_not_loaded_and_the_error_names_it(
    tmp_path: Path, sound: str
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(sound.replace('"gw-1"', '"GW"').replace("pms5003", "x"), encoding="utf-8")

    with pytest.raises(ConfigError, match=r"gateway.toml:2: gateway.id: .*1 more"):
        load_gateway(file)


def test_a_gateway_s_defaults_are_those_of_the_design(tmp_path: Path, sound: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(sound, encoding="utf-8")

    config = load_gateway(file)

    assert config.gateway.site == "gw-1"
    assert (config.broker.protocol, config.broker.root) == ("5", "simpang/v1")
    assert config.spool.max_bytes == 512 * 1024 * 1024
    assert (config.publish.window, config.publish.reoffer_seconds) == (20, 86_400.0)
    assert config.clock.trust == "kernel"
    device = config.ports[0].devices[0]
    assert device.usual_interval(traffic=False) == 1.0
    assert device.usual_interval(traffic=True) == 60.0


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_bytes(b'[gateway]\n# x\nid = "\xff"\n')
    finding = only(check(file))
    assert (finding.line, finding.error) == (3, "the file is no text in UTF-8")
