"""How gateways stand, on a page of 80 columns, in Indonesian or English."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from gateway.cli.catalogue import catalogue
from gateway.cli.causes import name_alarm, name_loss, name_silence
from gateway.cli.language import Language
from gateway.cli.texts import Texts
from gateway.cli.words import write_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.cli.standing import Fleet, Standing, Stored

WIDTH: Final = 80

_ROW: Final = "{:20} {:8} {:>9} {:>7} {:>8} {:>8} {:>5} {:>8}"
_CAPTURE: Final = "  {:30} {:>10} {:>10} {:>10} {:>10}"
_MOST_GAPS: Final = 10
"""Stretches of lost batches that are listed."""

_OVERDUE: Final = 1800.0
"""Seconds after which something of a gateway that is online should have been stored."""

_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
"""Seconds, and the text that names so many of them."""

_say: Final = Texts({
    # in English, in Indonesian
    "nobody": ("nobody was heard, and the store knows no gateway",
               "tidak ada gateway yang terdengar atau tercatat"),
    "heading": ("{now}, {zone}; batches since {since}", "{now}, {zone}; kiriman sejak {since}"),
    "gateway": ("gateway", "gateway"),
    "state": ("state", "status"),
    "waiting": ("waiting", "menunggu"),
    "lost": ("lost", "hilang"),
    "conflict": ("conflict", "bentrok"),
    "late": ("late", "telat"),
    "hour": ("1 h", "1 jam"),
    "today": ("today", "hari ini"),
    "online": ("online", "daring"),
    "offline": ("offline", "luring"),
    "silent": ("no word", "diam"),
    "since": ("since {at}", "sejak {at}"),
    "version": ("version {version}", "versi {version}"),
    "site": ("site {site}", "lokasi {site}"),
    "newest": ("newest batch in the store: {at}", "kiriman terbaru di basis data: {at}"),
    "clock": ("clock {clock}, spool on {spool}, {waiting} there",
              "jam {clock}, penampung di {spool}, {waiting} di sana"),
    "waits one": ("1 batch waits", "1 kiriman menunggu"),
    "wait many": ("{number} batches wait", "{number} kiriman menunggu"),
    "refused": ("batches refused and kept there: {number}",
                "kiriman yang ditolak dan disimpan di sana: {number}"),
    "trusted": ("trusted", "tepercaya"),
    "holdover": ("in holdover", "tanpa acuan"),
    "waits": ("not yet trusted", "belum tepercaya"),
    "disk": ("disk", "disk"),
    "memory": ("memory", "memori"),
    "point": (".", ","),
    "d": ("d", "hari"),
    "h": ("h", "jam"),
    "min": ("min", "mnt"),
    "s": ("s", "dtk"),
    "no health": ("no health message yet: one comes each 60 s; --listen 65 waits for it",
                  "belum ada pesan kondisi: datang tiap 60 dtk; tunggu dengan --listen 65"),
    "look": ("To look at:", "Perlu diperiksa:"),
    "ledger": ("Batches since {since}", "Kiriman sejak {since}"),
    "stored": ("stored", "tersimpan"),
    "unknown": ("unknown", "belum jelas"),
    "more": ("and {number} more: --json lists them", "dan {number} lagi: lihat --json"),
    "conflicts": ("conflicts", "bentrok"),
    "none late": ("nothing came late", "tidak ada yang telat"),
    "lateness": ("late by up to {age} ({device}, {at}); minutes with late data: {minutes}",
                 "telat sampai {age} ({device}, {at}); menit dengan data telat: {minutes}"),
    "capture": ("Data capture", "Kelengkapan data"),
    "1 h": ("last hour", "1 jam ini"),
    "yesterday": ("yesterday", "kemarin"),
    "week": ("7 days", "7 hari"),
    "all": ("all", "semua"),
    "not stored": ("online, yet nothing stored for {age}: does a collector run?",
                   "daring, tetapi {age} tidak ada yang tersimpan: kolektor jalan?"),
    "losses": ("lost {lost}", "hilang {lost}"),
    "device": ("{device} is silent: {silence}", "{device} diam: {silence}"),
    "fault": ("{device} reports a fault: {fault}", "{device} melaporkan gangguan: {fault}"),
    "unproven": ("sends without receipts, so nothing proves that it is stored",
                 "mengirim tanpa tanda terima; tidak ada bukti tersimpan"),
    "no broker": ("not heard: {why}", "tidak terdengar: {why}"),
    "no store": ("not asked: {why}", "tidak dapat ditanya: {why}"),
})  # fmt: skip


class Sheet:
    """Writes pages in one language."""

    def __init__(self, language: Language, fleet: Fleet) -> None:
        """Write about a fleet."""
        self._language = language
        self._fleet = fleet

    def fleet(self) -> Iterator[str]:
        """Write all gateways, a line each, and then what to look at."""
        fleet = self._fleet
        yield self._say("heading", since=self._at(fleet.since), now=self._now(), zone=fleet.zone)
        if not fleet.standings:
            yield self._say("nobody")
            return
        heads = ("gateway", "state", "waiting", "lost", "conflict", "late", "hour", "today")
        yield _ROW.format(*map(self._say, heads)).rstrip()
        for one in fleet.standings:
            yield self._row(one)
        flaws = [f"{one.gateway}: {flaw}" for one in fleet.standings for flaw in self._flaws(one)]
        if flaws:
            yield ""
            yield self._say("look")
            yield from (f"  {_cut(flaw, WIDTH - 2)}" for flaw in flaws)

    def gateway(self, one: Standing) -> Iterator[str]:
        """Write one gateway: what it says of itself, its ledger, its devices."""
        yield from self._live(one)
        yield from (f"  ! {_cut(flaw, WIDTH - 4)}" for flaw in self._flaws(one))
        if one.stored is not None:
            yield ""
            yield from self._ledger(one.stored)
        if one.stored is not None and one.devices:
            yield ""
            yield from self._capture(one)

    def problems(self) -> Iterator[str]:
        """Write what could not be asked."""
        if self._fleet.broker:
            yield self._say("no broker", why=self._why(self._fleet.broker))
        if self._fleet.store:
            yield self._say("no store", why=self._why(self._fleet.store))

    def _why(self, problem: str) -> str:
        return catalogue(self._language).translate(write_foreign(problem))

    def _row(self, one: Standing) -> str:
        stored, spans = one.stored, self._fleet.spans
        late = stored.late if stored else None
        unknown = stored.count("unknown") if stored else 0
        more = f"+{unknown}?" if unknown else ""
        return _ROW.format(
            _cut(one.gateway, 20),
            self._state(one),
            f"{stored.count('waiting')}{more}" if stored else "–",
            sum(stored.lost.values()) if stored else "–",
            stored.conflicts if stored else "–",
            self._age(late.longest_ms / 1000) if late else "–",
            *(_percent(one.captured_of_all(span)) for span in (spans.hour, spans.today)),
        )

    def _state(self, one: Standing) -> str:
        if one.live.state is None:
            return self._say("silent") if not self._fleet.broker else "?"
        return self._say("online" if one.live.state.online else "offline")

    def _flaws(self, one: Standing) -> Iterator[str]:
        """Write what somebody should look at."""
        if one.stored is not None and one.stored.lost:
            causes = ((n, name_loss(why, self._language)) for why, n in one.stored.lost.items())
            yield self._say("losses", lost=", ".join(f"{n} ({why})" for n, why in causes))
        yield from self._not_stored(one)
        health = one.live.health
        if health is None:
            return
        for alarm in health.alarms:
            yield name_alarm(alarm, self._language)
        if health.unproven:
            yield self._say("unproven")
        for name, device in health.devices.items():
            told = write_foreign(name)
            if device.silence:
                silence = name_silence(device.silence, self._language)
                yield self._say("device", device=told, silence=silence)
            if device.fault:
                yield self._say("fault", device=told, fault=write_foreign(device.fault))

    def _not_stored(self, one: Standing) -> Iterator[str]:
        """Say that a gateway which is there measures for nobody: each tells of itself at least."""
        online = one.live.state is not None and one.live.state.online
        if online and one.stored is not None and one.stored.newest is not None:
            age = self._fleet.now - one.stored.newest / 1000
            if age > _OVERDUE:
                yield self._say("not stored", age=self._age(age))

    def _live(self, one: Standing) -> Iterator[str]:
        live = one.live
        words = [self._state(one)]
        if live.state is not None and live.state.since is not None:
            words.append(self._say("since", at=self._at(live.state.since)))
        if live.state is not None and live.state.version:
            words.append(self._say("version", version=write_foreign(live.state.version)))
        if live.about is not None:
            words.append(self._say("site", site=live.about.site))
        yield _cut(f"{one.gateway}: {', '.join(words)}", WIDTH)
        if one.stored is not None and one.stored.newest is not None:
            yield f"  {self._say('newest', at=self._at(one.stored.newest))}"
        health = live.health
        if health is not None:
            clock = self._say("waits" if health.clock == "waiting" else health.clock)
            spool = self._say(health.spool)
            key = "waits one" if health.waiting == 1 else "wait many"
            waiting = self._say(key, number=health.waiting)
            yield f"  {self._say('clock', clock=clock, spool=spool, waiting=waiting)}"
            if health.refused:
                yield f"  {self._say('refused', number=health.refused)}"
        elif live.state is not None and live.state.online:
            yield f"  {self._say('no health')}"

    def _ledger(self, stored: Stored) -> Iterator[str]:
        yield self._say("ledger", since=self._at(self._fleet.since))
        numbers = {
            "stored": stored.ledger.stored,
            "waiting": stored.count("waiting"),
            "unknown": stored.count("unknown"),
            "lost": sum(stored.lost.values()),
            "conflicts": stored.conflicts,
        }
        for name, number in numbers.items():
            if number or name != "unknown":
                yield f"  {self._say(name):12} {number:>9}"
        lost = [gap for gap in stored.ledger.gaps if gap.kind == "lost"]
        for gap in lost[-_MOST_GAPS:]:
            cause = name_loss(gap.cause, self._language)
            yield _cut(f"    {gap.epoch} {gap.first}–{gap.last}: {cause}", WIDTH)
        if len(lost) > _MOST_GAPS:
            yield f"    {self._say('more', number=len(lost) - _MOST_GAPS)}"
        late = stored.late
        if late is None:
            yield f"  {self._say('none late')}"
            return
        yield "  " + self._say(
            "lateness",
            age=self._age(late.longest_ms / 1000),
            device=write_foreign(late.device),
            at=self._at(late.at),
            minutes=late.minutes,
        )

    def _capture(self, one: Standing) -> Iterator[str]:
        spans = self._fleet.spans
        chosen = (spans.hour, spans.today, spans.yesterday, spans.week)
        heads = map(self._say, ("capture", "1 h", "today", "yesterday", "week"))
        yield _CAPTURE.format(*heads)[2:]
        for device in one.devices:
            shares = (one.captured(device, span) for span in chosen)
            yield _CAPTURE.format(_cut(write_foreign(device), 30), *map(_percent, shares))
        if len(one.devices) > 1:
            means = (one.captured_of_all(span) for span in chosen)
            yield _CAPTURE.format(self._say("all"), *map(_percent, means))

    def _say(self, key: str, **values: object) -> str:
        return _say(key, self._language, **values)

    def _age(self, seconds: float) -> str:
        size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
        text = f"{seconds / size:.1f}".removesuffix(".0")
        return f"{text.replace('.', self._say('point'))} {self._say(unit)}"

    def _now(self) -> str:
        return self._at(int(self._fleet.now * 1000))

    def _at(self, milliseconds: int) -> str:
        moment = datetime.fromtimestamp(milliseconds / 1000, self._fleet.zone)
        return moment.strftime("%Y-%m-%d %H:%M")


def _percent(share: float | None) -> str:
    """Write a share; what is not whole is never written as 100 %."""
    if share is None:
        return "–"
    return f"{int(share * 100)} %"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
