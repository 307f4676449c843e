"""A mistake in a config: where it stands, what is wrong, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from gateway.config.positions import KeyPath

Level = Literal["error", "warning"]

_KINDS: Final = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "an array",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "path_type": "a path in quotes",
    "string_type": "a text in quotes",
}
_SHAPES: Final = {
    "id": "an id is lower-case letters, digits and . _ -, begins with a letter or digit, "
    "and has at most 63 characters",
    "root": "a root is words with / between them, such as simpang/v1",
    "url": "an address is http://host:port or https://host:port",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, or with level `warning` something that only may be one.

    Attributes:
        file: The config file.
        line: Where it stands, from 1.
        key: The key as a path, such as `ports[0].devices[1].driver`; empty for the file itself.
        error: What is wrong.
        remedy: What to do.
        level: `error` or `warning`.
    """

    file: str
    line: int
    key: str
    error: str
    remedy: str
    level: Level = "error"

    def __str__(self) -> str:
        """Write it as compilers do: file, line, then the matter."""
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}: {self.level}: {key}{self.error} — {self.remedy}"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A finding before its place in a file is looked up."""

    path: KeyPath
    error: str
    remedy: str
    level: Level = "error"


def write(path: KeyPath) -> str:
    """Write a path as people read it: `ports[0].url`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def likely(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


def unknown_key(path: KeyPath, known: Iterable[str]) -> Flaw:
    """Say that a key is none, and which one was probably meant."""
    meant = likely(str(path[-1]), known)
    remedy = f"did you mean {meant}?" if meant else f"the keys here: {', '.join(sorted(known))}"
    return Flaw(path, "no such key", remedy)


def explain(error: ErrorDetails, document: dict[str, Any], model: type[BaseModel]) -> Flaw:
    """Turn what pydantic found into words for a person."""
    path = _real(error["loc"], document)
    context = error.get("ctx", {})
    message = error["msg"][:1].lower() + error["msg"][1:]
    match error["type"]:
        case "missing":
            what, remedy = "missing", _addition(path)
        case "extra_forbidden":
            return unknown_key(path, _keys(model, path[:-1]))
        case "mistake":
            what, remedy = context.get("error", message), context["remedy"]
        case "literal_error":
            what, remedy = "no such choice", f"write {context['expected']}"
        case "string_pattern_mismatch":
            name = "id" if path[-1] in {"site", "share"} else str(path[-1])
            what, remedy = f"{error['input']!r} has the wrong form", _SHAPES[name]
        case kind if kind in _KINDS:
            what, remedy = f"not {_KINDS[kind]}", f"write {_KINDS[kind]}"
        case _:
            what, remedy = "out of bounds", message
    return Flaw(path, what, remedy)


def _addition(path: KeyPath) -> str:
    table = write(path[:-1])
    return f"add {path[-1]} = … to {table}" if table else f"add the table [{path[-1]}]"


def _real(location: tuple[int | str, ...], document: object) -> KeyPath:
    """Leave out of pydantic's path what stands in no file: the names of alternatives."""
    path: list[int | str] = []
    for part in location[:-1]:
        inner = _step(document, part)
        if inner is not None:
            document = inner
            path.append(part)
    if isinstance(document, dict) or _step(document, location[-1]) is not None:
        path.append(location[-1])
    return tuple(path)


def _step(value: object, part: int | str) -> object:
    """Go one key or number deeper; None where the file has nothing there."""
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _keys(model: type[BaseModel], path: KeyPath) -> set[str]:
    """List the keys of the table at `path`."""
    tables = [model]
    for part in path:
        if isinstance(part, str):
            fields = [table.model_fields[part] for table in tables if part in table.model_fields]
            tables = [inner for field in fields for inner in _tables(field.annotation)] or tables
    return {info.alias or key for table in tables for key, info in table.model_fields.items()}


def _tables(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _tables(argument)
