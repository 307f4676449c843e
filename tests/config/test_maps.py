"""Register maps as files: each mistake with its line, key and remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from devices.errors import BadSetting
from devices.modbus import Question
from gateway.config import maps
from gateway.config.map_file import CommandTable, FieldTable, MapFile, ProbeTable, VoidTable

if TYPE_CHECKING:
    from gateway.config.findings import Finding

PAGE: Final = Path(__file__).parents[2] / "docs/drivers/modbus.md"

SOUND = """\
document = "Acme, TX-9 manual"
function = 4

[fields.level_mm]
register = 16
type = "u32"
quantity = "distance"
unit = "mm"

[fields.temp_c]
register = 18
"""


def found(folder: Path, text: str) -> list[Finding]:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return maps.mistakes(str(path))


def test_a_sound_map_has_no_mistake(tmp_path: Path) -> None:
    assert found(tmp_path, SOUND) == []
    registers = maps.find(str(tmp_path / "own.toml"))
    assert [entry.function for entry in registers.entries] == [4, 4]
    assert registers.entries[0].convert(1803) == 1.803


MISTAKES = {
    "an unknown key": ("scal = 0.1", "fields.temp_c.scal", "did you mean scale?"),
    "an unknown type": ('type = "u17"', "fields.temp_c.type", "write 'u16'"),
    "an unknown quantity": (
        'quantity = "temprature"', "fields.temp_c.quantity", "did you mean temperature?"
    ),
    "a quantity of traffic": ('quantity = "count"', "fields.temp_c.quantity", ""),
    "a quantity twice": ('quantity = "distance"', "fields.temp_c.quantity", "leave it out of one"),
    "an unknown unit": (
        'quantity = "temperature"\nunit = "C"', "fields.temp_c.unit", "write one of: °C, °F"
    ),
    "a unit of nothing": ('unit = "mm"', "fields.temp_c.unit", "add quantity"),
    "a counter of nothing": ("counter = true", "fields.temp_c.counter", "add quantity"),
    "a wrap of no counter": ("wraps = 65536", "fields.temp_c.wraps", "add counter = true"),
    "no scale": ("scale = 0", "fields.temp_c.scale", "leave it out for 1"),
    "an order of one word": ('order = "low"', "fields.temp_c.order", "leave it out"),
    "no number of its type": ("none = 70000", "fields.temp_c.none", "as the registers bear it"),
    "a void by an unknown field": (
        'void = { field = "level", below = 1 }', "fields.temp_c.void.field", "level_mm"
    ),
    "an unknown function": ("function = 2", "fields.temp_c.function", "write 3 or 4"),
    "a field of every answer": ("[fields.registers]\nregister = 40", "fields.registers", "name"),
    "a second owner": (
        "[fields.b]\nregister = 17\n", "fields.b.register", "32 bits takes two registers"
    ),
    "a register beyond": (
        '[fields.b]\nregister = 65535\ntype = "f32"', "fields.b.register", "correct"
    ),
    "no number": ('[fields.b]\nregister = "7"', "fields.b.register", "write a whole number"),
    "nothing to do": (
        '[commands.c]\nhelp = "?"\nregister = 1', "commands.c", "either count = … or write = …"
    ),
    "both at once": (
        '[commands.c]\nhelp = "?"\nregister = 1\ncount = 1\nwrite = 1', "commands.c", "either"
    ),
    "a probe of the same form": (
        "[probe]\nregister = 0\ncount = 3", "probe.count", "another number than 3"
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line_key_and_remedy(tmp_path: Path, mistake: str) -> None:
    text, key, remedy = MISTAKES[mistake]
    (finding, *more) = found(tmp_path, f"{SOUND}{text}\n")
    assert (finding.key, more) == (key, [])
    assert remedy in finding.remedy
    assert finding.line >= 10
    assert finding.file.endswith("own.toml")
    with pytest.raises(BadSetting, match=rf"own\.toml:{finding.line}: error: "):
        maps.find(finding.file)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "missing"),
        ('document = "x"\n[fields]\n', "there is none"),
        ("document = x", ""),
        ('document = "x"\nfields = 3', "not a table"),
    ],
)
def test_what_is_no_map_at_all_is_said_so(tmp_path: Path, text: str, error: str) -> None:
    assert error in found(tmp_path, text)[0].error


def test_a_map_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    (finding,) = maps.mistakes(str(tmp_path / "none.toml"))
    assert "can't be read" in finding.error


def test_a_fault_in_two_places_is_two_findings(tmp_path: Path) -> None:
    assert len(found(tmp_path, SOUND + 'scale = 0\nunit = "mm"\n')) == 2


def test_the_page_knows_every_map_and_every_key_of_one() -> None:
    page = PAGE.read_text(encoding="utf-8")
    tables = (MapFile, FieldTable, CommandTable, ProbeTable, VoidTable)
    keys = {info.alias or key for table in tables for key, info in table.model_fields.items()}
    for name in (*maps.names(), *keys - {"fields", "commands", "field", "below"}):
        assert f"`{name}`" in page, name


def test_the_map_on_the_page_is_sound(tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (text,) = (block for block in blocks if "[fields." in block)
    assert found(tmp_path, text) == []
    assert maps.find(str(tmp_path / "own.toml")).quantities == ("distance", "temperature")


def test_commands_with_many_values_are_many_commands(tmp_path: Path) -> None:
    text = """
[commands.call]
help = "be called so"
register = 1
write = "address"

[commands.speak]
help = "speak so"
register = 2
write = { slow = 0, fast = 9 }

[probe]
register = 9
count = 2
function = 3
"""
    assert found(tmp_path, SOUND + text) == []
    registers = maps.find(str(tmp_path / "own.toml"))
    orders = {order.name: (order.register, order.operand) for order in registers.orders}
    assert len(orders) == 34
    assert (orders["call_32"], orders["speak_fast"]) == ((1, 32), (2, 9))
    assert registers.probe == Question(3, 9, 2)


@pytest.mark.parametrize(
    ("quantity", "unit", "raw", "value"),
    [
        ("pressure", "kPa", 101.3, 1013.0),
        ("temperature", "°F", 77, 25.0),
        ("temperature", "K", 300, 26.85),
        ("wind_speed", "km/h", 36, 10.0),
        ("illuminance", "klx", 3, 3000.0),
        ("no2", "ppm", 0.04, 40.0),
        ("pm2_5", "mg/m³", 0.012, 12.0),
        ("pressure", "hPa", 990, 990.0),
    ],
)
def test_a_value_is_stored_in_the_unit_of_its_quantity(
    tmp_path: Path, quantity: str, unit: str, raw: float, value: float
) -> None:
    field = f'document = "x"\n[fields.a]\nregister = 0\nquantity = "{quantity}"\nunit = "{unit}"\n'
    assert found(tmp_path, field) == []
    (entry,) = maps.find(str(tmp_path / "own.toml")).entries
    assert entry.convert(raw) == pytest.approx(value)
