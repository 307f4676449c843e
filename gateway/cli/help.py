"""What `--help` shows, and what is said of wrong use, in the language of whoever asks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from gateway.cli.catalogue import catalogue
from gateway.cli.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.cli.catalogue import Catalogue


def translate(command: Any, language: Language) -> None:  # noqa: ANN401 - typer gives click's classes no public name
    """Let a command and all below it explain themselves in a language."""
    if language is not Language.EN:
        _translate(command, catalogue(language))


def write_wrong_use(error: Any, language: Language) -> str:  # noqa: ANN401 - the same
    """Write what typer says of wrong use, line by line in a language."""
    said = io.StringIO()
    error.show(file=said)
    known = catalogue(language)
    return "\n".join(map(known.translate, said.getvalue().splitlines()))


def _translate(command: Any, known: Catalogue) -> None:  # noqa: ANN401 - the same
    for part in (command, *command.params):
        for name in ("help", "short_help", "epilog"):
            if text := getattr(part, name, None):
                setattr(part, name, known.translate(text))
    context = command.context_class
    formatter = _formatter(context.formatter_class, known)
    command.context_class = type("Context", (context,), {"formatter_class": formatter})
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, known)


def _formatter(base: Any, known: Catalogue) -> type:  # noqa: ANN401 - the same
    """Make a formatter that writes what typer itself has to say in another language."""

    def write_usage(self: Any, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ANN401
        words = " ".join(map(known.translate, args.split()))
        base.write_usage(self, prog, words, known.translate(prefix or "Usage: "))

    def write_heading(self: Any, heading: str) -> None:  # noqa: ANN401
        base.write_heading(self, known.translate(heading))

    def write_dl(self: Any, rows: Sequence[tuple[str, str]], *args: int, **options: int) -> None:  # noqa: ANN401
        told = [(name, _told(text, known)) for name, text in rows]
        base.write_dl(self, told, *args, **options)

    return type(
        "Formatter",
        (base,),
        {"write_usage": write_usage, "write_heading": write_heading, "write_dl": write_dl},
    )


def _told(text: str, known: Catalogue) -> str:
    """Translate a line of options: what it says, and the marks in brackets behind it."""
    said, opened, marks = text.rpartition("  [")
    if not opened or not marks.endswith("]"):
        return known.translate(text)
    words = "; ".join(map(known.translate, marks[:-1].split("; ")))
    return f"{known.translate(said)}  [{words}]"
