"""Two drivers of Modbus RTU: `modbus` for some registers, `modbus.map` for a whole register map.

Source: see `devices.modbus`; that of each map stands in the map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from devices import modbus, modbus_map
from devices.command import Command, by_name
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import BadSetting, NoReply
from devices.modbus import ANYBODY, HOLDING, INPUT, MOST_REGISTERS, Question
from devices.modbus_asking import Asking, ask, prove, refusal
from devices.modbus_map import Block, Entry, Order, RegisterMap
from schemas.quantity import QUANTITIES, bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Fields, Opening
    from devices.sample import Sample

ADDRESSES: Final = (*range(1, 248), *ANYBODY)
"""Addresses that a device may have, or be asked at."""

_EVERYWHERE: Final = QUANTITIES.keys() - {
    name for name, each in QUANTITIES.items() if each.measurement in {"traffic", "node"}
}
"""What one number of a device may be."""


class _Quantities:
    """Texts that name quantities, one, several or none."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and set(text.split()) <= _EVERYWHERE


class _Any:
    """Whatever has the right type; numbers are numbers that do not make all the same."""

    def __contains__(self, value: object) -> bool:
        return not isinstance(value, float) or (math.isfinite(value) and value != 0.0)


@dataclass(frozen=True, kw_only=True)
class Modbus(Driver):
    """A device with registers; what they mean says its map.

    Attributes:
        registers: The map.
        blocks: The questions that make up one sample.
    """

    registers: RegisterMap = field(default_factory=lambda: RegisterMap(
        name="", document="", entries=()
    ))  # fmt: skip
    blocks: tuple[Block, ...] = ()
    proves: bool = True

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut answers; our own questions that an adapter returns are junk."""
        return modbus.cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a frame: registers, and what they say where their number tells which they are."""
        fields = modbus.decode(frame)
        block = self._block(fields)
        return fields if block is None else fields | modbus_map.read(block, fields["registers"])

    def encode(self, fields: Fields) -> bytes:
        """Write an answer: as its registers say, or of the block that has one of these fields."""
        if fields.keys() & {"registers", "exception", "register"}:
            return modbus.encode(fields)
        for block in self.blocks:
            if fields.keys() & {entry.field for entry in block.entries}:
                head = {"address": self.takes["address"].default}
                answer = {"function": block.question.function,
                          "registers": modbus_map.write(block, fields)}  # fmt: skip
                return modbus.encode({**head, **answer, **_addressed(fields)})
        return modbus.encode(fields)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass on what the map calls quantities."""
        measured = modbus_map.sample(self.registers, fields)
        return measured if measured.values or measured.counters else None

    def fits(self, fields: Fields) -> bool:
        """Say whether all that it measures is plausible: other maps make nonsense of registers."""
        values = modbus_map.sample(self.registers, fields).values
        return all(
            value is None or bounds(name)[0] <= value <= bounds(name)[1]
            for name, value in values.items()
        )

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read an exception."""
        return refusal(command, fields)

    def start(self, settings: Settings) -> Opening:
        """See that its answers belong to the questions.

        Raises:
            BadSetting: Nobody said what to ask for.
        """
        if not self.blocks:
            raise BadSetting("map" if "map" in self.takes else "register", "nothing to ask for")
        yield from prove(settings["address"], self.blocks[0].question, self._other())

    def read(self, settings: Settings) -> Dialogue:
        """Ask for each block; after a silence, first see again that the answers are right.

        Raises:
            NoReply: It is silent.
            DeviceFault: It does not have these registers, or answers the questions before.
        """
        fields: dict[str, float | None] = {}
        for block in self.blocks:
            registers = yield from self._ask(block.question, settings)
            fields |= modbus_map.read(block, registers)
        return modbus_map.sample(self.registers, fields)

    def _ask(self, question: Question, settings: Settings) -> Asking[list[int]]:
        try:
            return (yield from ask(settings["address"], question))
        except NoReply:
            yield from self.start(settings)
            return (yield from ask(settings["address"], question))

    def _other(self) -> Question:
        """Return a question whose answer has another form than that to the first."""
        first = self.blocks[0].question
        if self.registers.probe is not None:
            return self.registers.probe
        if first.count > 1:
            return replace(first, count=1)
        longer = (b.question for b in self.blocks if b.question.count != first.count)
        return next(longer, replace(first, count=2))

    def _block(self, fields: Fields) -> Block | None:
        """Return the one block whose answer this may be."""
        form = fields["function"], len(fields.get("registers", ()))
        same = [b for b in self.blocks if (b.question.function, b.question.count) == form]
        return same[0] if len(same) == 1 else None


@dataclass(frozen=True, kw_only=True)
class Mapped(Modbus):
    """A device that a register map describes."""

    def tailored(self, settings: Settings) -> Driver:
        """Measure what the map says, or what of it the device is said to have.

        Raises:
            BadSetting: There is no map, or it does not measure what is asked for.
        """
        registers = settings["map"]
        if not isinstance(registers, RegisterMap):
            why = f"{self.name} needs a map, such as renke.th, or a file of one"
            raise BadSetting("map", why)
        wanted = settings["only"].split()
        for name in set(wanted) - set(registers.quantities):
            has = ", ".join(registers.quantities)
            raise BadSetting("only", f"{registers.name} does not measure {name}; it has: {has}")
        address = settings["address"] or registers.address
        measured = registers.measuring(wanted)
        return _made(self, measured, modbus_map.blocks(measured), address)


@dataclass(frozen=True, kw_only=True)
class Raw(Modbus):
    """A device of which some registers are asked for, as they are or as one quantity."""

    def tailored(self, settings: Settings) -> Driver:
        """Ask for the registers that are set; without any, only frames can be decoded."""
        address, register = settings["address"], settings["register"]
        if register < 0:
            return self
        question = Question(settings["function"], register, settings["count"])
        value = Entry(
            field="value",
            function=question.function,
            register=register,
            form=settings["type"],
            scale=settings["scale"],
            quantity=settings["quantity"],
        )
        entries = (value,) if settings["quantity"] else ()
        if entries and question.count < value.words:
            question = replace(question, count=value.words)
        registers = replace(self.registers, name=self.name, entries=entries)
        return _made(self, registers, (Block(question, entries),), address)


def _made(
    driver: Modbus,
    registers: RegisterMap,
    blocks: tuple[Block, ...],
    address: int,
) -> Modbus:
    """Make a driver for one device."""
    asked = [_read(number, block) for number, block in enumerate(blocks, start=1)]
    named = {(order.function, order.register, order.operand) for order in registers.orders}
    others = [o for o in asked if (o.function, o.register, o.operand) not in named]
    commands = by_name(*_commands([*others, *registers.orders], address))
    first = blocks[0].question.write(address)
    return replace(
        driver,
        line=registers.line if registers.document else driver.line,
        lines=registers.lines or driver.lines,
        quantities=registers.quantities,
        every=registers.every,
        warmup_seconds=registers.warmup_seconds,
        takes={**driver.takes, "address": replace(driver.takes["address"], default=address)},
        commands=commands,
        identify=tuple(name for name, command in commands.items() if command.data == first)[:1],
        proof=registers.proof if registers.document else driver.proof,
        document=registers.document or driver.document,
        registers=registers,
        blocks=blocks,
    )


def _read(number: int, block: Block) -> Order:
    question = block.question
    name = "read" if number == 1 else f"read_{number}"
    text = f"send registers {question.register} to {question.register + question.count - 1}"
    return Order(name, text, question.function, question.register, question.count)


def _commands(orders: Iterable[Order], address: int) -> Iterable[Command]:
    for order in orders:
        whom = address if order.address is None else order.address
        said: dict[str, Any] = {} if whom in ANYBODY else {"address": whom}
        said["function"] = order.function
        if order.function in {HOLDING, INPUT}:
            data = modbus.read(whom, order.function, order.register, order.operand)
            said["registers"] = None
        else:
            data = modbus.write(whom, order.register, order.operand)
            said |= {"register": order.register, "value": order.operand & 0xFFFF}
        yield Command(order.name, data, order.help, order.dangerous, said)


def _addressed(fields: Fields) -> dict[str, Any]:
    return {name: fields[name] for name in ("address", "function") if name in fields}


_SPECIFICATION: Final = (
    "Modbus Organization, MODBUS over Serial Line V1.02; Application Protocol V1.1b3"
)

RAW: Final = Raw(
    name="modbus",
    line=Line(9600),
    lines=(Line(4800), Line(19200), Line(19200, "E"), Line(115200)),
    takes={
        "address": Setting(1, ADDRESSES, "the device's number on the bus, 1 to 247"),
        "register": Setting(
            -1, range(0x10000), "the first register, from 0 as it is sent", required=True
        ),
        "count": Setting(1, range(1, MOST_REGISTERS + 1), "how many registers"),
        "function": Setting(HOLDING, (HOLDING, INPUT), "3 for holding, 4 for input registers"),
        "quantity": Setting("", {"", *_EVERYWHERE}, "what the first of them measures"),
        "type": Setting("u16", ("u16", "i16", "u32", "i32", "f32"), "how that number is written"),
        "scale": Setting(1.0, _Any(), "what it is multiplied by, such as 0.1"),
    },
    proof="example",
    document=_SPECIFICATION,
)

MAP: Final = Mapped(
    name="modbus.map",
    line=Line(9600),
    takes={
        "map": Setting("", _Any(), "a register map, or a file of one", required=True),
        "address": Setting(0, ADDRESSES, "the device's number on the bus, 1 to 247"),
        "only": Setting("", _Quantities(), "the quantities that this device has, as one text"),
    },
    proof="example",
    document=_SPECIFICATION,
)
