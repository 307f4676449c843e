"""Messages as honest gateways send them: what hostile ones are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.quantity import BOOT_COLUMN, QUANTITIES

if TYPE_CHECKING:
    import random

NOW: Final = 1_764_000_000_000
"""The moment of the run, ms since 1970."""

ROOT: Final = "simpang/v1"
GATEWAYS: Final = tuple(f"gw-{number}" for number in range(8))
DEVICES: Final = tuple(f"dev-{number}" for number in range(8))
EPOCHS: Final = tuple(f"{number:016x}" for number in range(1, 9))

Document = dict[str, Any]


class Gateways:
    """What some gateways have to tell; every quantity comes up in the end."""

    def __init__(self, luck: random.Random) -> None:
        """Begin."""
        self._luck = luck
        self._seq = 0

    def batch(self) -> Document:
        """Write a batch, mostly of few rows."""
        luck = self._luck
        self._seq += 1
        clock = luck.choices(("synced", "late", "never"), (8, 1, 1))[0]
        never = clock == "never"
        names = [
            f"{name}_raw" if luck.random() < 0.05 else name
            for name in luck.sample(list(QUANTITIES), luck.choice((1, 2, 3, 3, 6)))
        ]
        rows, why = self._rows(names, never=never)
        document = {
            "v": 1,
            "epoch": luck.choice(EPOCHS),
            "seq": self._seq,
            "device": luck.choice(DEVICES),
            "site": "site-1",
            "model": "made.up",
            "clock": clock,
            "t": NOW - 1000 * luck.randrange(1000),
            "q": [*names, *([BOOT_COLUMN] if never else [])],
            "r": rows,
        }
        if why:
            document["why"] = why
        if never:
            document["boot"] = "boot-1"
        if luck.random() < 0.3:
            document["channel"] = luck.choice(("in", "out"))
        if luck.random() < 0.3:
            document["every"] = luck.choice((1, 0.5, 60.0, 0))
        return document

    def _rows(self, names: list[str], *, never: bool) -> tuple[list[list[Any]], dict[str, str]]:
        rows: list[list[Any]] = []
        why: dict[str, str] = {}
        offset = 0
        for number in range(self._luck.choice((1, 1, 2, 2, 3, 5, 20))):
            values, flags, causes = zip(
                *(self._cell(name, never=never) for name in names),
                *([(offset, "1", "0")] if never else []),
                strict=True,
            )
            rows.append([offset, _short(flags), *values])
            if set(causes) != {"0"}:
                why[str(number)] = _short(causes)
            offset += self._luck.randrange(1, 5000)
        return rows, why

    def _cell(self, name: str, *, never: bool) -> tuple[float | None, str, str]:
        """Write a value with its flag and cause."""
        luck = self._luck
        if luck.random() < 0.08:
            return None, "9", "0"
        quantity = QUANTITIES.get(name)
        low, high = (quantity.low, quantity.high) if quantity else (-1e9, 1e9)
        if luck.random() < 0.1:
            return luck.choice((high * 2 + 1, low - 1, -1e299)), "4", "6" if never else "1"
        value = luck.choice((low, high, luck.uniform(low, high), int(luck.uniform(low, high))))
        return value, "4" if never else luck.choice("1123"), "6" if never else "0"

    def news(self, gateway: str) -> tuple[str, Document]:
        """Write what a gateway says of itself, and the kind of topic that it is for."""
        write = self._luck.choice((self._state, self._spool, self._about))
        return write.__name__.removeprefix("_"), write(gateway)

    def _state(self, _gateway: str) -> Document:
        online = self._luck.random() < 0.7
        return {"v": 1, "online": online, "since": NOW, "boot": "b", "version": "1", "machine": "m"}

    def _spool(self, _gateway: str) -> Document:
        luck = self._luck
        listed = [
            {
                "epoch": epoch,
                "low": luck.randrange(1, 50),
                "next": luck.randrange(50, 99),
                "dropped": [[n, n, "full"] for n in range(1, luck.choice((1, 2, 40)))],
            }
            for epoch in luck.sample(EPOCHS, luck.randrange(1, 6))
        ]
        now = listed[0]["epoch"]
        if luck.random() < 0.02:
            listed = listed * 201
        if luck.random() < 0.02:
            listed[0]["dropped"] = [[n, n, "x" * 200] for n in range(1, 301)]
        return {"v": 1, "now": now, "epochs": listed, "more": luck.random() < 0.2}

    def _about(self, gateway: str) -> Document:
        device = {"id": "dev-1", "model": "m", "quantities": {"pm10": "µg/m³"}, "every": 1}
        return {
            "v": 1,
            "gateway": gateway,
            "site": "site-1",
            "latitude": self._luck.uniform(-91, 91),
            "longitude": self._luck.uniform(-181, 181),
            "devices": [device],
        }


def _short(digits: tuple[str, ...]) -> str:
    return digits[0] if len(set(digits)) == 1 else "".join(digits)
