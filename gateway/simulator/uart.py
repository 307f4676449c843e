"""A UART: the sensor's end of a serial line, on a pseudo-terminal with the pace of a real one."""

from __future__ import annotations

import errno
import os
import select
import termios
import tty
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from devices.driver import Line

STALE_BYTES: Final = 4000
"""What a port keeps while nobody has it open: about as much as the kernel's buffer of a tty."""

_READ_SIZE: Final = 4096

_NAMELESS: Final = 0o10000
"""BOTHER of termios.h: the speed is a number, not one of the names."""


class Uart:
    """A serial port under a lasting name, for one thread.

    The name is a symbolic link, as udev makes them: unplugged, it is gone; plugged in again, it
    leads to a new device. Nothing here ever waits: what does not fit is lost, as on a real line.
    """

    def __init__(self, link: Path, line: Line | None = None) -> None:
        """Plug in under the name `link`.

        Args:
            link: The name.
            line: With it, whoever sets the port otherwise hears and says noise, as on a real line;
                without it, settings don't matter.
        """
        self.link = link
        self._line = line
        self._master: int | None = None
        self._stale = 0
        self.plug()

    @property
    def plugged(self) -> bool:
        """Whether the port is there."""
        return self._master is not None

    @property
    def opened(self) -> bool:
        """Whether somebody has the port open, which no real sensor ever knows."""
        if self._master is None:
            return False
        poll = select.poll()
        poll.register(self._master, 0)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))

    def plug(self) -> None:
        """Let the port appear; the line is raw from the first byte on and echoes nothing.

        Raises:
            OSError: The name can't be made, or belongs to something else than such a port.
        """
        if self._master is not None:
            return
        if os.path.lexists(self.link) and not _is_ours(self.link):
            raise FileExistsError(errno.EEXIST, "there is something else", str(self.link))
        self._master, slave = os.openpty()
        self._stale = 0
        try:
            os.set_blocking(self._master, False)
            tty.setraw(slave)
            fresh = self.link.with_name(f"{self.link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(slave))
            fresh.replace(self.link)
        finally:
            os.close(slave)

    def unplug(self) -> None:
        """Let the port vanish; whoever has it open reads an error."""
        if self._master is None:
            return
        self.link.unlink(missing_ok=True)
        os.close(self._master)
        self._master = None

    def write(self, data: bytes) -> int:
        """Send bytes and return how many arrived in the port's buffer."""
        if self._master is None:
            return 0
        if self.opened:
            self._stale = 0
            data = self._carried(data)
        else:
            data = data[: max(0, STALE_BYTES - self._stale)]
        try:
            written = os.write(self._master, data) if data else 0
        except (BlockingIOError, OSError):
            return 0
        self._stale += written
        return written

    def read(self, within: float) -> bytes:
        """Return what the other end sent, waiting so many seconds for it at most.

        While nobody has the port open, there is nothing to wait for, and it returns at once.
        """
        if self._master is None:
            return b""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        for _, events in poll.poll(max(0.0, within) * 1000):
            if events & select.POLLIN:
                try:
                    return self._carried(os.read(self._master, _READ_SIZE))
                except (BlockingIOError, OSError):
                    return b""
        return b""

    def _carried(self, data: bytes) -> bytes:
        """Return what arrives: the bytes, or noise where both ends are set differently."""
        if self._line is None or self._master is None or _agree(self._master, self._line):
            return data
        return bytes(byte * 37 + 91 & 0xFF for byte in data[::2])


def _agree(master: int, line: Line) -> bool:
    """Say whether a port has a line's baud rate: all rates without a name of their own are one.

    A pseudo-terminal knows no parity.
    """
    speed: int = termios.tcgetattr(master)[4]
    return speed == getattr(termios, f"B{line.baudrate}", _NAMELESS)


def _is_ours(link: Path) -> bool:
    """Say whether a name leads to a pseudo-terminal, as one does that was left behind."""
    return link.is_symlink() and link.readlink().parent == Path("/dev/pts")
