"""A whole city in one object: one gateway, a broker, a collector, a store, and the truth."""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

from gateway.clock import FakeClock
from gateway.collector.audit import Sound, judge
from gateway.collector.ledger import Gap, missing
from gateway.collector.points import of_batch, of_delivery, of_spool
from gateway.collector.receipts import Receipts
from gateway.config.gateway import GatewayConfig
from gateway.edge.core import Core
from gateway.mqtt.events import Arrived, Connected, Disconnected
from schemas.reading import Flag, Reading, Value
from schemas.spool import SpoolState
from tests.laws.parts import Broker, MemoryStore, Truth

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.collector.points import Tags

GATEWAY = "gw"
TRUE_START = 1_764_000_000.0
COMMIT_SECONDS = 5.0
NUMBERED = ("pm2_5", "count")
"""The quantities that carry the number of a reading."""


class World:
    """Everything that a reading passes through, each part to be broken at will."""

    def __init__(self, folder: Path, *, keeps: bool, trusted: bool = True) -> None:
        self.clock = FakeClock(wall=TRUE_START)
        self.error = 0.0
        self.folder = folder
        self.touched = folder / "synchronized"
        self.broker = Broker(keeps)
        self.store = MemoryStore()
        self.receipts = Receipts()
        self.truths: dict[int, Truth] = {}
        self.numbers = count(1)
        self.epochs = count(1)
        self.muted: set[str] = set()
        self.config = GatewayConfig.model_validate({
            "gateway": {"id": GATEWAY},
            "broker": {"url": "mqtt://127.0.0.1"},
            "clock": {"trust": f"file:{self.touched}"},
            "spool": {"path": str(folder / "spool.db"), "commit_seconds": COMMIT_SECONDS},
            "publish": {
                "batch_seconds": 2.0, "window": 4, "resend_seconds": 10.0,
                "reoffer_seconds": 60.0, "health_seconds": 10,
            },
        })  # fmt: skip
        if trusted:
            self.synchronise()
        self.core = self._open()

    # -- time -------------------------------------------------------------------------------

    @property
    def true(self) -> float:
        """True seconds since 1970: the wall clock less its error."""
        return self.clock.wall - self.error

    def synchronise(self) -> None:
        """NTP sets the clock and says so, never twice at one moment."""
        self.clock.advance(0.01)
        self.be_believed(-self.error)

    def be_believed(self, by: float) -> None:
        """Let the clock be set, rightly or wrongly, and the source confirm it."""
        self.clock.step(by)
        self.error += by
        self.touched.touch()
        ns = round(self.clock.wall * 1e9)
        os.utime(self.touched, ns=(ns, ns))

    def set_clock(self, by: float) -> None:
        """Somebody sets the wall clock wrong, and nobody confirms it."""
        by = max(by, 100.0 - self.clock.wall)
        self.clock.step(by)
        self.error += by

    def passes(self, seconds: float, stride: float = 1.0) -> None:
        """Let time pass, a tick each `stride` seconds."""
        while seconds > 0:
            step = min(stride, seconds)
            self.clock.advance(step)
            seconds -= step
            self.tick()

    def tick(self) -> None:
        held = self.core.spool._changes  # noqa: SLF001 - to see when it was committed
        self.core.tick(self.clock.monotonic(), self.clock.stamp())
        if self.core.spool._changes is not held:  # noqa: SLF001
            self.committed()

    def committed(self) -> None:
        """Note that all that was measured is on the disk."""
        for truth in self.truths.values():
            truth.committed = True

    # -- the gateway ------------------------------------------------------------------------

    def _open(self) -> Core:
        self.counted: Counter[str] = Counter()
        core = Core(
            self.config, self.broker, self.clock, watches={},
            new_epoch=lambda: f"{next(self.epochs):016x}",
        )  # fmt: skip
        if self.broker.up:
            core.happened(Connected(), self.clock.monotonic(), self.clock.stamp())
        return core

    def measure(self, device: str, channel: str | None, lasts: float = 0.05) -> None:
        """Put one numbered reading in, behind the driver; then let a moment pass."""
        number = next(self.numbers)
        self.truths[number] = Truth(number, device, channel, self.true)
        values = {"pm2_5": Value(float(number), Flag.PASS)}
        if channel is not None:
            self.counted[channel] += 1
            values = {
                "count": Value(float(number), Flag.PASS),
                "count_total": Value(float(self.counted[channel]), Flag.PASS),
            }
        reading = Reading(device, channel, values, 60.0)
        stamp = self.clock.stamp()
        self.core.measured(reading, stamp, "made.up", self.clock.monotonic())
        self.core.pump(self.clock.monotonic())
        self.clock.advance(lasts)

    def crash(self, *, reboot: bool) -> None:
        """Cut the power, or kill the process; what was not committed may be gone."""
        self._confirm_without_disk()
        self.core.spool.abandon()
        if reboot:
            self._reboot()
        for truth in self.truths.values():
            truth.excused = truth.excused or not truth.committed
        self.core = self._open()

    def restart(self) -> None:
        """Stop the gateway in order, and start it again."""
        self._confirm_without_disk()
        self.core.close(self.clock.monotonic())
        if not self.core.spool.memory:
            self.committed()
        for truth in self.truths.values():
            truth.excused = truth.excused or not truth.committed
        self.core = self._open()

    def _confirm_without_disk(self) -> None:
        """Where no disk can be read, a restart can't know of a step: a limit, see decision 8."""
        if self.config.spool.path.is_dir():
            self.synchronise()
            self.tick()

    def _reboot(self) -> None:
        true = self.true
        self.clock.reboot(wall=1000.0)
        self.clock.advance(20.0)
        self.error = self.clock.wall - true - 20.0
        self.touched.unlink(missing_ok=True)

    def fail_disk(self) -> None:
        """Let every commit fail from now on."""
        path = self.config.spool.path
        if path.is_file():
            path.rename(path.with_name("hidden"))
            path.mkdir()

    def heal_disk(self) -> None:
        path = self.config.spool.path
        if path.is_dir():
            path.rmdir()
            path.with_name("hidden").rename(path)

    # -- the broker -------------------------------------------------------------------------

    def lose_broker(self) -> None:
        """Take the broker down; what it held in RAM is gone."""
        if self.broker.up:
            self.broker.up = False
            self.broker.queue.clear()
            self.core.happened(Disconnected("gone"), self.clock.monotonic(), self.clock.stamp())

    def find_broker(self) -> None:
        if not self.broker.up:
            self.broker.up = True
            self.core.happened(Connected(), self.clock.monotonic(), self.clock.stamp())
            self.tick()

    # -- the collector ----------------------------------------------------------------------

    def collect(self, messages: int, *, refuse: bool = False) -> None:
        """Let the collector take some messages, store them, and owe receipts for them."""
        if not self.broker.collector:
            return
        now = self.clock.monotonic()
        for topic, payload in self.broker.queue[:messages]:
            verdict = judge(self.config.broker.root, topic, payload, None)
            if isinstance(verdict, Sound):
                batch = verdict.batch
                if batch.device in self.muted:
                    continue
                if refuse:
                    self.receipts.decide(GATEWAY, batch.epoch, batch.seq, "rows", now)
                    continue
                self.store.write(of_batch(GATEWAY, batch))
                self.store.write([of_delivery(GATEWAY, batch)])
                self.receipts.decide(GATEWAY, batch.epoch, batch.seq, None, now)
            elif verdict is not None and isinstance(getattr(verdict, "news", None), SpoolState):
                at = round(self.true * 1000) * 1000 + next(self.numbers) % 1000
                self.store.write(of_spool(GATEWAY, verdict.news, at))  # type: ignore[union-attr,arg-type]
        del self.broker.queue[:messages]

    def return_collector(self) -> None:
        """A collector connects: it greets each gateway."""
        if not self.broker.collector:
            self.broker.collector = True
            self.receipts = Receipts()
            self.receipts.greet(GATEWAY, self.clock.monotonic())

    def lose_collector(self) -> None:
        self.broker.collector = False
        self.receipts = Receipts()
        if not self.broker.keeps:
            self.broker.queue.clear()

    def receipt(self, *, arrives: bool = True) -> None:
        """Send what receipts are owed; one may be lost on the way."""

        def deliver(_gateway: str, payload: bytes) -> bool:
            if arrives and self.broker.up:
                topic = f"{self.config.broker.root}/{GATEWAY}/receipt"
                event = Arrived(topic, payload, retained=False, token=None)
                self.core.happened(event, self.clock.monotonic(), self.clock.stamp())
            return True

        self.receipts.send(self.clock.monotonic(), deliver, all_=True)
        self.core.pump(self.clock.monotonic())

    # -- what must hold ---------------------------------------------------------------------

    def stored(self) -> dict[int, list[tuple[str, Tags, int]]]:
        """Find every number in the store, and where."""
        found: dict[int, list[tuple[str, Tags, int]]] = {}
        for (measurement, tags, time), fields in self.store.points.items():
            for quantity in NUMBERED:
                number = fields.get(quantity, fields.get(f"{quantity}_rejected"))
                if number is not None and measurement not in {"delivery", "spool"}:
                    found.setdefault(int(float(number)), []).append((measurement, tags, time))
        return found

    def check(self) -> None:
        """Nothing invented, nothing doubled, and nothing that waits is called lost."""
        for number, places in self.stored().items():
            truth = self.truths[number]
            assert len(places) == 1, f"reading {number} stands in {len(places)} places"
            measurement, tags, time = places[0]
            assert dict(tags)["device"] == truth.device
            if measurement != "undated":
                off = abs(time / 1000 - truth.at)
                assert off <= 1.5, f"reading {number} is dated {off} s off"
        lost = {
            (gap.epoch, seq)
            for gap in self.gaps()
            if gap.kind == "lost"
            for seq in range(gap.first, min(gap.last, gap.first + 1000) + 1)
        }
        for held in self.core.spool.oldest(0, 1000):
            assert (held.epoch, held.seq) not in lost, "what waits is called lost"

    def check_totals(self) -> None:
        """The running count of a channel is never given twice and never falls."""
        by_channel: dict[Tags, list[float]] = {}
        for (measurement, tags, _), fields in self.store.points.items():
            if measurement == "traffic" and "count_total" in fields:
                by_channel.setdefault(tags, []).append(float(fields["count_total"]))
        for totals in by_channel.values():
            assert len(totals) == len(set(totals)), "a running count was given twice"

    def gaps(self) -> list[Gap]:
        return missing(self.store, GATEWAY)

    def heal(self) -> None:
        """Mend everything and wait until nothing waits."""
        self.heal_disk()
        self.muted.clear()
        self.return_collector()
        self.find_broker()
        self.synchronise()
        for _ in range(400):
            self.passes(3.0)
            self.collect(1000)
            self.receipt()
            if self.core.drained and not self.core.spool.counts.refused and self._settled():
                break
        self.passes(20.0)
        self.collect(1000)

    def describe(self) -> str:
        """Say in what state everything is, for a failure."""
        core = self.core
        return (
            f"{core.spool.counts}, {len(core.spool.undated(1000))} undated, clock "
            f"{core.trust.state}, memory {core.spool.memory}, {core.publisher.counters}, "
            f"{len(self.broker.queue)} at the broker"
        )

    def _settled(self) -> bool:
        stored = self.stored().keys()
        return all(t.excused or t.number in stored for t in self.truths.values())
