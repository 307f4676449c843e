"""The serial line: how it is set, and when the last byte of a frame was on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.driver import Line

if TYPE_CHECKING:
    from gateway.clock import Stamp
    from gateway.config.gateway import PortConfig


def line_of(port: PortConfig, usual: Line) -> Line:
    """Return the settings of a port: the config's where it has any, else the driver's."""
    return Line(
        baudrate=port.baudrate or usual.baudrate,
        parity=port.parity or usual.parity,
        stopbits=port.stopbits or usual.stopbits,
    )


def at_last_byte(read: Stamp, behind: int, span: float, line: Line) -> Stamp:
    """Tell when the last byte of a frame was on the line.

    Args:
        read: When the read returned that brought it.
        behind: Bytes that came after it.
        span: Seconds since the read before, in which all of these bytes came.
        line: How long each byte takes.
    """
    return read.back(min(behind * line.byte_seconds, span))
