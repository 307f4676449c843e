"""The frames of Cubic's sensors, which answer when they are asked.

A question is `11`, the number of bytes of command and data, these, and a checksum which makes the
sum of the whole frame 0 modulo 256; an answer the same from `16`, an error from `06`. Two sensors
may answer under one number of a command with other values.

Source: Cubic, CM1106 UART protocol; errors: airmeter-io/AirMeter.IO.Firmware, sensorapis/cubic.md.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command
from devices.cutters import Bad, by_header
from devices.dialogue import Dialogue, Fields, carry_out
from devices.driver import Driver, Settings
from devices.errors import NoReply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.cutters import Cutter

_ANSWER: Final = b"\x16"
_ERROR: Final = b"\x06"
_ERROR_LENGTH: Final = 2
_ERRORS: Final = {
    1: "the checksum is wrong",
    2: "it knows no such command",
    3: "the length is wrong",
    4: "it does not take this value",
}

WITHIN: Final = 1.0
"""Seconds that an answer may take; as a rule it is there after some milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Cubic(Driver):
    """What all of them share.

    Attributes:
        lengths: The commands it answers to the lengths that their answers may have.
    """

    lengths: Mapping[int, tuple[int, ...] | range]

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut its answers and errors; questions that an adapter or a tapped line shows are none."""

        def size(buffer: bytes) -> int | Bad:
            if len(buffer) < 3:  # noqa: PLR2004 - head, length and command
                return 0
            length, command = buffer[1], buffer[2]
            known = self.lengths.get(command)
            if buffer.startswith(_ERROR):
                known = (_ERROR_LENGTH,)
            if known is None:
                return Bad("header")
            return length + 3 if length in known else -1

        return by_header((_ANSWER, _ERROR), size, lambda frame: sum8(frame) == 0)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read an answer, or an error."""
        command, data = frame[2], frame[3:-1]
        if frame.startswith(_ERROR):
            return {"cmd": command, "error_code": data[0]}
        return {"cmd": command} | self.read_data(command, data)

    def encode(self, fields: Fields) -> bytes:
        """Write an answer, or an error where there is an `error_code`."""
        command = fields.get("cmd", next(iter(self.lengths)))
        if "error_code" in fields:
            return _summed(_ERROR, bytes((command, fields["error_code"])))
        return _summed(_ANSWER, bytes((command,)) + self.write_data(command, fields))

    @abstractmethod
    def read_data(self, command: int, data: bytes) -> dict[str, Any]:
        """Read what an answer to that command bears."""

    @abstractmethod
    def write_data(self, command: int, fields: Fields) -> bytes:
        """Write that."""

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read an error that belongs to the command."""
        code = fields.get("error_code")
        if code is None or fields["cmd"] != command.data[2]:
            return ""
        return _ERRORS.get(code, f"error {code}")

    def read(self, settings: Settings) -> Dialogue:
        """Ask until a measurement comes; answers to anything else are passed over.

        Raises:
            NoReply: It did not answer, three times.
        """
        received = yield from carry_out(self.commands["read"], WITHIN)
        sample = self.sample(received.fields, settings)
        if sample is None:
            raise NoReply("no measurement came")
        return sample


def _summed(head: bytes, body: bytes) -> bytes:
    frame = head + bytes((len(body),)) + body
    return frame + bytes((-sum8(frame) & 0xFF,))


def ask(
    name: str,
    code: int,
    data: bytes,
    text: str,
    reply: Fields | None = None,
    *,
    lasts: bool = False,
) -> Command:
    """Make a command; `lasts` where it is dangerous."""
    body = bytes((code,)) + data
    return Command(
        name,
        _summed(b"\x11", body),
        text,
        dangerous=lasts,
        reply={"cmd": code, **(reply or {})},
    )
