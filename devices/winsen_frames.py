"""The frames of Winsen's own making: 9 bytes, alike for gas, CO2 and dust.

A question is `FF 01`, the command, five bytes, a checksum; an answer `FF`, the command, six bytes,
a checksum: minus the sum of the seven bytes before it and behind `FF`, modulo 256.

Source: Winsen, manuals of MH-Z19B, ZE07-CO and ZH03B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.checksums import sum8
from devices.command import Command

if TYPE_CHECKING:
    from devices.dialogue import Fields

SIZE: Final = 9

READ: Final = 0x86
"""The question that every sensor of Winsen answers, each in its own way."""

MODE: Final = 0x78
"""Speak by itself, or only when asked."""


def summed(body: bytes) -> bytes:
    """Put `FF` before seven bytes, and their checksum behind them."""
    return b"\xff" + body + bytes((-sum8(body) & 0xFF,))


def is_summed(frame: bytes) -> bool:
    """Say whether the checksum of a whole frame is right."""
    return summed(frame[1:-1]) == frame


def refusal(command: Command, fields: Fields) -> str:
    """Read the answer that a command was not done: 0 behind its code, where 1 is done."""
    refused = fields.get("reply_to") == command.data[2] and fields["value_hex"][:2] == "00"
    return "it says that it did not" if refused else ""


def ask(
    name: str,
    code: int,
    value: bytes,
    text: str,
    reply: Fields | None = None,
    *,
    lasts: bool = False,
) -> Command:
    """Make a command.

    Args:
        name: Its name.
        code: Its code.
        value: What follows it; zeros fill it up to five bytes.
        text: What it does.
        reply: What its answer bears, where it is answered.
        lasts: Whether it is dangerous.
    """
    data = summed(bytes((1, code)) + value.ljust(5, b"\0"))
    return Command(name, data, text, dangerous=lasts, reply=reply)
