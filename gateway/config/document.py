"""Read a config file, and find every mistake in it that the file alone shows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from gateway.config import grammar
from gateway.config.findings import Finding, Flaw, explain, write
from gateway.config.map_names import anchor
from gateway.config.positions import locate
from gateway.errors import ConfigError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from gateway.config.positions import KeyPath

_CONSEQUENCES: Final = {"default_factory_not_called"}
"""What pydantic reports only because of another mistake."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file, read: what it says and where.

    Attributes:
        file: Its name, as it was given.
        content: What it says.
        lines: Where each key stands.
    """

    file: str
    content: dict[str, Any]
    lines: dict[KeyPath, int]

    def find(self, flaw: Flaw) -> Finding:
        """Look up the line of a flaw; of a missing key, the line of its table."""
        path = flaw.path
        while path and path not in self.lines:
            path = path[:-1]
        line = self.lines.get(path, 1)
        return Finding(self.file, line, write(flaw.path), flaw.error, flaw.remedy, flaw.level)


class Unreadable(Exception):
    """The file can't be read as TOML; it carries its one finding."""

    def __init__(self, finding: Finding) -> None:
        """Keep the finding."""
        super().__init__(str(finding))
        self.finding = finding


def read(path: str | os.PathLike[str]) -> Document:
    """Read a TOML file.

    Raises:
        Unreadable: It is not there, not ours to read, or no TOML.
    """
    file = str(path)
    try:
        return parse(Path(path).read_text(encoding="utf-8"), path)
    except OSError as error:
        finding = Finding(file, 1, "", f"can't be read: {error.strerror}", "name a file that can")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        finding = Finding(file, line, "", "the file is no text in UTF-8", "save it as UTF-8")
    raise Unreadable(finding)


def parse(text: str, path: str | os.PathLike[str]) -> Document:
    """Read what is, or shall be, in a file.

    Raises:
        Unreadable: It is no TOML.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, what, remedy = grammar.explain(error, text)
        raise Unreadable(Finding(str(path), line, "", what, remedy)) from None
    anchor(content, Path(path).parent)
    return Document(str(path), content, locate(text))


def read_or_refuse(path: str | os.PathLike[str]) -> Document:
    """Read a TOML file, for someone who wants a document or an error.

    Raises:
        ConfigError: It is not there, not ours to read, or no TOML.
    """
    try:
        return read(path)
    except Unreadable as error:
        raise refuse([error.finding]) from None


def judge(document: Document, model: type[M]) -> tuple[M | None, list[Flaw]]:
    """Validate a document: the config, or all that is wrong with it."""
    try:
        return model.model_validate(document.content), []
    except ValidationError as error:
        return None, [
            explain(each, document.content, model)
            for each in error.errors(include_url=False)
            if each["type"] not in _CONSEQUENCES
        ]


def load(
    path: str | os.PathLike[str], model: type[M], *rules: Callable[[dict[str, Any]], Iterable[Flaw]]
) -> M:
    """Load a config for a process that starts: it is right, or it is one error.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    config, findings = find_errors(read_or_refuse(path), model, *rules)
    if config is None or findings:
        raise refuse(findings)
    return config


def find_errors(
    document: Document, model: type[M], *rules: Callable[[dict[str, Any]], Iterable[Flaw]]
) -> tuple[M | None, list[Finding]]:
    """Return a config, or all for which no process starts with it, in the order of its lines."""
    config, flaws = judge(document, model)
    for rule in rules:
        flaws += (flaw for flaw in rule(document.content) if flaw.level == "error")
    return config, sorted(map(document.find, flaws), key=lambda finding: finding.line)


def refuse(findings: Iterable[Finding]) -> ConfigError:
    """Make one error of many findings: the first in full, the rest as a number."""
    errors = [finding for finding in findings if finding.level == "error"]
    first = errors[0]
    key = f"{first.key}: " if first.key else ""
    more = f" ({len(errors) - 1} more: simpang config check {first.file})" if errors[1:] else ""
    return ConfigError(f"{first.file}:{first.line}: {key}{first.error}", first.remedy + more)
