"""What the tables of a register map owe each other: rules that no single key can break alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.modbus_map import blocks
from gateway.config.findings import Flaw, likely
from gateway.config.map_file import UNITS
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.map_file import FieldTable, MapFile
    from gateway.config.positions import KeyPath

_TAKEN: Final = {"address", "count", "exception", "function", "register", "registers"}
"""Fields of every answer."""

_STRANGE: Final = {"traffic", "node"}
"""Measurements that no register of a device holds."""

_LAST: Final = 0xFFFF


def broken_rules(file: MapFile) -> list[Flaw]:
    """Find what contradicts itself, in a map whose every key is sound."""
    if not file.fields:
        return [Flaw(("fields",), "there is none", "add a table [fields.NAME] for each number")]
    flaws = [flaw for name in file.fields for flaw in _field(name, file)]
    flaws += [*_overlaps(file), *_twice(file), *_commands(file)]
    return flaws or list(_probe(file))


def _field(name: str, file: MapFile) -> Iterator[Flaw]:
    field, path = file.fields[name], ("fields", name)
    if name in _TAKEN:
        yield Flaw(path, f"every answer has a field {name}", "choose another name")
    if field.at + _words(field) - 1 > _LAST:
        yield Flaw((*path, "register"), f"ends behind register {_LAST}", "correct one of the two")
    if field.scale == 0:
        yield Flaw((*path, "scale"), "makes every value the same", "leave it out for 1")
    if field.order == "low" and _words(field) == 1:
        error = f"{field.type} is a single word"
        yield Flaw((*path, "order"), error, "leave it out, or write a type of 32 bits")
    span = 1 << 16 * _words(field)
    for number in field.sentinels:
        if not -span // 2 <= number < span:
            error = f"{number} does not fit into {field.type}"
            yield Flaw((*path, "none"), error, "write the number as the registers bear it")
    yield from _quantity(field, path)
    if field.wraps is not None and not field.counter:
        yield Flaw((*path, "wraps"), "only a counter wraps", "add counter = true")
    if field.void is not None and field.void.field not in file.fields:
        meant = likely(field.void.field, file.fields)
        remedy = f"did you mean {meant}?" if meant else f"the fields: {', '.join(file.fields)}"
        yield Flaw((*path, "void", "field"), f"there is no field {field.void.field}", remedy)


def _quantity(field: FieldTable, path: KeyPath) -> Iterator[Flaw]:
    if field.quantity is None:
        for key in ("unit", "counter"):
            if getattr(field, key):
                error = "does nothing without a quantity"
                yield Flaw((*path, key), error, "add quantity = …, or leave it out")
        return
    quantity = QUANTITIES.get(field.quantity)
    if quantity is None or quantity.measurement in _STRANGE:
        meant = likely(field.quantity, QUANTITIES)
        remedy = f"did you mean {meant}?" if meant else "docs/messages.md lists all quantities"
        yield Flaw((*path, "quantity"), f"no such quantity: {field.quantity}", remedy)
        return
    others = UNITS.get(quantity.unit, {})
    if field.unit is not None and field.unit not in {quantity.unit, *others}:
        error = f"no such unit of {quantity.name}: {field.unit}"
        known = ", ".join([quantity.unit, *others])
        yield Flaw((*path, "unit"), error, f"write one of: {known}; or use scale")


def _overlaps(file: MapFile) -> Iterator[Flaw]:
    owners: dict[tuple[int, int], str] = {}
    for entry in file.entries():
        for place in sorted(entry.place):
            other = owners.setdefault(place, entry.field)
            if other != entry.field:
                error = f"register {place[1]} belongs to {other} already"
                remedy = "compare both with the manual: a type of 32 bits takes two registers"
                yield Flaw(("fields", entry.field, "register"), error, remedy)
                break


def _twice(file: MapFile) -> Iterator[Flaw]:
    seen: dict[str, str] = {}
    for name, field in file.fields.items():
        if field.quantity and seen.setdefault(field.quantity, name) != name:
            error = f"{seen[field.quantity]} is the {field.quantity} already"
            remedy = "leave it out of one: a device measures a quantity once"
            yield Flaw(("fields", name, "quantity"), error, remedy)


def _commands(file: MapFile) -> Iterator[Flaw]:
    for name, command in file.commands.items():
        if (command.count is None) == (command.write is None):
            error = "neither asks nor writes" if command.count is None else "asks and writes"
            yield Flaw(("commands", name), error, "give it either count = … or write = …")


def _probe(file: MapFile) -> Iterator[Flaw]:
    probe, asked = file.question(), blocks(file.parsed(""))[0].question
    if probe is not None and (probe.function, probe.count) == (asked.function, asked.count):
        error = "its answer has the form of that to the first question"
        yield Flaw(("probe", "count"), error, f"ask for another number than {asked.count}")


def _words(field: FieldTable) -> int:
    return 1 if field.type.endswith("16") else 2
