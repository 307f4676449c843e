"""What a register map looks like as a file, and the same as drivers get it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from devices.driver import Line
from devices.modbus import MOST_REGISTERS, Question
from devices.modbus_map import Entry, Order, RegisterMap, Void
from gateway.config.section import Section
from schemas.quantity import QUANTITIES

Register = Annotated[int, Field(ge=0, le=0xFFFF)]
Address = Annotated[int, Field(ge=1, le=0xFF)]
Function = Literal[3, 4]

LAST_ADDRESS: Final = 247
_CALLED: Final = range(1, 33)
"""Addresses that there are commands for: no more than 32 devices hang on a bus of RS-485."""

_WRITE: Final = 6

UNITS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "hPa": {"kPa": (10.0, 0.0), "Pa": (0.01, 0.0), "mbar": (1.0, 0.0), "mmHg": (1.333224, 0.0)},
    "m": {"cm": (0.01, 0.0), "mm": (0.001, 0.0)},
    "mm": {"cm": (10.0, 0.0), "in": (25.4, 0.0)},
    "m/s": {"km/h": (1 / 3.6, 0.0), "kn": (0.514444, 0.0), "mph": (0.44704, 0.0)},
    "km/h": {"m/s": (3.6, 0.0), "kn": (1.852, 0.0), "mph": (1.609344, 0.0)},
    "°C": {"°F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    "ppm": {"ppb": (0.001, 0.0), "vol%": (10_000.0, 0.0)},
    "ppb": {"ppm": (1000.0, 0.0)},
    "µg/m³": {"mg/m³": (1000.0, 0.0), "ug/m3": (1.0, 0.0), "mg/m3": (1000.0, 0.0)},
    "lx": {"klx": (1000.0, 0.0)},
    "1/cm³": {"1/l": (0.001, 0.0), "1/m³": (1e-6, 0.0)},
}
"""The unit of a quantity to other units: what a value is multiplied by, and what is added."""


class LineTable(Section):
    """The settings of a serial line.

    Attributes:
        baudrate: Bits a second.
        parity: `N`, `E` or `O`.
        stopbits: 1 or 2.
    """

    baudrate: Annotated[int, Field(ge=50, le=4_000_000)]
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1

    def parsed(self) -> Line:
        """Return it as drivers know it."""
        return Line(self.baudrate, self.parity, self.stopbits)


class VoidTable(Section):
    """When a value is none.

    Attributes:
        field: The field that decides.
        below: It is none while that one is below this.
    """

    field: str
    below: float


class FieldTable(Section):
    """One number; its value is number × scale + offset.

    Attributes:
        at: `register` in the file: where it begins, from 0 as it is sent.
        function: 3 or 4; left out: the map's.
        type: How it is written.
        order: Of two registers, which word comes first: `high` or `low`.
        scale: What the number is multiplied by.
        offset: What is then added.
        none: The number, or numbers, that mean that there is no value.
        quantity: What it measures; left out: it is read, and not stored.
        unit: The unit of the value, where it is not that of the quantity.
        counter: Whether it only grows; its difference is what is measured.
        wraps: The number at which the counter begins again at zero.
        void: When it is no value.
        optional: Whether most devices lack it: it is stored only where `only` names it.
    """

    at: Register = Field(alias="register")
    function: Function | None = None
    type: Literal["u16", "i16", "u32", "i32", "f32"] = "u16"
    order: Literal["high", "low"] = "high"
    scale: float = 1.0
    offset: float = 0.0
    none: int | list[int] = []
    quantity: str | None = None
    unit: str | None = None
    counter: bool = False
    wraps: Annotated[int, Field(ge=2)] | None = None
    void: VoidTable | None = None
    optional: bool = False

    @property
    def sentinels(self) -> tuple[int, ...]:
        """The numbers that mean that there is no value."""
        return (self.none,) if isinstance(self.none, int) else tuple(self.none)

    def parsed(self, name: str, function: int) -> Entry:
        """Return it as drivers know it."""
        known = QUANTITIES.get(self.quantity or "")
        own = "" if known is None else known.unit
        factor, shift = UNITS.get(own, {}).get(self.unit or own, (1.0, 0.0))
        return Entry(
            field=name,
            function=self.function or function,
            register=self.at,
            form=self.type,
            swapped=self.order == "low",
            scale=self.scale,
            offset=self.offset,
            none=self.sentinels,
            quantity=self.quantity or "",
            factor=factor,
            shift=shift,
            counter=self.counter,
            wraps=self.wraps,
            void=None if self.void is None else Void(self.void.field, self.void.below),
            optional=self.optional,
        )


class CommandTable(Section):
    """One of the device's own commands: registers to ask for, or something to write.

    Attributes:
        help: What it does.
        at: `register` in the file: the first one.
        function: 3 or 4, for a question; left out: the map's.
        count: How many registers to ask for.
        write: The value to write; or several, each with the end of its command's name; or
            `address`, for the addresses 1 to 32.
        address: Whom to tell, where it is not the device itself.
    """

    help: str
    at: Register = Field(alias="register")
    function: Function | None = None
    count: Annotated[int, Field(ge=1, le=MOST_REGISTERS)] | None = None
    write: Register | dict[str, Register] | Literal["address"] | None = None
    address: Address | None = None

    def parsed(self, name: str, function: int) -> list[Order]:
        """Return it as drivers know it, once for each value."""
        if self.write is None:
            asked = self.function or function
            count = self.count or 1
            return [Order(name, self.help, asked, self.at, count, address=self.address)]
        return [
            Order(name + end, self.help, _WRITE, self.at, value, True, self.address)  # noqa: FBT003 - whatever is written outlives a power cut
            for end, value in self._values()
        ]

    def _values(self) -> list[tuple[str, int]]:
        if isinstance(self.write, int):
            return [("", self.write)]
        if isinstance(self.write, dict):
            return [(f"_{end}", value) for end, value in self.write.items()]
        return [(f"_{address}", address) for address in _CALLED]


class ProbeTable(Section):
    """A question that is answered otherwise than those for the fields.

    Attributes:
        at: `register` in the file: the first one.
        count: How many.
        function: 3 or 4; left out: the map's.
    """

    at: Register = Field(alias="register")
    count: Annotated[int, Field(ge=1, le=MOST_REGISTERS)]
    function: Function | None = None


class MapFile(Section):
    """A whole map.

    Attributes:
        document: Where it is written down: maker, manual, page.
        proof: `capture`, `example` or `documents`.
        line: The line settings it leaves the factory with.
        lines: Others that it may have been set to.
        address: The address it leaves the factory with.
        function: 3 for holding, 4 for input registers.
        every: Seconds between two measurements of its own.
        warmup_seconds: Seconds after power-on that its values are not to be trusted.
        gap: Registers between two fields that are rather read along than asked around.
        most: Registers that it gives at once.
        probe: A question that it answers otherwise.
        fields: Name to number.
        commands: Name to command.
    """

    document: str
    proof: Literal["capture", "example", "documents"] = "documents"
    line: LineTable = LineTable(baudrate=9600)
    lines: list[LineTable] = []
    address: Annotated[int, Field(ge=1, le=LAST_ADDRESS)] = 1
    function: Function = 3
    every: Annotated[float, Field(gt=0)] | None = None
    warmup_seconds: Annotated[float, Field(ge=0)] = 0.0
    gap: Annotated[int, Field(ge=0, le=MOST_REGISTERS)] = 8
    most: Annotated[int, Field(ge=2, le=MOST_REGISTERS)] = MOST_REGISTERS
    probe: ProbeTable | None = None
    fields: dict[str, FieldTable]
    commands: dict[str, CommandTable] = {}

    def entries(self) -> tuple[Entry, ...]:
        """Return its fields as drivers know them."""
        return tuple(field.parsed(name, self.function) for name, field in self.fields.items())

    def question(self) -> Question | None:
        """Return its probe as drivers know it."""
        if self.probe is None:
            return None
        function = self.probe.function or self.function
        return Question(function, self.probe.at, self.probe.count)

    def parsed(self, name: str) -> RegisterMap:
        """Return it as drivers know it."""
        orders = [
            order
            for title, command in self.commands.items()
            for order in command.parsed(title, self.function)
        ]
        table: dict[str, Any] = {
            key: getattr(self, key)
            for key in ("document", "proof", "address", "every", "warmup_seconds", "gap", "most")
        }
        return RegisterMap(
            name=name,
            entries=self.entries(),
            line=self.line.parsed(),
            lines=tuple(line.parsed() for line in self.lines),
            probe=self.question(),
            orders=tuple(orders),
            **table,
        )
