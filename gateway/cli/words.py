"""How what people read is written: times, counts, errors, and what others sent us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import typer

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language

if TYPE_CHECKING:
    from gateway.errors import SimpangError

_LONGEST: Final = 300
"""Characters of a foreign text that are shown."""

_BEGINNING: Final = 40
"""Characters of foreign bytes that are shown."""

_ASCII: Final = 0x80


def write_ms(milliseconds: int) -> str:
    """Write ms since 1970 as `2026-01-31 11:05:06+07:00`, in this machine's own zone.

    With the offset, so that nobody has to guess.
    """
    moment = datetime.fromtimestamp(milliseconds // 1000, tz=UTC).astimezone()
    return moment.isoformat(sep=" ")


def write_number(value: float, language: Language) -> str:
    """Write a measured number, with the decimal comma of Indonesian."""
    text = f"{value:.6g}"
    return text.replace(".", ",") if language is Language.ID else text


def write_value(name: str, value: float, language: Language) -> str:
    """Write a value with what it is of, and its unit."""
    from schemas.quantity import QUANTITIES

    quantity = QUANTITIES[name]
    label = quantity.label_id if language is Language.ID else quantity.label_en
    return f"{label} {write_number(value, language)} {quantity.unit}".rstrip()


def write_foreign(text: str) -> str:
    """Write what anybody may have sent: nothing in it can steer the terminal, or fill it."""
    return tame(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def tame(text: str) -> str:
    """Write what could steer the terminal, or is half a character, by its code."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def write_bytes(data: bytes) -> str:
    """Write how bytes begin: ASCII as it is, else their codes, in 40 characters."""
    shown = ""
    for byte in data:
        piece = tame(chr(byte)) if byte < _ASCII else f"\\x{byte:02x}"
        if len(shown) + len(piece) >= _BEGINNING:
            return f"{shown}…"
        shown += piece
    return shown


def print_json(value: object) -> None:
    """Write what programs read: dataclasses as objects, and nothing but ASCII."""
    from dataclasses import asdict
    from json import dumps

    typer.echo(dumps(value, default=asdict, indent=2))


def print_line(value: object) -> None:
    """Write an object in a line, at once: more may follow."""
    from json import dumps

    typer.echo(dumps(value))


def explain(error: SimpangError, language: Language) -> str:
    """Write an error as one sentence: what happened, and what to do; it may quote a sensor."""
    known = catalogue(language)
    lines = " — ".join(part for part in (error.what, error.remedy) if part).split("\n")
    return "\n".join(tame(known.translate(line)) for line in lines)


def complain(error: SimpangError, language: Language) -> None:
    """Write an error as one sentence, on stderr."""
    typer.echo(f"simpang: {explain(error, language)}", err=True)


def confess(error: str, remedy: str) -> None:
    """Write for programs why there is no answer: `{"error": …, "remedy": …}`, on stdout."""
    print_json({"error": error, "remedy": remedy})
