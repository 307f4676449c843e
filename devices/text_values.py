"""What becomes of the texts of a line: numbers, in the unit of their quantity, or none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from devices.errors import BadSetting
from devices.sample import Counter
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FAULT: Final = "fault"
"""The name of what says that something is broken."""

_MEASURED: Final = frozenset(
    name for name, each in QUANTITIES.items() if each.measurement not in {"traffic", "node"}
)
_SUCH: Final = "they are such as temperature, humidity, pressure, pm2_5"
_NUMBER: Final = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,2})?", re.ASCII)
_NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})
_DIGITS: Final = 9
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "gain": (int, float),
    "offset": (int, float),
    "wraps": (int, float),
    "counter": (bool,),
    "none": (list,),
}
"""What may be said of a quantity, and as what."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What becomes of the number that an instrument sends.

    Attributes:
        gain: What it is multiplied by.
        offset: What is then added, in the unit of the quantity.
        none: Texts that say that there is no value.
        counter: It only ever grows: its difference is the value.
        wraps: Where it begins again at zero, as it is sent; 0 where it does not.
    """

    gain: float = 1.0
    offset: float = 0.0
    none: tuple[str, ...] = ()
    counter: bool = False
    wraps: float = 0.0

    def convert(self, value: float) -> float:
        """Return a value in the unit of the quantity."""
        return round(self.gain * value + self.offset, _DIGITS)

    def count(self, value: float) -> Counter:
        """Return where a counter stands, in the unit of the quantity."""
        return Counter(round(self.gain * value, _DIGITS), self.gain * self.wraps or None)

    def is_none(self, text: str) -> bool:
        """Say whether a text stands for no value, however its number is written."""
        number = _number(text)
        return text in self.none or (
            number is not None and any(number == _number(each) for each in self.none)
        )

    def read(self, text: str) -> float | None:
        """Read a number; None where there is none.

        Raises:
            ValueError: It is another text.
        """
        if not text or self.is_none(text) or text.lower().lstrip("+-") in _NO_NUMBERS:
            return None
        number = _number(text)
        if number is None:
            raise ValueError(text)
        return number


AS_IT_IS: Final = Conversion()


def conversions(table: Mapping[str, object]) -> dict[str, Conversion]:
    """Read the table `values` of a config: a quantity, and what becomes of it.

    Raises:
        BadSetting: It says what can't be.
    """
    check_names("values", table)
    return {name: _conversion(name, row) for name, row in table.items()}


def check_names(key: str, names: Iterable[object]) -> None:
    """See that names are those of quantities, or `fault`, each once; a column may have none.

    Raises:
        BadSetting: For `key`, with the name that was probably meant.
    """
    seen: set[object] = set()
    for name in names:
        if name == "" and key == "columns":
            continue
        if name != FAULT and name not in _MEASURED:
            meant = likely(name, _MEASURED) if isinstance(name, str) else ""
            hint = f"did you mean {meant}?" if meant else _SUCH
            raise BadSetting(key, f"{name!r} is no quantity; {hint}", meant)
        if name in seen:
            raise BadSetting(key, f"{name} stands twice")
        seen.add(name)


def likely(name: str, known: Iterable[str]) -> str:
    """Return the known name that was probably meant; empty where none is near."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), "")


def _conversion(name: str, row: object) -> Conversion:
    if not isinstance(row, dict):
        raise BadSetting("values", f"{name} is no table, such as {{ gain = 0.1 }}")
    for key, value in row.items():
        if key not in _KINDS:
            meant = likely(key, _KINDS)
            hint = f"; did you mean {meant}?" if meant else f"; they are: {', '.join(_KINDS)}"
            raise BadSetting("values", f"{name} has no {key}{hint}", meant)
        is_number = float in _KINDS[key]
        if type(value) not in _KINDS[key] or (is_number and not math.isfinite(value)):
            raise BadSetting("values", f"{name}: {key} = {value!r} is of the wrong kind")
    if row.get("gain", 1.0) == 0 or row.get("wraps", 0.0) < 0:
        raise BadSetting("values", f"{name}: gain is not 0, and wraps not below 0")
    texts = tuple(str(each) for each in row.get("none", ()))
    return Conversion(**{**row, "none": texts})


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
