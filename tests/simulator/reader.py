"""The other end of a simulated line: what a driver makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import serial

from devices.framing import Frame, Framer
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from devices.driver import Driver


class Reader:
    """Has the port open and decodes whatever comes.

    Attributes:
        fields: The fields of every frame, in order.
        junk: How many bytes belonged to no frame.
    """

    def __init__(self, link: Path, driver: Driver) -> None:
        self._driver = driver
        self._settings = driver.configure({})
        self._framer = Framer(driver.cutter(self._settings))
        self._port = serial.Serial(str(link), driver.line.baudrate, timeout=0)
        self._port.reset_input_buffer()
        self.fields: list[dict[str, Any]] = []
        self.junk = 0

    def send(self, data: bytes) -> None:
        self._port.write(data)

    def read(self, frames: int, within: float = 5.0) -> list[dict[str, Any]]:
        """Wait until so many frames more have come, and return the last of them."""
        wanted = len(self.fields) + frames
        until(lambda: self._take() >= wanted, within, f"{frames} more frames")
        return self.fields[-frames:]

    def _take(self) -> int:
        for piece in self._framer.feed(self._port.read(4096)):
            if isinstance(piece, Frame):
                self.fields.append(self._driver.decode(piece.raw, self._settings))
            else:
                self.junk += len(piece.raw)
        return len(self.fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._port.close()
