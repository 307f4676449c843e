"""How an honest message is bent by somebody who knows what it should look like."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from schemas.quantity import QUANTITIES
from tests.hostile.honest import NOW, Document

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_RAW: Final = re.compile(r'"@raw:([^"]*)"')
"""A string that stands for bare bytes: what no JSON writer would write."""

TOKENS: Final = tuple(
    f"@raw:{token}"
    for token in (
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e400", "1e-400", "-0", "-0.0"),
        *("1E2", "01", "+1", ".5", "0x10", "nul", "1_000", "'1'", "", "1,2", "]", "}"),
        *("1.0000000000000000001", "9" * 309, "9" * 5000, f"0.{'3' * 3000}"),
    )
)
TEXTS: Final = (
    *("", " ", "1", "11", "131", "0", "9", "true", "null", "NaN", "never", "synced", "late"),
    *("SYNCED", "pm2_5", "PM2_5", "pm2_5_raw", "boot_ms", "pm-1\n", "\n", "\0", "gw-1 ", "Gw-1"),
    *("../../etc/passwd", "a/b", "+", "#", "$share", 'a",b="c', "a,b=c d=1 2\n", "é", "\u202e"),
    *("\uff11", "\u0663", "\ud800", "\udfff", "a" * 63, "a" * 64, "x" * 5000, "1" * 201),
    *("f" * 16, "F" * 16, "f" * 17, "0" * 15 + "g"),
)
NUMBERS: Final = (
    *(0, 1, -1, 2, 7, 9, 10, -0.0, 0.1, 1.0, 5e-324, 1e15, 1e299, 1e300, 1.1e300, -1e300, 1e308),
    *(2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30, 10**299),
    *(10**301, 10**400, -(10**400), NOW, NOW + 299_000, NOW + 301_000, NOW + 10**10, 86_400_000),
    *(4_102_444_800_000, 4_102_444_800_001, 1_577_836_799_999, 1_577_836_800_000),
)
SHAPES: Final[tuple[Any, ...]] = (
    [],
    {},
    [[]],
    [{}],
    {"": {}},
    [None] * 50,
    {"1": "1"},
    [1, "1", 1.0],
)


class Bender:
    """Bends documents in place."""

    def __init__(self, luck: random.Random, document: Callable[[], Document]) -> None:
        """Take luck, and a source of whole documents to put into others."""
        self._luck = luck
        self._document = document

    def bend(self, document: Document) -> None:
        """Bend in one place: anywhere, at a value, or at a time."""
        how = (self.anywhere, self._a_value, self._a_value, self._a_time)
        self._luck.choice(how)(document)

    def value(self) -> Any:  # noqa: ANN401 - anything at all
        """Make what nobody expects."""
        luck = self._luck
        kinds = (TOKENS, TEXTS, TEXTS, NUMBERS, NUMBERS, (None, True, False), SHAPES)
        chosen = luck.choice(kinds)
        if chosen is SHAPES and luck.random() < 0.3:
            return self._document()
        return deepcopy(luck.choice(chosen))

    def anywhere(self, document: Document) -> None:
        """Replace, remove, add or double anything at all."""
        luck = self._luck
        holder: Any = document
        while holder:
            isdict = isinstance(holder, dict)
            key: Any = luck.choice(list(holder)) if isdict else luck.randrange(len(holder))
            if not isinstance(holder[key], dict | list) or luck.random() < 0.4:
                break
            holder = holder[key]
        else:
            return
        how = luck.randrange(6)
        if how == 0:
            del holder[key]
        elif how == 1 and not isdict:
            holder.insert(key, luck.choice((holder[key], self.value())))
        elif how == 1:
            holder[luck.choice(TEXTS)] = self.value()
        elif how == 2 and isdict:
            holder[f"{key}@again"] = holder[key]
            holder[key] = self.value()
        elif how == 3 and isinstance(holder[key], list):
            holder[key] = holder[key] * luck.choice((0, 2, 3))
        else:
            holder[key] = self.value()

    def _a_value(self, document: Document) -> None:
        """Say something false of a value: out of its range and good, missing and there."""
        luck = self._luck
        rows, names = document.get("r"), document.get("q")
        if not isinstance(rows, list) or not rows or not isinstance(names, list) or not names:
            return
        row, place = luck.choice(rows), luck.randrange(len(names))
        if not isinstance(row, list) or len(row) != len(names) + 2:
            return
        quantity = QUANTITIES.get(names[place]) if isinstance(names[place], str) else None
        low, high = (quantity.low, quantity.high) if quantity else (0.0, 0.0)
        little = max(1.0, abs(high - low)) * 1e-9
        beyond = (high + little, low - little, high + 1, low - 1, 2 * high + 1, int(high) + 1)
        row[2 + place] = luck.choice((*beyond, 1e299, -1e299, None, self.value()))
        if luck.random() < 0.5:
            row[1] = luck.choice(("1", "2", "3", "1" * len(names), "9" * len(names), self.value()))

    def _a_time(self, document: Document) -> None:
        luck = self._luck
        if luck.random() < 0.5:
            document["t"] = luck.choice((*NUMBERS, NOW + luck.randrange(2_000_000), -1, str(NOW)))
            return
        rows = document.get("r")
        if isinstance(rows, list) and rows:
            row = luck.choice((rows[0], rows[-1]))
            if isinstance(row, list) and row:
                row[0] = luck.choice((*NUMBERS, luck.randrange(10**10), None))


def dump(document: object) -> bytes:
    """Write JSON, with bare tokens and doubled keys where they are asked for."""
    text = json.dumps(document, separators=(",", ":")).replace('@again":', '":')
    return _RAW.sub(lambda found: found[1], text).encode()
