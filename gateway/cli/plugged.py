"""What is plugged in: each serial port, the chip behind it, and the name that lasts."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from serial.tools.list_ports import comports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NamedBy = Literal["id", "path", "device"]

BY_ID: Final = Path("/dev/serial/by-id")
BY_PATH: Final = Path("/dev/serial/by-path")
_ON_BOARD: Final = (Path("/dev/serial0"), Path("/dev/serial1"))
"""The Raspberry Pi's own UARTs, under the names that survive a change of overlays."""

_CHIPS: Final = {
    (0x0403, 0x6001): "FTDI FT232R",
    (0x0403, 0x6010): "FTDI FT2232",
    (0x0403, 0x6011): "FTDI FT4232",
    (0x0403, 0x6014): "FTDI FT232H",
    (0x0403, 0x6015): "FTDI FT230X",
    (0x0483, 0x5740): "STM32 virtual port",
    (0x067B, 0x2303): "Prolific PL2303",
    (0x067B, 0x23A3): "Prolific PL2303GC",
    (0x10C4, 0xEA60): "Silicon Labs CP210x",
    (0x10C4, 0xEA70): "Silicon Labs CP2105",
    (0x1546, 0x01A7): "u-blox 7",
    (0x1546, 0x01A8): "u-blox 8",
    (0x1546, 0x01A9): "u-blox 9",
    (0x1A86, 0x5523): "WCH CH341",
    (0x1A86, 0x55D3): "WCH CH343",
    (0x1A86, 0x55D4): "WCH CH9102",
    (0x1A86, 0x7522): "WCH CH340",
    (0x1A86, 0x7523): "WCH CH340",
}
"""USB vendor and product to chip. Source: linux-usb.org/usb.ids, and the makers' data sheets."""

_BLANK_SERIALS: Final = frozenset({"", "0", "0000", "0001", "00000000", "0123456789"})
"""Serial numbers that chips leave the factory with, the same on each."""


@dataclass(frozen=True, slots=True)
class Usb:
    """What a USB chip says of itself."""

    vendor: int
    product: int
    serial: str | None
    says: str

    @property
    def chip(self) -> str:
        """The chip, by our table, or else by what it says of itself."""
        return _CHIPS.get((self.vendor, self.product), self.says)


@dataclass(frozen=True, slots=True)
class Plugged:
    """One port as it is plugged in now.

    Attributes:
        device: The kernel's name, which may change with every reboot.
        name: The name to write into a config.
        named_by: Why that name: `id` (the chip has a serial number of its own), `path` (where it
            is plugged in; another socket is another name) or `device` (nothing better).
        chip: What converts USB to serial; empty for a port of the board.
        serial: The chip's serial number, where it has one of its own.
        holder: The process that has it open, `pid (name)`; None: nobody that we may see.
    """

    device: str
    name: str
    named_by: NamedBy
    chip: str
    serial: str | None
    holder: str | None


def list_plugged() -> list[Plugged]:
    """List all serial ports of this machine."""
    found: dict[str, Usb | None] = {
        port.device: Usb(
            port.vid, port.pid or 0, port.serial_number, port.product or port.description
        )
        if port.vid is not None
        else None
        for port in comports()
    }
    for uart in _ON_BOARD:
        if uart.exists() and os.path.realpath(uart) not in found:
            found[str(uart)] = None
    return name_ports(found, _links(BY_ID), _links(BY_PATH), holders(found))


def name_ports(
    found: dict[str, Usb | None],
    by_id: dict[str, str],
    by_path: dict[str, str],
    held: dict[str, str],
) -> list[Plugged]:
    """Give each port the name that lasts longest.

    Args:
        found: Device to what its chip says; None for a port of the board.
        by_id: Device to its name by id.
        by_path: Device to its name by path.
        held: Device to who has it open.
    """
    serials = Counter(usb.serial for usb in found.values() if usb is not None)
    ports = []
    for device, usb in sorted(found.items()):
        own = usb is not None and _is_own(usb.serial) and serials[usb.serial] == 1
        name, named_by = _lasting_name(device, by_id if own else {}, by_path)
        serial = usb.serial if usb is not None and own else None
        chip = usb.chip if usb is not None else ""
        ports.append(Plugged(device, name, named_by, chip, serial, held.get(device)))
    return ports


def _lasting_name(
    device: str, by_id: dict[str, str], by_path: dict[str, str]
) -> tuple[str, NamedBy]:
    if device in by_id:
        return by_id[device], "id"
    if device in by_path:
        return by_path[device], "path"
    return device, "device"


def holders(devices: Iterable[str], proc: Path = Path("/proc")) -> dict[str, str]:
    """Find who has a device open, among the processes that this user may look into."""
    wanted = {os.path.realpath(device): device for device in devices}
    held: dict[str, str] = {}
    for process in proc.glob("[0-9]*"):
        for target in _open_files(process):
            if target in wanted:
                held[wanted[target]] = f"{process.name} ({_name(process)})"
    return held


def _is_own(serial: str | None) -> bool:
    """Say whether a serial number is this chip's own: not left blank at the factory."""
    return serial is not None and serial not in _BLANK_SERIALS


def _links(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return {os.path.realpath(link): str(link) for link in sorted(folder.iterdir())}


def _open_files(process: Path) -> Iterator[str]:
    try:
        for descriptor in (process / "fd").iterdir():
            yield str(descriptor.readlink())
    except OSError:
        return  # it ended meanwhile, or is not ours to look into


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
