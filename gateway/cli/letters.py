"""Dead letters for people: which are meant, how many there are of a kind, and one in full."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer

from gateway.cli.words import write_foreign, write_ms
from gateway.logs import write_count
from schemas.base import LATEST_MS
from schemas.batch import BatchError, unpack
from schemas.reading import Cause, Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gateway.collector.deadletters import Letter
    from gateway.collector.letters import Heading
    from gateway.collector.replay import Fate

REASONS: Final = {
    "json": "it is no JSON object: a foreign client on our topics, or a broken link",
    "zlib": "its compressed bytes are damaged",
    "size": "it is larger than any message of ours, as sent or unpacked",
    "version": "its gateway is newer than this collector: update the collector, then replay",
    "schema": "a field is missing, or is not what it must be",
    "width": "a row has not as many values as there are columns",
    "flags": "flags or causes that do not go with the values",
    "quantity": "a column that this collector does not know: its gateway may be newer",
    "value": "a value that is no number",
    "range": "a value that can't be, and is called good",
    "time": "a time that can't be: its clock was wrong, or this machine's is",
    "topic": "it came on a topic that is not its own, or none of ours",
    "rows": "the database refused some of its rows; the others are stored",
    "touched": "it is stored, but the database refused the word to the aggregator",
}
"""What each reason means."""

_FLAGS: Final = {
    str(int(flag)): word
    for flag, word in (
        (Flag.PASS, "good"),
        (Flag.NOT_EVALUATED, "not tested"),
        (Flag.SUSPECT, "suspect"),
        (Flag.FAIL, "failed"),
        (Flag.MISSING, "missing"),
    )
}
_CAUSES: Final = {str(int(cause)): cause.name.lower().replace("_", " ") for cause in Cause}

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE: Final = re.compile(r"([0-9]{1,9})([smhdw])")

_ROWS_SHOWN: Final = 10
_LINES_SHOWN: Final = 40
_HEAD: Final = 400
"""Bytes shown of a payload that can't be read."""

_FIELDS: Final = (
    "v",
    "epoch",
    "seq",
    "device",
    "channel",
    "site",
    "model",
    "clock",
    "boot",
    "every",
)


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


def table(kinds: list[Kind]) -> Iterator[str]:
    """Write kinds as a table."""
    row = "{:10}  {:24}  {:>7}  {:25}  {}".format
    yield row("reason", "gateway", "letters", "oldest", "newest")
    for kind in kinds:
        gateway = write_foreign(kind.gateway) or "(none that is known)"
        oldest, newest = _moment(kind.oldest), _moment(kind.newest)
        yield row(write_foreign(kind.reason), gateway, kind.letters, oldest, newest)


def line(heading: Heading) -> str:
    """Write a letter in one line."""
    size = write_count(heading.size, "byte", "bytes")
    what = size if heading.epoch is None else f"{heading.epoch}/{heading.seq}"
    where = heading.gateway or heading.topic
    return (
        f"{write_foreign(heading.name)}  {_moment(heading.received)}"
        f"  {write_foreign(heading.reason):8}  {write_foreign(where)}"
        f"  {write_foreign(what)}: {write_foreign(heading.detail)}"
    )


def describe(heading: Heading, letter: Letter, today: Fate) -> Iterator[str]:
    """Write all that is known of a letter, nothing of it as it came."""
    yield f"letter   {write_foreign(heading.name)} ({write_foreign(heading.file)})"
    yield f"came     {_moment(heading.received)} on {write_foreign(heading.topic)}"
    yield f"reason   {write_foreign(heading.reason)}: {write_foreign(heading.detail)}"
    if heading.reason in REASONS:
        yield f"         {REASONS[heading.reason]}"
    if today.outcome == "stored":
        yield f"today    it can be stored: simpang dead replay {write_foreign(heading.name)}"
    else:
        yield f"today    it stays: {write_foreign(today.reason)}: {write_foreign(today.detail)}"
    yield from _payload(heading, letter.payload)


def document_of(letter: Letter) -> dict[str, object] | None:
    """Read the object in a payload, as far as it is one that JSON can write again."""
    try:
        document = unpack(letter.payload)
        json.dumps(document)
    except (BatchError, ValueError):  # ValueError: a number of thousands of digits
        return None
    return document


def _payload(heading: Heading, payload: bytes) -> Iterator[str]:
    size = write_count(heading.size, "byte", "bytes")
    document = None
    try:
        document = unpack(payload)
    except BatchError as error:
        yield f"payload  {size} that can't be read: {write_foreign(error.detail)}"
        head = payload[:_HEAD]
        yield f"         {write_foreign(head.decode('utf-8', 'backslashreplace'))}"
        return
    yield f"payload  {size}{', compressed' if payload[:1] == b'x' else ''}"
    if isinstance(document.get("r"), list):
        yield from _batch(document)
    else:
        yield from (f"         {one}" for one in _pretty(document))


def _batch(document: dict[str, Any]) -> Iterator[str]:
    told = [f"{name} {_brief(document[name])}" for name in _FIELDS if name in document]
    yield f"batch    {', '.join(told)}"
    rows, names, causes = document["r"], document.get("q"), document.get("why")
    yield f"rows     {len(rows)} of {_brief(names)}"
    columns = names if isinstance(names, list) else []
    for number, row in enumerate(rows[:_ROWS_SHOWN]):
        why = causes.get(str(number), "0") if isinstance(causes, dict) else "0"
        yield f"  {number:5}  {_row(document.get('t'), columns, row, why)}"
    if len(rows) > _ROWS_SHOWN:
        yield f"         and {len(rows) - _ROWS_SHOWN} more: --json tells them all"


def _row(begin: object, names: list[Any], row: object, causes: object) -> str:
    """Write a row in words where it is one, and else as it stands."""
    if not isinstance(row, list) or len(row) != len(names) + 2 or not isinstance(row[1], str):
        return _brief(row)
    told = []
    for place, (name, value) in enumerate(zip(names, row[2:], strict=True)):
        flag = _digit(row[1], place, len(names))
        cause = _digit(causes, place, len(names))
        word = _FLAGS.get(flag, f"flag {_brief(flag)}")
        because = "" if cause == "0" else f" ({_CAUSES.get(cause, _brief(cause))})"
        told.append(f"{_brief(name)} {_brief(value)} {word}{because}")
    return f"{_time(begin, row[0])}  {', '.join(told)}"


def _digit(digits: object, place: int, width: int) -> str:
    if not isinstance(digits, str):
        return "?"
    return digits[place] if len(digits) == width else digits[:1]


def _time(begin: object, offset: object) -> str:
    if type(begin) is int and type(offset) is int and 0 <= begin + offset <= LATEST_MS:
        return f"{_moment(begin + offset)}"
    return f"{_brief(begin)} + {_brief(offset)} ms"


def _moment(milliseconds: int) -> str:
    """Write a time where it is one; what a file says may be none."""
    return write_ms(milliseconds) if 0 <= milliseconds <= LATEST_MS else f"{milliseconds} ms"


def _brief(value: object) -> str:
    """Write a value of any origin in a few words."""
    if isinstance(value, str):
        return write_foreign(value)
    try:
        return write_foreign(json.dumps(value))
    except ValueError:
        return "a number of thousands of digits"


def _pretty(document: dict[str, object]) -> Iterator[str]:
    try:
        lines = json.dumps(document, indent=1).splitlines()
    except ValueError:
        yield _brief(document)
        return
    yield from map(write_foreign, lines[:_LINES_SHOWN])
    if len(lines) > _LINES_SHOWN:
        more = write_count(len(lines) - _LINES_SHOWN, "line", "lines")
        yield f"and {more} more: --json tells them all"
