"""Reads our docstrings: the promise of a class and what each attribute means."""

from __future__ import annotations

import inspect
import re
import textwrap

_OURS = ("schemas.", "gateway.")
_ATTRIBUTE = re.compile(r"^(\w+): (.*)$")


def promise(cls: type) -> str:
    """Return the docstring up to its sections, one paragraph a line."""
    text = inspect.cleandoc(cls.__doc__ or "").split("Attributes:")[0].strip()
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def attributes(cls: type) -> dict[str, str]:
    """Return the meaning of each attribute, those of our own bases included."""
    meanings: dict[str, str] = {}
    for each in reversed([base for base in cls.__mro__ if base.__module__.startswith(_OURS)]):
        section = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")[2]
        name = ""
        for line in textwrap.dedent(section).splitlines():
            match = _ATTRIBUTE.match(line)
            if match:
                name = match[1]
                meanings[name] = match[2]
            elif name and line.startswith(" "):
                meanings[name] += " " + line.strip()
    return meanings
