"""A port: the only place where a tty is opened, read and written.

A tty keeps bytes for whoever comes next, some of them minutes old, and so does a USB adapter, which
hands them over only once the port is open. Whatever lay there then, or came while nobody read, is
dropped: it must not be stamped as of now.
"""

from __future__ import annotations

import errno
import grp
import os
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import serial

from gateway.edge.holder import holder
from gateway.errors import PortBusy, PortDenied, PortGone

if TYPE_CHECKING:
    from devices.driver import Line
    from gateway.clock import Clock, Stamp

STALL_SECONDS: Final = 1.0
"""Between two reads; whoever was away for longer does not know when the bytes came."""

_READ_SECONDS: Final = 0.1
"""How long a read waits for a byte: how soon a stop, a pause or a silence is noticed."""

_WRITE_SECONDS: Final = 2.0
"""How long a write may take until the port counts as dead."""

_BUFFER: Final = 4096
"""Bytes that the kernel holds ready of a tty."""

_FIFO: Final = 128
"""Bytes that an adapter may hand over at once although the line carried them one by one."""

_DROPS: Final = 20
"""Times that old bytes are dropped at most: a line that is never quiet is heard all the same."""

_DEAD: Final = (serial.SerialException, OSError, termios.error, ValueError, TypeError)
"""All that pyserial raises for a port that is gone. (ValueError: a url or a baud rate that can't
be; TypeError: a descriptor that was closed.)"""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read brought.

    Attributes:
        data: Bytes; none where none came.
        stamp: When the read returned.
        now: The same, monotonic.
        span: Seconds since the read before: when these bytes came.
        stalled: Seconds without a read, the bytes of which were dropped; 0 as a rule.
    """

    data: bytes
    stamp: Stamp
    now: float
    span: float = 0.0
    stalled: float = 0.0


class Port:
    """A serial port, or whatever else pyserial opens by a url."""

    def __init__(self, url: str, line: Line, clock: Clock) -> None:
        """Prepare; nothing is opened yet."""
        self.url = url
        self._line = line
        self._clock = clock
        self._device: serial.Serial | None = None
        self._read_at = 0.0

    def open(self) -> None:
        """Open the port for us alone and drop what lies in it.

        DTR and RTS stay low: raising them resets some boards.

        Raises:
            PortBusy: Another process holds it.
            PortDenied: This user may not open it.
            PortGone: It is not there, or can't be set up.
        """
        self.close()
        try:
            device = serial.serial_for_url(
                self.url,
                do_not_open=True,
                baudrate=self._line.baudrate,
                parity=self._line.parity,
                stopbits=self._line.stopbits,
                timeout=_READ_SECONDS,
                write_timeout=_WRITE_SECONDS,
                exclusive=True,
            )
            device.dtr = device.rts = False
            if _is_pseudo(self.url):
                device.parity = serial.PARITY_NONE
            device.open()
            self._device = device
            self._drop_old(device)
        except _DEAD as error:
            self._give_up(error)
        self._read_at = self._clock.monotonic()

    def read(self) -> Chunk:
        """Wait a moment for bytes and stamp them.

        Raises:
            PortGone: It vanished or broke; it is closed.
        """
        device = self._opened()
        try:
            data = device.read(max(1, device.in_waiting))
            stamp, now = self._clock.stamp(), self._clock.monotonic()
            span = now - self._read_at
            if span > STALL_SECONDS:
                self._drop_old(device)
                stamp, now = self._clock.stamp(), self._clock.monotonic()
                self._read_at, data, stalled = now, b"", span
            else:
                self._read_at, stalled = now, 0.0
        except _DEAD as error:
            self._give_up(error)
        return Chunk(data, stamp, now, span, stalled)

    def ask(self, data: bytes) -> None:
        """Write, dropping what came before: it can't be the answer.

        Raises:
            PortGone: It vanished or broke; it is closed.
        """
        device = self._opened()
        try:
            device.reset_input_buffer()
            device.write(data)
        except _DEAD as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the port, however broken it is."""
        device, self._device = self._device, None
        if device is not None:
            try:
                device.close()
            except _DEAD:
                return

    # -- within -----------------------------------------------------------------------------

    def _opened(self) -> serial.Serial:
        if self._device is None:
            raise PortGone(f"{self.url} is not open")
        return self._device

    def _drop_old(self, device: serial.Serial) -> None:
        """Drop what lies there and, for a moment, what comes.

        For longer where it comes faster than the line carries it: then it is older than now.
        """
        fresh = _FIFO + _READ_SECONDS / self._line.byte_seconds
        for _ in range(_DROPS):
            device.reset_input_buffer()
            if len(device.read(_BUFFER)) <= fresh:
                return

    def _give_up(self, error: Exception) -> NoReturn:
        """Close, and say what happened in our own words."""
        was_open = self._device is not None
        self.close()
        number = getattr(error, "errno", None)
        if number in {errno.EBUSY, errno.EAGAIN}:
            by = holder(self.url) or "another process"
            raise PortBusy(f"{self.url} is in use by {by}", "stop that one") from error
        if number in {errno.EACCES, errno.EPERM}:
            raise PortDenied(f"{self.url} may not be opened", _remedy(self.url)) from error
        if number == errno.ENOENT:
            raise PortGone(f"{self.url} is not there", "plug it in") from error
        if was_open:
            raise PortGone(
                f"{self.url} was unplugged, or broke off", "plug it in again and look at its cable"
            ) from error
        raise PortGone(
            f"{self.url} can't be opened", "check its url, its baudrate and what is behind it"
        ) from error


def _is_pseudo(url: str) -> bool:
    """Say whether a port is a pseudo-terminal: it knows no parity, and refuses to be set to one."""
    return os.path.realpath(url).startswith("/dev/pts/")


def _remedy(url: str) -> str:
    """Say which group may open a port."""
    try:
        group = grp.getgrgid(Path(url).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "look at the owner and mode of the file"
    return f"add the gateway's user to the group {group}"
