"""What a demo shows while it runs: a table that is redrawn, or plain lines where none can be."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

from pydantic import ValidationError

from gateway.cli import account
from gateway.cli.texts import Texts
from gateway.cli.words import write_value
from gateway.config.broker import BrokerConfig
from gateway.errors import SimpangError
from gateway.mqtt import Arrived, Connection, Event, Terms
from schemas import topics
from schemas.health import Health
from schemas.topics import Kind

if TYPE_CHECKING:
    from gateway.cli.language import Language
    from gateway.simulator.chain import Chain

_say: Final = Texts({
    # in English, in Indonesian
    "device": ("device", "alat"),
    "measured": ("measured", "terukur"),
    "stored": ("stored", "tersimpan"),
    "waiting": ("waiting", "menunggu"),
    "junk": ("junk bytes", "derau"),
    "last": ("last value", "nilai akhir"),
    "after": ("after {seconds:.0f} s; Ctrl-C ends it",
              "setelah {seconds:.0f} dtk; Ctrl-C mengakhirinya"),
})  # fmt: skip

_HEADING: Final = "  {:9} {:>8} {:>9} {:>8} {:>10}  {}"
_COLUMNS: Final = ("device", "measured", "stored", "waiting", "junk", "last")
_NUMBERS: Final = frozenset({"measured", "stored", "waiting", "junk"})


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of one device."""

    device: str
    measured: int
    stored: int
    last: tuple[str, float]
    junk: int

    @property
    def waiting(self) -> int:
        """Readings on their way."""
        return self.measured - self.stored


class Watch:
    """Looks at a running chain from outside: its spool, its store and what it says of itself."""

    def __init__(self, chain: Chain) -> None:
        """Listen to the gateway's `health`; `look` does the rest."""
        self._chain = chain
        self._junk: dict[str, int] = {}
        self._connection = Connection(
            BrokerConfig(url=f"mqtt://127.0.0.1:{chain.port}", protocol=chain.protocol),
            Terms("demo", (topics.build(topics.ROOT, "+", Kind.HEALTH),)),
            self._hear,
        )

    def look(self) -> list[Row]:
        """Return what there is to show of each device; what can't be asked now is not shown."""
        measured, stored = Counter[str](), dict[str, account.Stored]()
        with suppress(SimpangError):
            measured = account.measured(self._chain.spool)
            stored = account.ask(self._chain.store)
        return [
            self._row(device, measured[device], stored.get(device, account.Stored()))
            for device in sorted(self._chain.players.keys() | stored.keys() | measured.keys())
        ]

    def _row(self, device: str, measured: int, stored: account.Stored) -> Row:
        """Put one device together; the spool may have yet to commit what is stored already."""
        return Row(
            device,
            max(measured, stored.readings),
            stored.readings,
            stored.last,
            self._junk.get(device, 0),
        )

    def _hear(self, event: Event) -> None:
        if isinstance(event, Arrived):
            with suppress(ValidationError):
                health = Health.model_validate_json(event.payload)
                self._junk = {device: one.junk for device, one in health.devices.items()}

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._connection.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._connection.stop()


class Display(Protocol):
    """Where a demo says what it does: stderr, so that stdout holds the account alone."""

    def say(self, sentence: str) -> None:
        """Say one thing."""

    def show(self, seconds: float, rows: list[Row]) -> None:
        """Show how it stands after so many seconds."""

    def close(self) -> None:
        """Show nothing any more."""


def display(language: Language) -> Display:
    """Choose the display that fits: a table that is redrawn wants a terminal."""
    return Redrawn(language) if sys.stderr.isatty() else Printed(language)


class Printed:
    """A table each few seconds, for a log."""

    def __init__(self, language: Language, every: float = 5.0) -> None:
        """Show how it stands each `every` seconds."""
        self._language = language
        self._every = every
        self._next = every

    def say(self, sentence: str) -> None:
        """Say one thing."""
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - a program that prints

    def show(self, seconds: float, rows: list[Row]) -> None:
        """Show how it stands, if it is time."""
        if seconds >= self._next:
            self._next += self._every
            self.say(_HEADING.format(*(_say(name, self._language) for name in _COLUMNS)))
            for row in rows:
                self.say(_HEADING.format(*_cells(row, self._language)))

    def close(self) -> None:
        """Leave it as it is."""


class Redrawn:
    """A table on a terminal, redrawn in its place."""

    def __init__(self, language: Language) -> None:
        """Take the terminal."""
        from rich.console import Console
        from rich.live import Live

        self._language = language
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def say(self, sentence: str) -> None:
        """Say one thing, above the table."""
        self._console.print(sentence, highlight=False, markup=False)

    def show(self, seconds: float, rows: list[Row]) -> None:
        """Draw the table anew."""
        from rich.table import Table

        table = Table(title=_say("after", self._language, seconds=seconds))
        for name in _COLUMNS:
            side: Literal["left", "right"] = "right" if name in _NUMBERS else "left"
            table.add_column(_say(name, self._language), justify=side)
        for row in rows:
            table.add_row(*_cells(row, self._language))
        self._live.update(table, refresh=True)

    def close(self) -> None:
        """Give the terminal back; the account takes the place of the table."""
        self._live.stop()


def _cells(row: Row, language: Language) -> tuple[str, ...]:
    numbers = (row.measured, row.stored, row.waiting, row.junk)
    name, value = row.last
    return (row.device, *map(str, numbers), write_value(name, value, language) if name else "")
