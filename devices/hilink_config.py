"""How Hi-Link's radars are told things: commands and answers, and the mode in which they hear them.

Both are `FD FC FB FA`, a length, the command, a value, `04 03 02 01`; lengths and words are
little-endian, and an answer repeats its command with 1 in the second byte, then says whether it was
done. Commands are heard in config mode only, between `enable_config` and `end_config`; until its
end a radar reports nothing.

Source: Hi-Link, HLK-LD2451 Serial Communication Protocol V1.03, section 1.2, and HLK-LD2450 Serial
Communication Protocol V1.03, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command
from devices.cutters import by_header
from devices.dialogue import Ask, Listen, Received, Step, carry_out
from devices.driver import Driver, Settings
from devices.errors import NoReply, Refused

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.cutters import Cutter
    from devices.dialogue import Carried, Fields

HEAD: Final = 6
TAIL: Final = 4
"""Bytes that the length does not count: beginning and length, end."""

_MARKS: Final = (b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01")
_LEAST: Final = 4
"""The length of an answer at least: its command and its status."""

WITHIN: Final = 0.5
"""Seconds that an answer may take; as a rule it is there after some milliseconds."""

_MEANWHILE: Final = 5
"""Reports between a question and its answer: those that were on their way."""

_BAUDRATES: Final = (9600, 19200, 38400, 57600, 115200, 230400, 256000, 460800)


@dataclass(frozen=True, kw_only=True)
class Configurable(Driver):
    """A radar with a config mode."""

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read the answer that a command was not done."""
        refused = fields.get("ack_cmd") == command.data[HEAD] and fields["status"] != 0
        return f"it says that it did not (status {fields['status']})" if refused else ""

    def send(self, command: Command, settings: Settings) -> Carried:
        """Carry out a command in config mode, and leave that in any case.

        Raises:
            NoReply: It should have been answered.
            Refused: It was not done.
        """
        if command.name in {"enable_config", "end_config"}:
            return (yield from super().send(command, settings))
        yield from carry_out(self.commands["enable_config"], WITHIN)
        try:
            answer = yield from carry_out(command, WITHIN, refusal=self.refusal)
        except (NoReply, Refused):
            yield from ask(self.commands["end_config"])
            raise
        if command.name != "restart":
            yield from ask(self.commands["end_config"])
        return answer


def length(buffer: bytes) -> int | None:
    """Read the length of a frame; None while it is not there."""
    return int.from_bytes(buffer[HEAD - 2 : HEAD], "little") if len(buffer) >= HEAD else None


def write(marks: tuple[bytes, bytes], body: bytes) -> bytes:
    """Write a frame between its two marks."""
    return marks[0] + len(body).to_bytes(2, "little") + body + marks[1]


def by_answer(longest: int) -> Cutter:
    """Cut answers whose length is at most `longest`; a command is none."""

    def size(buffer: bytes) -> int:
        counted = length(buffer)
        if counted is None:
            return 0
        return HEAD + counted + TAIL if _LEAST <= counted <= longest else -1

    return by_header((_MARKS[0],), size, _is_answer, tail=_MARKS[1], refused="header")


def is_answer(frame: bytes) -> bool:
    """Tell an answer from a report."""
    return frame.startswith(_MARKS[0])


def read_answer(frame: bytes) -> dict[str, Any]:
    """Read an answer; its status is 0 for done."""
    body = frame[HEAD:-TAIL]
    status = int.from_bytes(body[2:4], "little")
    return {"ack_cmd": body[0], "is_ack": True, "status": status, "value_hex": body[4:].hex()}


def write_answer(fields: Fields) -> bytes:
    """Write the answer to an `ack_cmd`."""
    status = fields.get("status", 0).to_bytes(2, "little")
    value = bytes.fromhex(fields.get("value_hex", ""))
    return write(_MARKS, bytes((fields["ack_cmd"], 1)) + status + value)


def command(name: str, code: int, value: bytes, text: str, *, lasts: bool = False) -> Command:
    """Make a command, which is answered that it is done."""
    data = write(_MARKS, bytes((code, 0)) + value)
    return Command(name, data, text, dangerous=lasts, reply={"ack_cmd": code, "status": 0})


def ask(question: Command) -> Generator[Step, Received, list[Received]]:
    """Send a command once; return what came up to its answer, or up to a silence."""
    heard: list[Received] = []
    step: Step = Ask(question.data, WITHIN)
    while len(heard) < _MEANWHILE:
        try:
            heard.append((yield step))
        except NoReply:
            break
        if question.answered_by(heard[-1].fields):
            break
        step = Listen(WITHIN)
    return heard


def _is_answer(frame: bytes) -> bool:
    """Say whether it is an answer, and no command; its status is a small number."""
    return frame[HEAD + 1] == 1 and frame[HEAD + 3] == 0


COMMON: Final = (
    command("enable_config", 0xFF, b"\x01\0", "begin config mode: no reports until its end"),
    command("end_config", 0xFE, b"", "end config mode"),
    command("read_firmware", 0xA0, b"", "ask for its firmware"),
    *(
        command(
            f"set_baudrate_{baud}",
            0xA1,
            index.to_bytes(2, "little"),
            f"{baud} baud after a restart: the port must follow",
            lasts=True,
        )
        for index, baud in enumerate(_BAUDRATES, start=1)
    ),
    command("factory_reset", 0xA2, b"", "forget all settings, after a restart", lasts=True),
    command("restart", 0xA3, b"", "begin anew"),
)
"""What all of them are told."""
