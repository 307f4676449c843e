"""What waits in a spool as lines of text: what `spool export` writes.

JSON lines tell everything, one reading a line. Line protocol tells a database exactly what a
collector would have told it, in the order in which it may be believed: all readings, then the
ledger. A database that refuses one line of a request may store the others, so the delivery of a
batch must not stand beside its readings.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.progress import Progress
from gateway.cli.texts import BATCHES, READINGS, Texts, count
from gateway.cli.words import write_foreign
from gateway.collector import lines
from gateway.collector.points import of_delivery, of_touched, spread
from gateway.edge.spool_export import alone, open_contents
from gateway.errors import ConfigError, SimpangError
from schemas.quantity import BOOT_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from gateway.cli.language import Language
    from gateway.edge.held import Waiting
    from gateway.edge.spool_export import Shelved
    from schemas.batch import Batch

WRONG_CLOCK: Final = "time"
"""The reason of a batch whose dates a collector did not believe."""


LEDGER: Final = "# The ledger: write it when all of the above is stored."
"""The line, which a database ignores, between the readings and what tells of them."""

_TAILS: Final = ("", "-wal", "-shm")

_say: Final = Texts({
    # in English, in Indonesian
    "doubted": ("{number} whose time a collector did not believe",
                "{number} yang waktunya tidak dipercaya collector"),
    "undated": ("{number} without a date: the gateway gives one, or none",
                "{number} tanpa tanggal: gateway yang memberinya, atau tidak ada"),
    "homeless": ("{number} in no batch yet: nobody says where the gateway stands",
                 "{number} belum masuk kiriman: lokasi gateway tidak diketahui"),
    "both": ("batches and readings", "kiriman dan bacaan"),
    "unread": ("can't be read: {what}", "tidak terbaca: {what}"),
})  # fmt: skip


class JsonLines:
    """Every reading, one a line, with whatever is known of it."""

    def __init__(self, gateway: str | None, site: str | None) -> None:
        """Write for this gateway; None where nobody says which."""
        self._gateway = gateway
        self._site = site
        self.homeless = 0

    def left_out(self, _language: Language) -> list[str]:
        """Nothing is."""
        return []

    def batch(self, shelved: Shelved) -> Iterator[str]:
        """Write the readings of a batch."""
        batch = shelved.batch
        for number, row in enumerate(batch.r):
            values = dict(zip(batch.q, row[2:], strict=True))
            boot_ms = values.pop(BOOT_COLUMN, None)
            yield self._write(
                site=batch.site,
                device=batch.device,
                channel=batch.channel,
                model=batch.model,
                clock=batch.clock,
                time=None if batch.undated else batch.t + row[0],
                boot=batch.boot,
                boot_ms=boot_ms,
                every=batch.every,
                epoch=batch.epoch,
                seq=batch.seq,
                row=number,
                refused=shelved.refused or None,
                values=values,
                flags=_digits(batch, row[1]),
                causes=_digits(batch, batch.why.get(str(number), "0")),
            )

    def ledger(self, _shelved: Shelved) -> Iterator[str]:
        """Write nothing: each reading tells its batch."""
        yield from ()

    def waiting(self, waiting: Waiting) -> Iterator[str]:
        """Write a reading that is in no batch yet."""
        reading = waiting.reading
        boot, since = waiting.origin
        yield self._write(
            site=self._site,
            device=reading.device,
            channel=reading.channel,
            model=waiting.model,
            clock=None if waiting.at is None else "synced",
            time=waiting.at,
            boot=boot,
            boot_ms=None if since is None else round(since * 1000),
            every=reading.every,
            epoch=None,
            seq=None,
            row=None,
            refused=None,
            values={name: value.value for name, value in reading.values.items()},
            flags={name: int(value.flag) for name, value in reading.values.items()},
            causes={name: int(value.cause) for name, value in reading.values.items()},
        )

    def end(self) -> Iterator[str]:
        """Write what comes last: nothing."""
        yield from ()

    def _write(self, **known: Any) -> str:  # noqa: ANN401 - whatever JSON can say
        return json.dumps({"gateway": self._gateway, **known}, separators=(",", ":"))


class LineProtocol:
    """What a collector would write, the ledger and the word to the aggregator included.

    Attributes:
        homeless: Readings that are not written since nobody says where they stand.
    """

    def __init__(self, gateway: str, site: str | None, now: int) -> None:
        """Write for this gateway.

        Args:
            gateway: Its id.
            site: Where it stands; None where nobody says. Then the batches do, if they agree: their
                gateway would give the same site to the readings that are in none yet.
            now: ms since 1970.
        """
        self._gateway = gateway
        self._site = site
        self._now = now
        self._spans: dict[tuple[str, str], tuple[int, int]] = {}
        self._told: set[str] = set()
        self._doubted = self._undated = 0
        self.homeless = 0

    def left_out(self, language: Language) -> list[str]:
        """Say what was not written, and why."""
        numbers = (
            ("doubted", self._doubted, BATCHES),
            ("undated", self._undated, READINGS),
            ("homeless", self.homeless, READINGS),
        )
        return [
            _say(key, language, number=count(number, words, language))
            for key, number, words in numbers
            if number
        ]

    def batch(self, shelved: Shelved) -> Iterator[str]:
        """Write the readings of a batch."""
        batch = shelved.batch
        self._told.add(batch.site)
        if shelved.refused == WRONG_CLOCK:
            self._doubted += 1
            return
        if shelved.refused:
            yield f"# refused by a collector: {write_foreign(shelved.refused)}"
        yield from lines.of_batch(self._gateway, batch)
        if not batch.undated:
            self._span(batch.device, batch.first, batch.t + int(batch.r[-1][0]))

    def ledger(self, shelved: Shelved) -> Iterator[str]:
        """Write that a batch is there, for the end."""
        if shelved.refused != WRONG_CLOCK:
            yield lines.of_point(of_delivery(self._gateway, shelved.batch))

    def waiting(self, waiting: Waiting) -> Iterator[str]:
        """Write a reading that is in no batch yet, as the one that will carry it will."""
        at, site = waiting.at, self._site
        if site is None and len(self._told) == 1:
            (site,) = self._told
        if at is None:
            self._undated += 1
        elif site is None:
            self.homeless += 1
        else:
            yield from lines.of_batch(self._gateway, alone(waiting, at, site))
            self._span(waiting.reading.device, at, at)

    def end(self) -> Iterator[str]:
        """Tell the aggregator what came late, as a collector does after its rows.

        Under a name of its own for each gateway: an aggregator keeps a cursor a collector, and
        expects the moments of each to rise.
        """
        for point in of_touched(f"export-{self._gateway}", self._spans, self._now):
            yield lines.of_point(point)

    def _span(self, device: str, first: int, last: int) -> None:
        key = (self._gateway, device)
        known = self._spans.get(key, (first, last))
        self._spans[key] = (min(first, known[0]), max(last, known[1]))


@dataclass(slots=True)
class Tally:
    """What an export wrote, and how many things the card did not give."""

    batches: int = 0
    refused: int = 0
    readings: int = 0
    lost: int = 0


def write_out(
    path: Path, form: JsonLines | LineProtocol, output: Path | None, language: Language
) -> Tally:
    """Write all that waits in a spool's file; what can't be read is said on stderr.

    Args:
        path: The spool's file.
        form: How it is written.
        output: The file to write, there only when all of it is; None for stdout.
        language: In which it says what can't be read.

    Raises:
        ConfigError: There is no spool, or the output can't be written there.
        SpoolDamaged: Nothing of the spool can be read.
        SpoolUnwritable: It can't be read, or there is no room for a copy of it.
    """
    tally = Tally()
    with Progress(_say("both", language), None, language) as progress:

        def lose(what: str) -> None:
            tally.lost += 1
            progress.say(_say("unread", language, what=write_foreign(what)))

        with (
            _opened(output, path) as out,
            open_contents(path, lose) as contents,
            TemporaryFile("w+", encoding="utf-8") as ledger,  # of a million batches
        ):
            progress.total = contents.count()
            for shelved in contents.batches():
                out.writelines(f"{line}\n" for line in form.batch(shelved))
                ledger.writelines(f"{line}\n" for line in form.ledger(shelved))
                tally.batches += 1
                tally.refused += bool(shelved.refused)
                progress.step()
            for waiting in contents.waiting():
                out.writelines(f"{line}\n" for line in form.waiting(waiting))
                tally.readings += 1
                progress.step()
            if ledger.tell():
                out.write(f"{LEDGER}\n")
            ledger.seek(0)
            out.writelines(ledger)
            out.writelines(f"{line}\n" for line in form.end())
    return tally


@contextmanager
def _opened(output: Path | None, spool: Path) -> Iterator[TextIO]:
    """Open stdout, or a file that gets its name when it is whole."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    real = spool.resolve()
    if output.resolve() in {real.with_name(f"{real.name}{tail}") for tail in _TAILS}:
        raise ConfigError(f"{output} is the spool itself", "an export goes into another file")
    unfinished = output.with_name(f"{output.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            yield file
        unfinished.rename(output)
    except OSError as error:
        raise SimpangError(f"can't write {output}: {error.strerror}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _digits(batch: Batch, digits: str) -> dict[str, int]:
    """Name the digit of each column, the boot's apart."""
    pairs = zip(batch.q, spread(digits, len(batch.q)), strict=True)
    return {name: int(digit) for name, digit in pairs if name != BOOT_COLUMN}
