"""One dead letter in full, for people: why it is dead, and what is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.causes import name_cause
from gateway.cli.letters import moment
from gateway.cli.texts import BYTES, LINES, Texts, count
from gateway.cli.words import write_foreign
from schemas.base import LATEST_MS
from schemas.batch import BatchError, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.language import Language
    from gateway.collector.deadletters import Letter
    from gateway.collector.letters import Heading
    from gateway.collector.replay import Fate

_say: Final = Texts({
    # in English, in Indonesian
    "letter": ("letter   {name} ({file})", "pesan    {name} ({file})"),
    "came": ("came     {at} on {topic}", "datang   {at} di {topic}"),
    "why": ("reason   {reason}: {detail}", "sebab    {reason}: {detail}"),
    "today stored": ("today    it can be stored: simpang dead replay {name}",
                     "kini     bisa disimpan: simpang dead replay {name}"),
    "today stays": ("today    it stays: {reason}: {detail}", "kini     tetap: {reason}: {detail}"),
    "unreadable": ("payload  {size} that can't be read: {why}",
                   "isi      {size} yang tidak bisa dibaca: {why}"),
    "payload": ("payload  {size}", "isi      {size}"),
    "compressed": ("payload  {size}, compressed", "isi      {size}, termampat"),
    "batch": ("batch    {told}", "kiriman  {told}"),
    "rows": ("rows     {number} of {names}", "baris    {number} berisi {names}"),
    "more": ("         and {more} more: --json tells them all",
             "         dan {more} lagi: --json menampilkan semua"),
    "flag": ("flag {digit}", "tanda {digit}"),
})  # fmt: skip

REASONS: Final = Texts({
    # in English, in Indonesian
    "json": ("it is no JSON object: a foreign client on our topics, or a broken link",
             "bukan objek JSON: klien asing di topik kita, atau sambungan rusak"),
    "zlib": ("its compressed bytes are damaged", "bita mampatnya rusak"),
    "size": ("it is larger than any message of ours, as sent or unpacked",
             "lebih besar dari pesan kita mana pun, mampat atau tidak"),
    "version": ("its gateway is newer than this collector: update the collector, then replay",
                "gatewaynya lebih baru: perbarui collector, lalu ulangi dengan replay"),
    "schema": ("a field is missing, or is not what it must be",
               "ada isian yang kurang, atau tidak sebagaimana mestinya"),
    "width": ("a row has not as many values as there are columns",
              "ada baris yang jumlah nilainya tidak sama dengan jumlah kolom"),
    "flags": ("flags or causes that do not go with the values",
              "tanda atau sebab tidak cocok dengan nilainya"),
    "quantity": ("a column that this collector does not know: its gateway may be newer",
                 "ada kolom yang tidak dikenal collector ini: mungkin gatewaynya lebih baru"),
    "value": ("a value that is no number", "ada nilai yang bukan angka"),
    "range": ("a value that can't be, and is called good",
              "ada nilai yang mustahil, tetapi disebut baik"),
    "time": ("a time that can't be: its clock was wrong, or this machine's is",
             "waktunya mustahil: jamnya waktu itu salah, atau jam komputer ini"),
    "topic": ("it came on a topic that is not its own, or none of ours",
              "datang di topik yang bukan miliknya, atau bukan milik kita"),
    "rows": ("the database refused some of its rows; the others are stored",
             "basis data menolak sebagian barisnya; yang lain tersimpan"),
    "touched": ("it is stored, but the database refused the word to the aggregator",
                "tersimpan, tetapi basis data menolak pemberitahuan untuk perangkum"),
})  # fmt: skip
"""What each reason means."""

_FLAGS: Final = Texts({
    "1": ("good", "baik"),
    "2": ("not tested", "belum diuji"),
    "3": ("suspect", "diragukan"),
    "4": ("failed", "ditolak"),
    "9": ("missing", "tidak ada"),
})  # fmt: skip

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


def document_of(letter: Letter) -> dict[str, object] | None:
    """Read the object in a payload, as far as it is one that JSON can write again."""
    try:
        document = unpack(letter.payload)
        json.dumps(document)
    except (BatchError, ValueError):  # ValueError: a number of thousands of digits
        return None
    return document


class Description:
    """Writes all that is known of a letter in one language, nothing of it as it came."""

    def __init__(self, heading: Heading, language: Language) -> None:
        """Write about a letter with this heading."""
        self._heading = heading
        self._language = language

    def of(self, letter: Letter, today: Fate) -> Iterator[str]:
        """Write what it is, why it is dead, and what would become of it today."""
        heading = self._heading
        name = write_foreign(heading.name)
        yield self._say("letter", name=name, file=write_foreign(heading.file))
        at, topic = moment(heading.received), write_foreign(heading.topic)
        yield self._say("came", at=at, topic=topic)
        reason, detail = write_foreign(heading.reason), write_foreign(heading.detail)
        yield self._say("why", reason=reason, detail=detail)
        if heading.reason in REASONS.texts:
            yield f"         {REASONS(heading.reason, self._language)}"
        if today.outcome == "stored":
            yield self._say("today stored", name=name)
        else:
            why = {"reason": write_foreign(today.reason), "detail": write_foreign(today.detail)}
            yield self._say("today stays", **why)
        yield from self._payload(letter.payload)

    def _say(self, key: str, **names: object) -> str:
        return _say(key, self._language, **names)

    def _payload(self, payload: bytes) -> Iterator[str]:
        size = count(self._heading.size, BYTES, self._language)
        try:
            document = unpack(payload)
        except BatchError as error:
            yield self._say("unreadable", size=size, why=write_foreign(error.detail))
            head = payload[:_HEAD]
            yield f"         {write_foreign(head.decode('utf-8', 'backslashreplace'))}"
            return
        yield self._say("compressed" if payload[:1] == b"x" else "payload", size=size)
        if isinstance(document.get("r"), list):
            yield from self._batch(document)
        else:
            yield from self._pretty(document)

    def _batch(self, document: dict[str, Any]) -> Iterator[str]:
        told = [f"{name} {_brief(document[name])}" for name in _FIELDS if name in document]
        yield self._say("batch", told=", ".join(told))
        rows, names, causes = document["r"], document.get("q"), document.get("why")
        yield self._say("rows", number=len(rows), names=_brief(names))
        columns = names if isinstance(names, list) else []
        for number, row in enumerate(rows[:_ROWS_SHOWN]):
            why = causes.get(str(number), "0") if isinstance(causes, dict) else "0"
            yield f"  {number:5}  {self._row(document.get('t'), columns, row, why)}"
        if len(rows) > _ROWS_SHOWN:
            yield self._say("more", more=len(rows) - _ROWS_SHOWN)

    def _row(self, begin: object, names: list[Any], row: object, causes: object) -> str:
        """Write a row in words where it is one, and else as it stands."""
        if not isinstance(row, list) or len(row) != len(names) + 2 or not isinstance(row[1], str):
            return _brief(row)
        told = []
        for place, (name, value) in enumerate(zip(names, row[2:], strict=True)):
            flag = self._flag(_digit(row[1], place, len(names)))
            cause = _digit(causes, place, len(names))
            because = "" if cause == "0" else f" ({self._cause(cause)})"
            told.append(f"{_brief(name)} {_brief(value)} {flag}{because}")
        return f"{_time(begin, row[0])}  {', '.join(told)}"

    def _flag(self, digit: str) -> str:
        known = digit in _FLAGS.texts
        return _FLAGS(digit, self._language) if known else self._say("flag", digit=_brief(digit))

    def _cause(self, digit: str) -> str:
        return name_cause(digit, self._language)

    def _pretty(self, document: dict[str, object]) -> Iterator[str]:
        try:
            lines = json.dumps(document, indent=1).splitlines()
        except ValueError:
            yield f"         {_brief(document)}"
            return
        yield from (f"         {write_foreign(each)}" for each in lines[:_LINES_SHOWN])
        if len(lines) > _LINES_SHOWN:
            more = count(len(lines) - _LINES_SHOWN, LINES, self._language)
            yield self._say("more", more=more)


def _digit(digits: object, place: int, width: int) -> str:
    if not isinstance(digits, str):
        return "?"
    return digits[place] if len(digits) == width else digits[:1]


def _time(begin: object, offset: object) -> str:
    if type(begin) is int and type(offset) is int and 0 <= begin + offset <= LATEST_MS:
        return f"{moment(begin + offset)}"
    return f"{_brief(begin)} + {_brief(offset)} ms"


def _brief(value: object) -> str:
    """Write a value of any origin in a few words."""
    if isinstance(value, str):
        return write_foreign(value)
    try:
        return write_foreign(json.dumps(value))
    except ValueError:
        return "a number of thousands of digits"
