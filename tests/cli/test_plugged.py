from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gateway.cli.plugged import Plugged, Usb, holders, name_ports

if TYPE_CHECKING:
    from pathlib import Path

FTDI = Usb(0x0403, 0x6001, "A10K2ZQV", "FT232R USB UART")
CH340 = Usb(0x1A86, 0x7523, None, "USB Serial")
BLANK = Usb(0x10C4, 0xEA60, "0001", "CP2102 USB to UART Bridge Controller")
STRANGE = Usb(0x1234, 0x5678, "S1", "Somebody's UART")


def named(found: dict[str, Usb | None]) -> dict[str, Plugged]:
    """Name ports that udev has links for, both ways."""
    by_id = {device: f"/dev/serial/by-id/{device[5:]}" for device in found}
    by_path = {device: f"/dev/serial/by-path/{device[5:]}" for device in found}
    return {port.device: port for port in name_ports(found, by_id, by_path, {})}


def test_a_chip_with_a_serial_number_of_its_own_is_named_by_id() -> None:
    port = named({"/dev/ttyUSB0": FTDI})["/dev/ttyUSB0"]

    assert (port.name, port.named_by) == ("/dev/serial/by-id/ttyUSB0", "id")
    assert (port.chip, port.serial) == ("FTDI FT232R", "A10K2ZQV")


def test_a_chip_without_a_serial_number_is_named_by_its_socket() -> None:
    port = named({"/dev/ttyUSB0": CH340})["/dev/ttyUSB0"]

    assert (port.name, port.named_by) == ("/dev/serial/by-path/ttyUSB0", "path")
    assert (port.chip, port.serial) == ("WCH CH340", None)


def test_a_serial_number_that_was_left_blank_at_the_factory_is_none() -> None:
    assert named({"/dev/ttyUSB0": BLANK})["/dev/ttyUSB0"].named_by == "path"


def test_two_chips_that_claim_one_serial_number_are_named_by_their_sockets() -> None:
    ports = named({"/dev/ttyUSB0": FTDI, "/dev/ttyUSB1": FTDI})

    assert {port.named_by for port in ports.values()} == {"path"}


def test_a_port_of_the_board_keeps_its_name() -> None:
    (port,) = name_ports({"/dev/serial0": None}, {}, {}, {})

    assert (port.name, port.named_by, port.chip) == ("/dev/serial0", "device", "")


def test_an_unknown_chip_speaks_for_itself() -> None:
    assert named({"/dev/ttyUSB0": STRANGE})["/dev/ttyUSB0"].chip == "Somebody's UART"


def test_whoever_has_a_port_open_is_named() -> None:
    master, slave = os.openpty()
    try:
        device = os.ttyname(slave)
        assert holders([device])[device].startswith(f"{os.getpid()} (")
    finally:
        os.close(master)
        os.close(slave)
    assert holders([device]) == {}


def test_a_process_that_ends_while_we_look_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "1234").mkdir()

    assert holders(["/dev/ttyUSB0"], proc=tmp_path) == {}
