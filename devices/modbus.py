"""Modbus RTU: questions for registers, and what comes back on a two-wire bus.

A frame is an address, a function, its data and a CRC-16, whose low byte comes first. Registers are
16 bits, big-endian, numbered from 0 as they are sent. What an adapter returns of our own question
has the form of a question: it is found, and skipped whole.

Source: Modbus Organization, MODBUS Application Protocol Specification V1.1b3, chapters 6 and 7,
and MODBUS over Serial Line V1.02, chapter 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import crc16_modbus
from devices.cutters import Bad, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from devices.cutters import Verdict

HOLDING: Final = 3
INPUT: Final = 4
_READS: Final = (HOLDING, INPUT)
_COIL: Final = 5
WRITE: Final = 6
WRITE_MANY: Final = 16
_KNOWN: Final = (*_READS, _COIL, WRITE, WRITE_MANY)
_REFUSED: Final = 0x80
"""Set in the function of an answer that says why there is none."""

ANYBODY: Final = (0xFE, 0xFF)
"""Addresses that some makers' sensors answer whatever their own is: for a sensor that is alone."""

MOST_REGISTERS: Final = 125
"""Registers of one answer."""

_LAST_ADDRESS: Final = 247
_ASKED: Final = 8
"""Bytes of a question for registers, and of the answer to a write."""

_SHORT: Final = 5
"""Bytes of an answer beside its registers, and of a refusal."""

_MANY: Final = 9
"""Bytes of a write of several registers beside these."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question for registers.

    Attributes:
        function: 3 for holding registers, 4 for input registers.
        register: The first of them, from 0 as it is sent.
        count: How many.
    """

    function: int
    register: int
    count: int

    def write(self, address: int) -> bytes:
        """Return the bytes that ask this of the sensor at an address."""
        return read(address, self.function, self.register, self.count)


def summed(body: bytes) -> bytes:
    """Put the CRC behind a frame, its low byte first."""
    return body + crc16_modbus(body).to_bytes(2, "little")


def read(address: int, function: int, register: int, count: int) -> bytes:
    """Write the question for `count` registers."""
    return summed(bytes((address, function)) + register.to_bytes(2) + count.to_bytes(2))


def write(address: int, register: int, value: int) -> bytes:
    """Write the order to set one register; its answer is the same."""
    return summed(bytes((address, WRITE)) + register.to_bytes(2) + (value & 0xFFFF).to_bytes(2))


def cut(buffer: bytes) -> Verdict:
    """Cut answers: registers, written ones, refusals; what has the form of a question is junk."""
    if not (1 <= buffer[0] <= _LAST_ADDRESS or buffer[0] in ANYBODY):
        return Bad("header")
    if len(buffer) == 1:
        return None
    function = buffer[1]
    if function in _READS:
        return _cut_read(buffer)
    if function == WRITE_MANY:
        return _cut_many(buffer)
    if function in _KNOWN:
        return _judge(buffer, _ASKED)
    return _judge(buffer, _SHORT) if function - _REFUSED in _KNOWN else Bad("header")


def _cut_read(buffer: bytes) -> Verdict:
    """Tell an answer with registers from a question for them."""
    if len(buffer) == 2:  # noqa: PLR2004 - the count of bytes is the third
        return None
    size = buffer[2]
    sound = size % 2 == 0 and 0 < size <= 2 * MOST_REGISTERS
    if sound and size + _SHORT < _ASKED:
        verdict = _judge(buffer, size + _SHORT)
        if not isinstance(verdict, Bad) or not _asks_for_some(buffer):
            return verdict
    if len(buffer) < _ASKED:
        return None
    if _asks_for_some(buffer) and _is_summed(buffer[:_ASKED]):
        return Bad("header", _ASKED)
    return _judge(buffer, size + _SHORT) if sound else Bad("length")


def _asks_for_some(buffer: bytes) -> bool:
    """Say whether a question that begins so asks for a number of registers that can be."""
    return 1 <= int.from_bytes(buffer[4:6]) <= MOST_REGISTERS


def _cut_many(buffer: bytes) -> Verdict:
    """Tell the answer to a write of several registers from that write."""
    verdict = _judge(buffer, _ASKED)
    if not isinstance(verdict, Bad):
        return verdict
    size = buffer[6]
    if size == 0 or size != 2 * int.from_bytes(buffer[4:6]):
        return verdict
    if len(buffer) < size + _MANY:
        return None
    return Bad("header", size + _MANY) if _is_summed(buffer[: size + _MANY]) else verdict


def _judge(buffer: bytes, size: int) -> Verdict:
    if len(buffer) < size:
        return None
    return Whole(size) if _is_summed(buffer[:size]) else Bad("checksum")


def _is_summed(frame: bytes) -> bool:
    return crc16_modbus(frame) == 0


def decode(frame: bytes) -> dict[str, Any]:
    """Read a frame that `cut` has verified.

    `registers` of an answer; `register` and `value`, or `register` and `count`, of what was
    written; `exception` of a refusal, beside the `function` that was asked for.
    """
    address, function = frame[:2]
    fields: dict[str, Any] = {"address": address, "function": function & ~_REFUSED}
    if function & _REFUSED:
        return fields | {"exception": frame[2]}
    if function in _READS:
        data = frame[3:-2]
        return fields | {
            "registers": [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
        }
    last = "count" if function == WRITE_MANY else "value"
    register, value = int.from_bytes(frame[2:4]), int.from_bytes(frame[4:6])
    return fields | {"register": register, last: value}


def encode(fields: Mapping[str, Any]) -> bytes:
    """Write the frame that `decode` reads these fields from."""
    head = bytes((fields.get("address", 1), fields.get("function", HOLDING)))
    if "exception" in fields:
        return summed(bytes((head[0], head[1] | _REFUSED, fields["exception"])))
    if "register" in fields:
        last = fields["count"] if head[1] == WRITE_MANY else fields["value"]
        return summed(head + fields["register"].to_bytes(2) + last.to_bytes(2))
    registers: Sequence[int] = fields.get("registers", (0,))
    data = bytes(chain.from_iterable(register.to_bytes(2) for register in registers))
    return summed(head + bytes((len(data),)) + data)
