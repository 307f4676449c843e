"""Errors as people read them: in Indonesian, as far as the command line raises them."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from gateway.cli.catalogue import FILE, catalogue
from gateway.cli.language import Language
from gateway.cli.words import explain
from gateway.errors import PortBusy
from tests.cli.test_catalogue import ADD, TABLES, simpang
from tests.house.tree import modules, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = re.compile(r"\{[^{}]*\}")
TOLD = {
    "SimpangError", "ConfigError", "PortGone", "PortBusy", "PortDenied", "SpoolUnwritable",
    "StoreDenied", "BadParameter", "Flaw", "mistake",
}  # fmt: skip
"""What a person at a terminal is told by."""

WHERE = (
    *(name for name in modules() if name.startswith(("gateway/cli/", "gateway/config/"))),
    "gateway/edge/port.py", "gateway/simulator/broker.py", "gateway/simulator/catalogue.py",
    "gateway/simulator/recording.py", "gateway/collector/letters.py",
)  # fmt: skip

OTHERS = {
    "{} is not open": "nobody reads a port that was never opened",
    "chmod 600 {}": "a command",
}


def shape(text: str) -> str:
    """Write a text with nothing in its places."""
    return PLACE.sub("{}", text)


def texts(node: ast.AST) -> Iterator[str]:
    """Give each text that an expression may be."""
    match node:
        case ast.Constant(value=str() as value):
            yield value
        case ast.JoinedStr(values=values):
            yield "".join(
                str(each.value) if isinstance(each, ast.Constant) else "{}" for each in values
            )
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one), *texts(other))
        case ast.BoolOp(values=values):
            for each in values:
                yield from texts(each)


def raised(module: str) -> Iterator[str]:
    """Give each text that an error of a module says, also by a name that it has there."""
    for function in ast.walk(ast.parse(read(module))):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            each.targets[0].id: each.value
            for each in ast.walk(function)
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        }
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in TOLD:
                for argument in call.args:
                    name = argument.id if isinstance(argument, ast.Name) else ""
                    yield from texts(named.get(name, argument))


@cache
def said_anywhere() -> frozenset[str]:
    """Return the shapes of all texts in the code."""
    code = (name for name in modules() if name.startswith(("gateway/", "devices/")))
    return frozenset(
        shape(text)
        for name in code
        for node in ast.walk(ast.parse(read(name)))
        for text in texts(node)
    )


@pytest.mark.parametrize("module", WHERE)
def test_what_people_are_told_has_an_indonesian_text(module: str) -> None:
    known = {shape(text) for text in TABLES["errors"]}
    words = {shape(text) for text in raised(module) if " " in PLACE.sub("", text).strip()}

    missing = words - known - OTHERS.keys()

    assert {each for each in missing if not each.startswith("simpang ")} == set(), ADD


def test_no_indonesian_error_outlives_its_english_one() -> None:
    outlived = {
        text
        for text in TABLES["errors"]
        if not all(
            any(piece in said for said in said_anywhere()) for piece in shape(text).split("{}")
        )
    }

    assert outlived == set(), "take it out of gateway/cli/indonesian.toml"


def test_an_error_is_told_whole_in_either_language() -> None:
    error = PortBusy("/dev/ttyUSB0 is in use by another process", "stop that one")

    assert explain(error, Language.EN) == str(error)
    assert explain(error, Language.ID) == (
        "/dev/ttyUSB0 sedang dipakai program lain — hentikan dulu program itu"
    )


def test_where_something_is_wrong_stays_before_what_is_wrong() -> None:
    told = catalogue(Language.ID).translate("gateway.toml:2: gateway.id: 'X' has the wrong form")

    assert told == "gateway.toml:2: gateway.id: bentuk 'X' salah"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["device", "read", "nova.sds01", "/dev/x"], 2, "maksud Anda nova.sds011?"),
        (["device", "send", "nova.sds011", "slep"], 2, "tidak punya perintah 'slep'"),
        (["device", "decode", "nova.sds011", "--hex", "aag"], 2, "ada tanda lain di posisi 2"),
        (["device", "send", "nova.sds011", "sleep", "/no/port"], 1, "/no/port tidak ada"),
        (["port", "monitor", "/no/port"], 1, "/no/port tidak ada — pasang dulu alatnya"),
        (["spool", "show"], 2, "sebut FILE penampung"),
        (["dead", "list", "/no/folder"], 2, "tidak ada folder /no/folder"),
        (["config", "show", "/no/file.toml"], 2, "/no/file.toml:1: tidak bisa dibaca: tidak ada"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_a_technician_gets_wrong_is_told_in_indonesian(
    words: list[str], code: int, told: str
) -> None:
    result = simpang(*words, locale="id_ID.UTF-8")

    assert result.returncode == code
    assert told in result.stderr


def test_a_map_s_mistake_has_its_line_and_its_remedy_in_indonesian(tmp_path: Path) -> None:
    register_map = tmp_path / "own.toml"
    document = 'document = "a"\n'
    register_map.write_text(
        document + '[fields.co2]\nregister = 0\nquantity = "co"\nuni = "ppm"\n', "utf-8"
    )

    words = ("device", "send", "modbus.map", "--map", str(register_map))
    result = simpang(*words, locale="id_ID.UTF-8")

    assert result.returncode == 2
    assert "own.toml:5: salah: fields.co2.uni: tidak ada kunci ini" in result.stderr
    assert "maksud Anda unit?" in result.stderr


def test_all_mistakes_of_a_map_are_told_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('document = "a"\n[fields.co2]\nregister = "x"\nuni = "ppm"\n', "utf-8")

    words = ("device", "read", "modbus.map", "/dev/null", "--map", str(own))
    result = simpang(*words, locale="id_ID.UTF-8")
    head, *lines = result.stderr.splitlines()

    assert result.returncode == 2
    assert head == f"simpang: {own}: {len(lines)} kesalahan:"
    assert any(line.startswith(f"{own}:3: salah: fields.co2.register: ") for line in lines)
    assert f"{own}:4: salah: fields.co2.uni: tidak ada kunci ini — maksud Anda unit?" in lines


def test_the_catalogue_lies_beside_its_reader() -> None:
    assert FILE.is_file()


@pytest.mark.parametrize(
    ("line", "what", "remedy"),
    [
        (
            "columns = ['nonsense']",
            "bukan besaran; misalnya temperature",
            "perbaiki, atau hapus: satu besaran",
        ),
        ("columns = ['temperatur']", "maksud Anda temperature?", "maksud Anda temperature?"),
        (
            "pattern = '(?P<rain>([0-9]+)+)x'",
            "ulangi kelas seperti [0-9.]+",
            "perbaiki, atau hapus: ",
        ),
    ],
)
def test_a_line_of_text_that_is_described_wrongly_has_a_remedy(
    tmp_path: Path, line: str, what: str, remedy: str
) -> None:
    file = tmp_path / "gateway.toml"
    head = '[gateway]\nid = "gw"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n'
    device = '[[ports]]\nurl = "socket://127.0.0.1:1"\n[[ports.devices]]\nid = "a"\n'
    file.write_text(f'{head}{device}driver = "text.line"\n{line}\n', "utf-8")

    told = simpang("config", "check", str(file), locale="id_ID.UTF-8").stdout
    (wrong,) = (each for each in told.splitlines() if each.startswith(f"{file}:10: "))

    assert what in wrong.rpartition(" — ")[0]
    assert wrong.rpartition(" — ")[2].startswith(remedy)
    assert "hapus saja" not in wrong
