"""A register map: what stands in which registers of a Modbus device, as data.

The gateway reads maps from files; here they are parsed already, and nothing in them contradicts
itself.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from devices.driver import Line, Proof
from devices.modbus import HOLDING, MOST_REGISTERS, Question
from devices.sample import Counter, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Form: TypeAlias = Literal["u16", "i16", "u32", "i32", "f32"]
"""How a number is written in one or two registers."""

USUAL: Final = Line(9600)
"""What most devices on a bus leave the factory with."""

_WORD: Final = 0x1_0000
_DIGITS: Final = 9
"""Decimals of a value: finer than any scale, coarser than what a float makes up."""


@dataclass(frozen=True, slots=True)
class Void:
    """When a value is none although there is a number: another one lies below some limit.

    Attributes:
        field: The field that decides, or the value's own.
        below: The limit, in that field's own unit.
    """

    field: str
    below: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One number in a device's registers; its value is raw × scale + offset.

    Attributes:
        field: Its name among the fields.
        function: 3 for a holding register, 4 for an input register.
        register: Where it begins.
        form: How it is written.
        swapped: Whether the low one of two words comes first.
        scale: What the number is multiplied by.
        offset: What is then added.
        none: Numbers that mean that there is no value.
        quantity: What it measures; empty for what is not stored.
        factor: What the value is multiplied by for the unit of the quantity.
        shift: What is then added.
        counter: Whether it only ever grows, so that its difference is what is measured.
        wraps: The number at which a counter begins again at zero; None where it does not.
        void: When it is no value.
        optional: Whether most devices lack it: it is measured only where that is asked for.
    """

    field: str
    register: int
    function: int = HOLDING
    form: Form = "u16"
    swapped: bool = False
    scale: float = 1.0
    offset: float = 0.0
    none: tuple[int, ...] = ()
    quantity: str = ""
    factor: float = 1.0
    shift: float = 0.0
    counter: bool = False
    wraps: int | None = None
    void: Void | None = None
    optional: bool = False

    @property
    def words(self) -> int:
        """How many registers it takes."""
        return 1 if self.form.endswith("16") else 2

    @property
    def place(self) -> set[tuple[int, int]]:
        """The registers it takes, each with its function."""
        return {(self.function, self.register + at) for at in range(self.words)}

    def read(self, words: Sequence[int]) -> float | None:
        """Return its value; None where there is none, or nothing that is a number."""
        high, low = (
            (words[::-1] if self.swapped else words)[:2] if self.words > 1 else (0, words[0])
        )
        raw = high * _WORD + low
        if self.form == "f32":
            (number,) = struct.unpack(">f", raw.to_bytes(4))
            value = number * self.scale + self.offset
            return value if math.isfinite(value) and raw not in self.none else None
        span = _WORD**self.words
        signed = raw - span if self.form.startswith("i") and raw >= span // 2 else raw
        if raw in self.none or signed in self.none:
            return None
        if (self.scale, self.offset) == (1.0, 0.0):
            return signed
        return round(signed * self.scale + self.offset, _DIGITS)

    def write(self, value: float | None) -> list[int]:
        """Return the registers that `read` reads this value from."""
        if value is None:
            raw = next(iter(self.none), 0x7FC0_0000 if self.form == "f32" else 0)
        elif self.form == "f32":
            raw = int.from_bytes(struct.pack(">f", (value - self.offset) / self.scale))
        else:
            raw = round((value - self.offset) / self.scale)
        raw %= _WORD**self.words
        words = [raw] if self.words == 1 else [raw // _WORD, raw % _WORD]
        return words[::-1] if self.swapped else words

    def convert(self, value: float | None) -> float | None:
        """Return a value in the unit of its quantity."""
        if value is None:
            return None
        return round(value * self.factor + self.shift, _DIGITS)

    def count(self, value: float | None) -> Counter | None:
        """Return a value as a counter of its quantity."""
        if value is None:
            return None
        wraps = None if self.wraps is None else self.wraps * self.scale * self.factor
        return Counter(value * self.factor, wraps)


@dataclass(frozen=True, slots=True)
class Order:
    """One of a device's own commands: a question for registers, or a value to write.

    Attributes:
        name: Its name.
        help: What it does.
        function: 3 or 4 to ask, 6 to write.
        register: The first register.
        operand: How many registers to ask for, or the value to write.
        dangerous: As with every command.
        address: Whom to tell instead of the device itself; None for itself.
    """

    name: str
    help: str
    function: int
    register: int
    operand: int
    dangerous: bool = False
    address: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are asked for at once, and what stands in them."""

    question: Question
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterMap:
    """All that is known of one kind of device.

    Attributes:
        name: `maker.model`, or the file of a technician's own.
        document: Where it is written down.
        proof: What it was checked against.
        line: The line settings it leaves the factory with.
        lines: Others that it may have been set to.
        address: The address it leaves the factory with.
        every: Seconds between two measurements of its own; None where that is not known.
        warmup_seconds: Seconds after power-on that its values are not to be trusted.
        entries: What stands in its registers.
        gap: Registers between two entries that are rather read along than asked around.
        most: Registers that it gives at once.
        probe: A question that it answers otherwise than those for its entries; None for one that
            is made up.
        orders: Its own commands.
    """

    name: str
    document: str
    entries: tuple[Entry, ...]
    proof: Proof = "documents"
    line: Line = USUAL
    lines: tuple[Line, ...] = ()
    address: int = 1
    every: float | None = None
    warmup_seconds: float = 0.0
    gap: int = 8
    most: int = MOST_REGISTERS
    probe: Question | None = None
    orders: tuple[Order, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """What it measures, in the order of its entries."""
        return tuple(dict.fromkeys(entry.quantity for entry in self.entries if entry.quantity))

    def measuring(self, wanted: Iterable[str]) -> RegisterMap:
        """Return this map with these quantities only, without any with what is not optional.

        Other entries are fields still.
        """
        names = set(wanted) or {e.quantity for e in self.entries if not e.optional}
        entries = tuple(
            entry if entry.quantity in names else replace(entry, quantity="")
            for entry in self.entries
        )
        return replace(self, entries=entries)


def blocks(registers: RegisterMap) -> tuple[Block, ...]:
    """Put neighbours into one question each, as far as gaps and lengths allow."""
    ordered = sorted(registers.entries, key=lambda entry: (entry.function, entry.register))
    groups: list[list[Entry]] = [[entry] for entry in ordered[:1]]
    for before, entry in pairwise(ordered):
        begin, end = groups[-1][0].register, entry.register + entry.words
        near = entry.register - (before.register + before.words) <= registers.gap
        if entry.function == before.function and near and end - begin <= registers.most:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return tuple(Block(_span(group), tuple(group)) for group in groups)


def _span(group: Sequence[Entry]) -> Question:
    begin = group[0].register
    end = max(entry.register + entry.words for entry in group)
    return Question(group[0].function, begin, end - begin)


def read(block: Block, words: Sequence[int]) -> dict[str, float | None]:
    """Read the fields of a block out of its registers."""
    at = block.question.register
    return {
        entry.field: entry.read(words[entry.register - at : entry.register - at + entry.words])
        for entry in block.entries
    }


def write(block: Block, fields: Mapping[str, Any]) -> list[int]:
    """Write the registers of a block that `read` reads these fields from; the others are zero."""
    words = [0] * block.question.count
    for entry in block.entries:
        if entry.field in fields:
            at = entry.register - block.question.register
            words[at : at + entry.words] = entry.write(fields[entry.field])
    return words


def sample(registers: RegisterMap, fields: Mapping[str, Any]) -> Sample:
    """Turn the fields of all blocks that came into values and counters."""
    values: dict[str, float | None] = {}
    counters: dict[str, Counter] = {}
    for entry in registers.entries:
        if not entry.quantity or entry.field not in fields:
            continue
        value = None if _is_void(entry, fields) else fields[entry.field]
        if not entry.counter:
            values[entry.quantity] = entry.convert(value)
        elif (counter := entry.count(value)) is not None:
            counters[entry.quantity] = counter
    return Sample(values, counters=counters)


def _is_void(entry: Entry, fields: Mapping[str, Any]) -> bool:
    """Say whether a value is none; where what decides is missing, it can't be told, and is none."""
    if entry.void is None:
        return False
    value = fields.get(entry.void.field)
    return value is None or value < entry.void.below
