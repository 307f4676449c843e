"""A strict reader of line protocol, written from InfluxData's description of it, for tests."""

from __future__ import annotations

from typing import NamedTuple


class Read(NamedTuple):
    """What one line says."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | str]
    time: int


def read(line: str) -> Read:
    """Read a line; an assertion fails where it is none, or more than one."""
    assert "\n" not in line
    head, *rest = _split(line, " ", quotes=False)  # quotes mean nothing before the fields
    fields, time = _split(" ".join(rest), " ")
    measurement, *tags = _split(head, ",", quotes=False)
    return Read(
        _plain(measurement),
        {key: _plain(value) for key, value in (_split(tag, "=", quotes=False) for tag in tags)},
        {
            _plain(key): _value(text)
            for key, text in (_split(one, "=") for one in _split(fields, ","))
        },
        int(time),
    )


def _split(text: str, at: str, *, quotes: bool = True) -> list[str]:
    """Cut at each separator that is neither escaped nor, where they count, within quotes."""
    parts, part, quoted, escaped = [], "", False, False
    for char in text:
        if char == at and not quoted and not escaped:
            parts.append(part)
            part = ""
            continue
        quoted ^= quotes and char == '"' and not escaped
        escaped = char == "\\" and not escaped
        part += char
    assert not quoted
    return [*parts, part]


def _plain(text: str) -> str:
    for char in ",= ":
        text = text.replace(f"\\{char}", char)
    return text


def _value(text: str) -> float | int | str:
    if text.startswith('"'):
        assert text.endswith('"')
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return int(text[:-1]) if text.endswith("i") else float(text)
