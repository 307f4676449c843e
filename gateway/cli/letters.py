"""Dead letters for people: which are meant, and how many there are of a kind."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import typer

from gateway.cli.texts import BYTES, Texts, count
from gateway.cli.words import write_foreign, write_ms
from schemas.base import LATEST_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.cli.language import Language
    from gateway.collector.letters import Heading

_say: Final = Texts({
    # in English, in Indonesian
    "reason": ("reason", "sebab"),
    "gateway": ("gateway", "gateway"),
    "letters": ("letters", "pesan"),
    "oldest": ("oldest", "tertua"),
    "newest": ("newest", "terbaru"),
    "unknown": ("(none that is known)", "(tidak dikenal)"),
})  # fmt: skip

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE: Final = re.compile(r"([0-9]{1,9})([smhdw])")


class Kind(NamedTuple):
    """Letters of one reason from one gateway."""

    reason: str
    gateway: str
    letters: int
    oldest: int
    newest: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant; an empty list means all."""

    reasons: list[str]
    gateways: list[str]
    received_before: float | None
    received_after: float | None

    @classmethod
    def of(
        cls,
        reasons: list[str] | None,
        gateways: list[str] | None,
        older: str | None,
        newer: str | None,
    ) -> Choice:
        """Read the options; ages count from now."""
        now = time.time()
        return cls(
            reasons or [],
            gateways or [],
            None if older is None else (now - _age(older)) * 1000,
            None if newer is None else (now - _age(newer)) * 1000,
        )

    def takes(self, heading: Heading) -> bool:
        """Say whether a letter is meant."""
        return (
            (not self.reasons or heading.reason in self.reasons)
            and (not self.gateways or heading.gateway in self.gateways)
            and (self.received_before is None or heading.received <= self.received_before)
            and (self.received_after is None or heading.received >= self.received_after)
        )


def _age(text: str) -> float:
    found = _AGE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no age: write one like 90s, 15m, 2h, 3d or 1w")
    return int(found[1]) * _SECONDS[found[2]]


def count_kinds(headings: Iterable[Heading]) -> list[Kind]:
    """Count letters by reason and gateway, the most frequent first."""
    moments: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for heading in headings:
        moments[heading.reason, heading.gateway or ""].append(heading.received)
    kinds = (
        Kind(reason, gateway, len(received), min(received), max(received))
        for (reason, gateway), received in moments.items()
    )
    return sorted(kinds, key=lambda kind: (-kind.letters, kind.reason, kind.gateway))


def table(kinds: list[Kind], language: Language) -> Iterator[str]:
    """Write kinds as a table."""
    row = "{:10}  {:24}  {:>7}  {:25}  {}".format
    heads = ("reason", "gateway", "letters", "oldest", "newest")
    yield row(*(_say(head, language) for head in heads))
    for kind in kinds:
        gateway = write_foreign(kind.gateway) or _say("unknown", language)
        oldest, newest = moment(kind.oldest), moment(kind.newest)
        yield row(write_foreign(kind.reason), gateway, kind.letters, oldest, newest)


def line(heading: Heading, language: Language) -> str:
    """Write a letter in one line."""
    size = count(heading.size, BYTES, language)
    what = size if heading.epoch is None else f"{heading.epoch}/{heading.seq}"
    where = heading.gateway or heading.topic
    return (
        f"{write_foreign(heading.name)}  {moment(heading.received)}"
        f"  {write_foreign(heading.reason):8}  {write_foreign(where)}"
        f"  {write_foreign(what)}: {write_foreign(heading.detail)}"
    )


def moment(milliseconds: int) -> str:
    """Write a time where it is one; what a file says may be none."""
    return write_ms(milliseconds) if 0 <= milliseconds <= LATEST_MS else f"{milliseconds} ms"
