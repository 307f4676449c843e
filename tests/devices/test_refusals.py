"""A sensor that says no has answered: it is not asked again, and its reason is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask
from devices.errors import Refused
from devices.rehearsal import rehearse
from tests.devices.told import told

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.dialogue import Fields, Received, Step

NO: list[tuple[str, str, dict[str, Any], str]] = [
    ("cubic.cm1106", "calibrate_400", {"cmd": 3, "error_code": 4}, "value"),
    ("cubic.cm1106", "read", {"cmd": 1, "error_code": 2}, "no such command"),
    ("sensirion.sps30", "sleep", {"cmd": 0x10, "state": 0x43}, "state"),
    ("sensirion.sps30", "set_auto_clean_0", {"cmd": 0x80, "state": 0x84}, "value"),
    ("winsen.zh03b", "sleep", {"reply_to": 0xA7, "value_hex": "000000000000"}, "did not"),
    ("winsen.mhz19", "abc_off", {"reply_to": 0x79, "value_hex": "000000000000"}, "did not"),
    ("honeywell.hpma115s0", "set_coefficient_100", {"ack": False}, "no"),
    ("benewake.tfmini", "save", {"ack_cmd": 0x11, "value_hex": "01"}, "answers 01, not 00"),
    ("hilink.ld2451", "enable_config", {"ack_cmd": 0xFF, "status": 1, "value_hex": ""}, "status 1"),
    ("rfbeam.kld7", "set_range_100m", {"packet": "RESP", "code": 2}, "no such value"),
    ("wavetronix.ss125", "clear_events", {"msg_id": 0x6D, "msg_sub": 0, "result": 3}, "result 3"),
    ("modbus.map:renke.th", "set_address_2",
     {"address": 1, "function": 6, "exception": 3}, "exception 3"),
    ("modbus.map:renke.th", "read", {"address": 1, "function": 3, "exception": 2}, "exception 2"),
    ("senseair.s8", "abc_off", {"address": 0xFE, "function": 6, "exception": 3}, "exception 3"),
]  # fmt: skip


def answering(driver: str, command: str) -> Generator[Step, Received, Any]:
    sensor = told(driver)
    return sensor.driver.send(sensor.driver.commands[command], sensor.settings)


@pytest.mark.parametrize(("driver", "command", "no", "why"), NO)
def test_who_says_no_is_not_asked_again_and_its_reason_is_told(
    driver: str, command: str, no: Fields, why: str
) -> None:
    def ask() -> Generator[Step, Received, None]:
        with pytest.raises(Refused, match=why):
            yield from answering(driver, command)

    asked, _ = rehearse(ask(), [no])

    assert asked == [Ask(told(driver).driver.commands[command].data, 2.0)]


@pytest.mark.parametrize(
    ("driver", "command", "other"),
    [
        ("cubic.cm1106", "calibrate_400", {"cmd": 1, "error_code": 4}),
        ("sensirion.sps30", "sleep", {"cmd": 3, "state": 0x43}),
        ("winsen.zh03b", "sleep", {"reply_to": 0x78, "value_hex": "000000000000"}),
        ("winsen.zh03b", "sleep", {"reply_to": 0xA7, "value_hex": "010000000000"}),
        ("wavetronix.ss125", "clear_events", {"msg_id": 0x6D, "msg_sub": 0, "result": 0}),
        ("modbus.map:renke.th", "read", {"address": 2, "function": 3, "exception": 2}),
        ("modbus.map:renke.th", "set_address_2", {"address": 1, "function": 6, "exception": 6}),
        ("senseair.s8", "abc_off", {"address": 0xFE, "function": 4, "exception": 2}),
        ("benewake.tfmini", "save", {"ack_cmd": 0x02, "value_hex": "01"}),
        ("benewake.tfmini", "firmware", {"ack_cmd": 1, "value_hex": "000000", "version": "0.0.0"}),
    ],
)
def test_a_no_to_something_else_a_yes_and_one_that_is_busy_are_no_refusals(
    driver: str, command: str, other: Fields
) -> None:
    known = told(driver).driver

    assert known.refusal(known.commands[command], other) == ""


def test_a_radar_that_refuses_leaves_config_mode() -> None:
    enabled = {"ack_cmd": 0xFF, "status": 0, "value_hex": ""}
    refused = {"ack_cmd": 0x12, "status": 1, "value_hex": ""}

    def ask() -> Generator[Step, Received, None]:
        with pytest.raises(Refused, match="status 1"):
            yield from answering("hilink.ld2451", "read_target_params")

    steps, _ = rehearse(ask(), [enabled, refused])

    commands = told("hilink.ld2451").driver.commands
    assert [step.data for step in steps if isinstance(step, Ask)] == [
        commands[name].data for name in ("enable_config", "read_target_params", "end_config")
    ]
