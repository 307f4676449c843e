"""How gateways stand: what the store has of each, and what each says of itself, side by side."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import asdict, dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from gateway.cli.listening import Listening, Live
from gateway.cli.progress import Progress
from gateway.cli.texts import Texts
from gateway.collector import ledger, questions
from gateway.collector.capture import NODE, Captured, Spans, days, hours, share, spans
from gateway.collector.lateness import find_late
from gateway.collector.points import DELIVERY, SPOOL
from gateway.collector.stores import open_reader
from gateway.errors import StoreBusy, StoreDenied
from schemas.base import is_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gateway.cli.language import Language
    from gateway.collector.capture import Span
    from gateway.collector.lateness import Late
    from gateway.collector.ledger import Kind, Ledger
    from gateway.collector.questions import Questions
    from gateway.config.collector import CollectorConfig, InfluxStore, SqliteStore
    from schemas.base import Model

_say: Final = Texts({
    # in English, in Indonesian
    "questions": ("questions", "pertanyaan"),
    "word": ("word from {broker}", "kabar dari {broker}"),
})  # fmt: skip

DAY_MS: Final = 86_400_000

_GLANCE: Final = 0.25
"""Seconds between two looks at how far the store has come."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How far and how long to ask.

    Attributes:
        days: How far back lost batches are told.
        listen: Seconds of listening to the broker.
        patience: Seconds that the store may think about one question.
    """

    days: float
    listen: float
    patience: float


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of a gateway.

    Attributes:
        ledger: Its batches.
        late: How late readings came; None where none did.
        newest: When the readings of its newest batch begin, ms since 1970.
        minutes: The usable minutes of each device.
        begun: The minute of each device's first reading; none is owed before.
    """

    ledger: Ledger
    late: Late | None
    newest: int | None
    minutes: dict[str, set[int]]
    begun: dict[str, int]

    def count(self, kind: Kind) -> int:
        """Count the batches that are missing in this way."""
        return sum(gap.batches for gap in self.ledger.gaps if gap.kind == kind)

    @property
    def conflicts(self) -> int:
        """Batches that are there twice."""
        return sum(each.last - each.first + 1 for each in self.ledger.conflicts)

    @property
    def lost(self) -> Counter[str]:
        """Batches that are lost, by cause."""
        causes = Counter[str]()
        for gap in self.ledger.gaps:
            if gap.kind == "lost":
                causes[gap.cause] += gap.batches
        return causes


@dataclass(frozen=True, slots=True)
class Standing:
    """One gateway.

    Attributes:
        gateway: Its id.
        live: What it says of itself.
        stored: What the store has of it; None where it could not be asked.
    """

    gateway: str
    live: Live
    stored: Stored | None

    @property
    def devices(self) -> dict[str, float | None]:
        """Its sensors, and how often each should measure (s), where that is known."""
        about = self.live.about
        told = {device.id: device.every for device in about.devices} if about else {}
        found = dict.fromkeys(self.stored.minutes) if self.stored else {}
        return {name: told.get(name) for name in sorted(told.keys() | found.keys()) if name != NODE}

    def captured(self, device: str, span: Span) -> float | None:
        """Return the share of a span that was captured of a device; None where nobody knows.

        Nothing is owed before its first reading; of one that never sent any, before the gateway's.
        """
        if self.stored is None or not self.stored.begun:
            return None
        begun = self.stored.begun
        owed = max(span[0], begun.get(device, min(begun.values()))), span[1]
        return share(self.stored.minutes.get(device, ()), owed, self.devices.get(device))

    def captured_of_all(self, span: Span) -> float | None:
        """Return the mean of its devices' shares."""
        shares = [self.captured(device, span) for device in self.devices]
        known = [each for each in shares if each is not None]
        return mean(known) if known else None


@dataclass(slots=True)
class Fleet:
    """Gateways as they stand at a moment.

    Attributes:
        now: The moment, in seconds since 1970.
        since: Since when the ledgers count, ms since 1970.
        zone: Whose days are meant.
        standings: The gateways, by their ids.
        broker: Why not all could be heard; empty where all could.
        store: Why not all could be asked for; empty where all could.
    """

    now: float
    since: int
    zone: ZoneInfo
    standings: list[Standing] = field(default_factory=list)
    broker: str = ""
    store: str = ""

    @property
    def spans(self) -> Spans:
        """The hour, the days and the week of this moment."""
        return spans(self.now, self.zone)

    @property
    def whole(self) -> bool:
        """Whether everything could be asked."""
        return not self.broker and not self.store


def gather(
    config: CollectorConfig, now: float, terms: Terms, only: str | None, language: Language
) -> Fleet:
    """Ask a collector's store and broker for all gateways, or for one.

    Args:
        config: Whose store and broker.
        now: Seconds since 1970.
        terms: How long each of them is asked.
        only: The one gateway that is meant; None means all.
        language: In which it says whom it waits for.

    Raises:
        ConfigError: The token or the password can't be read.
    """
    zone = ZoneInfo(config.collector.timezone)
    fleet = Fleet(now, max(0, int(now * 1000 - terms.days * DAY_MS)), zone)
    found: dict[str, Stored] = {}
    with (
        Listening(config.broker, only or "+") as listening,
        Progress(_say("questions", language), None, language) as progress,
        ThreadPoolExecutor(1, "store") as pool,
    ):
        progress.wait_for(_name(config.store))
        asking = pool.submit(_ask_all, config, fleet, only, progress, terms.patience)
        while wait([asking], _GLANCE).not_done:
            progress.step(0)
        try:
            found = asking.result()
        except (StoreBusy, StoreDenied) as error:
            fleet.store = str(error)
        progress.wait_for(_say("word", language, broker=config.broker.url))
        listening.wait(terms.listen, lambda: _all_said(listening, only), lambda: progress.step(0))
        fleet.broker = listening.problem
        heard = dict(listening.heard)
    known = sorted(found.keys() | heard.keys())
    fleet.standings = [Standing(one, heard.get(one, Live()), found.get(one)) for one in known]
    return fleet


def _all_said(listening: Listening, only: str | None) -> bool:
    """Say whether the one that is asked for said all that it ever says."""
    live = listening.heard.get(only or "")
    if live is None or live.state is None:
        return False
    if not live.state.online:
        return live.about is not None and live.spool is not None
    return None not in (live.about, live.spool, live.health)


def _name(store: InfluxStore | SqliteStore) -> str:
    return str(store.path) if store.kind == "sqlite" else store.url


def _ask_all(
    config: CollectorConfig, fleet: Fleet, only: str | None, progress: Progress, patience: float
) -> dict[str, Stored]:
    if config.store.kind == "sqlite" and not config.store.path.exists():
        raise StoreDenied(f"there is no {config.store.path}", "a collector makes it when it starts")
    found: dict[str, Stored] = {}
    with closing(questions.of(open_reader(config.store, patience))) as store:
        names = {*store.names(DELIVERY, "gateway"), *store.names(SPOOL, "gateway")}
        chosen = [one for one in sorted(names) if is_id(one) and only in {None, one}]
        progress.total = 4 * len(chosen)
        for one in chosen:
            found[one] = _ask(store, one, fleet, progress, far=only is not None)
    return found


def _ask(store: Questions, gateway: str, fleet: Fleet, progress: Progress, *, far: bool) -> Stored:
    """Ask for one gateway; its capture reaches back for a week, or not further than today."""
    span = fleet.spans
    start = min(span.week[0], span.yesterday[0]) if far else min(span.today[0], span.hour[0])
    newest = store.newest(DELIVERY, {"gateway": gateway})
    progress.step()
    account = ledger.read(store, gateway, fleet.since)
    progress.step()
    late = find_late(store, gateway, fleet.since, int(fleet.now * 1000))
    progress.step()
    captured = Captured(store, gateway, (start, span.hour[1]))
    progress.step()
    return Stored(account, late, newest, dict(captured.minutes), captured.begun)


def as_json(fleet: Fleet, *, far: bool) -> dict[str, Any]:
    """Write what programs read: all of it, where one gateway was asked for."""
    return {
        "now": int(fleet.now * 1000),
        "since": fleet.since,
        "timezone": str(fleet.zone),
        "problems": {"broker": fleet.broker or None, "store": fleet.store or None},
        "gateways": [_as_json(one, fleet, far=far) for one in fleet.standings],
    }


def _as_json(one: Standing, fleet: Fleet, *, far: bool) -> dict[str, Any]:
    live, stored, span = one.live, one.stored, fleet.spans
    names = ("hour", "today", "yesterday", "week") if far else ("hour", "today")
    document: dict[str, Any] = {
        "gateway": one.gateway,
        "online": live.state.online if live.state else None,
        "state": _dump(live.state),
        "health": _dump(live.health),
        "ledger": _ledger(stored, far=far),
        "late": asdict(stored.late) if stored and stored.late else None,
        "newest": stored.newest if stored else None,
        "capture": {name: _round(one.captured_of_all(getattr(span, name))) for name in names},
    }
    if far:
        document["about"] = _dump(live.about)
        document["spool"] = _dump(live.spool)
        document["devices"] = {
            device: {name: _round(one.captured(device, getattr(span, name))) for name in names}
            | {
                "hours": dict(_by(one, device, hours((span.week[1] - 1440, span.week[1])))),
                "days": dict(_by(one, device, days(span.week, fleet.zone))),
            }
            for device in one.devices
        }
    return document


def _ledger(stored: Stored | None, *, far: bool) -> dict[str, Any] | None:
    if stored is None:
        return None
    numbers: dict[str, Any] = {
        "stored": stored.ledger.stored,
        "waiting": stored.count("waiting"),
        "unknown": stored.count("unknown"),
        "lost": dict(stored.lost),
        "conflicts": stored.conflicts,
    }
    if far:
        numbers["gaps"] = [asdict(gap) for gap in stored.ledger.gaps]
        numbers["doubled"] = [asdict(each) for each in stored.ledger.conflicts]
    return numbers


def _by(
    one: Standing, device: str, pieces: Iterator[tuple[datetime, Span]]
) -> Iterator[tuple[str, float | None]]:
    for at, span in pieces:
        yield at.isoformat(), _round(one.captured(device, span))


def _round(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _dump(model: Model | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json", exclude_none=True)
