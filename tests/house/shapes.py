"""Says in a few words what a JSON Schema allows."""

from __future__ import annotations

from typing import Any

_PATTERNS = {
    "^[a-z0-9][a-z0-9._-]{0,62}$": "id",
    "^[0-9a-f]{16}$": "epoch",
    "^[0-9]+$": "digits",
    "^[0-9]{1,4}$": "row number",
}
_KINDS = {"boolean": "true or false", "integer": "whole number"}
_LARGEST = {9007199254740991: "2⁵³−1", 4102444800000: "the year 2100"}


def say(schema: dict[str, Any]) -> str:
    """Write a schema as a phrase: `number, 0 … 100`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(say(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "const" in schema:
        return f"`{_json(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{_json(each)}`" for each in schema["enum"])
    kind = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    inner = {"array": _array, "object": _table, "string": _text}.get(kind, _number)
    return inner(schema)


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        parts = [say(each).partition(",")[0] for each in schema["prefixItems"]]
        rest = schema.get("items")
        return f"[{', '.join(parts)}{f', {say(rest)} …' if rest else ''}]"
    most = f", at most {schema['maxItems']:,}" if "maxItems" in schema else ""
    return f"array of {say(schema.get('items', {}))}{most}"


def _table(schema: dict[str, Any]) -> str:
    for pattern, value in schema.get("patternProperties", {}).items():
        return f"object: {_PATTERNS.get(pattern, pattern)} → {say(value)}"
    value = schema.get("additionalProperties")
    return f"object: name → {say(value)}" if isinstance(value, dict) else "object"


def _text(schema: dict[str, Any]) -> str:
    return _PATTERNS.get(schema.get("pattern", ""), "text")


def _number(schema: dict[str, Any]) -> str:
    kind = str(schema.get("type", "anything"))
    words = _KINDS.get(kind, kind)
    match schema:
        case {"minimum": low, "maximum": high}:
            return f"{words}, {_plain(low)} … {_plain(high)}"
        case {"exclusiveMinimum": low, "maximum": high}:
            return f"{words}, > {_plain(low)}, ≤ {_plain(high)}"
        case {"minimum": low}:
            return f"{words}, ≥ {_plain(low)}"
        case {"exclusiveMinimum": low}:
            return f"{words}, > {_plain(low)}"
    return words


def _plain(number: float) -> str:
    return _LARGEST.get(int(number), f"{number:,.10g}")


def _json(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
