"""A whole city in one object: one gateway, a broker, a collector, a store, and the truth."""

from __future__ import annotations

import os
from collections import Counter, defaultdict, deque
from itertools import count
from typing import TYPE_CHECKING

from devices import registry
from gateway.clock import FakeClock
from gateway.config.gateway import GatewayConfig
from gateway.edge.watch import Watch
from gateway.mqtt.events import Arrived, Connected, Disconnected
from schemas.reading import Flag, Reading, Value
from tests.laws.account import Account, check_places, check_totals, stored
from tests.laws.card import Card
from tests.laws.centre import GATEWAY, Centre
from tests.laws.parts import HeldBack, NumberedCore, Truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.collector.ledger import Gap
    from tests.laws.account import Place

TRUE_START = 1_764_000_000.0
COMMIT_SECONDS = 5.0


class World:
    """Everything that a reading passes through, each part to be broken at will."""

    def __init__(
        self, folder: Path, *, keeps: bool, trusted: bool = True, watched: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.clock = FakeClock(wall=TRUE_START)
        self.error = 0.0
        self.disturbed = not trusted
        self.touched = folder / "synchronized"
        self.truths: dict[int, Truth] = {}
        self.uncommitted: list[Truth] = []
        self.numbers = count(1)
        self.vitals = count(1_000_000)
        self.epochs = count(1)
        self.watched = watched
        self.held_back: defaultdict[str, deque[HeldBack]] = defaultdict(deque)
        self.card = Card(folder / "spool.db")
        self.account = Account(self.card, self.truths)
        self.config = GatewayConfig.model_validate({
            "gateway": {"id": GATEWAY},
            "broker": {"url": "mqtt://127.0.0.1"},
            "clock": {"trust": f"file:{self.touched}"},
            "spool": {"path": str(self.card.path), "commit_seconds": COMMIT_SECONDS},
            "publish": {
                "batch_seconds": 2.0, "window": 4, "resend_seconds": 10.0,
                "reoffer_seconds": 60.0, "health_seconds": 10,
            },
        })  # fmt: skip
        self.centre = Centre(self.config.broker.root, keeps=keeps)
        self.broker, self.store, self.muted = (
            self.centre.broker, self.centre.store, self.centre.muted,
        )  # fmt: skip
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
        self.disturbed |= by != 0.0
        self.touched.touch()
        ns = round(self.clock.wall * 1e9)
        os.utime(self.touched, ns=(ns, ns))

    def set_clock(self, by: float) -> None:
        """Somebody sets the wall clock wrong, and nobody confirms it."""
        by = max(by, 100.0 - self.clock.wall)
        self.clock.step(by)
        self.error += by
        self.disturbed |= by != 0.0

    def passes(self, seconds: float, stride: float = 1.0) -> None:
        """Let time pass, a tick each `stride` seconds."""
        while seconds > 0:
            step = min(stride, seconds)
            self.clock.advance(step)
            seconds -= step
            self.tick()

    def tick(self) -> None:
        now = self.clock.monotonic()
        for device, waiting in self.held_back.items():
            if waiting and waiting[0].due <= now:
                self._release(device)
        held, before = self.core.spool._changes, len(self.uncommitted)  # noqa: SLF001 - see below
        self.core.tick(now, self.clock.stamp())
        if self.core.spool._changes is not held:  # noqa: SLF001 - so it was committed
            self.committed(before)
        self.account.notice(self.core.spool)

    def committed(self, readings: int | None = None) -> None:
        """Note that all is on the disk, or so many of the readings that were not."""
        self.card.strange = False
        for truth in self.uncommitted[:readings]:
            truth.committed = True
            if self.card.damaged:
                self.card.ruined.add(truth.number)
        del self.uncommitted[:readings]

    # -- the gateway ------------------------------------------------------------------------

    def _open(self) -> NumberedCore:
        self.counted: Counter[str] = Counter()
        driver = registry.find("plantower.pms5003")
        core = NumberedCore(
            self.config, self.broker, self.clock,
            watches={device: Watch(driver) for device in self.watched},
            new_epoch=lambda: f"{next(self.epochs):016x}",
        )  # fmt: skip
        core.truth = self._vitals
        self.card.unseen |= self.card.ruined  # an opening that never read a file can't count it
        self.account.begin(core.spool)
        if self.broker.up:
            core.happened(Connected(), self.clock.monotonic(), self.clock.stamp())
        return core

    def measure(
        self, device: str, channel: str | None, lasts: float = 0.05, held_back: float = 0.0
    ) -> None:
        """Put one numbered reading in, behind the driver; then let a moment pass.

        Args:
            device: Whose it is.
            channel: Its channel, of traffic.
            lasts: How long that moment is.
            held_back: Seconds that the quality stage waits for the next reading of the device.
        """
        number = next(self.numbers)
        self.truths[number] = Truth(number, device, channel, self.true)
        values = {"pm2_5": Value(float(number), Flag.PASS)}
        if channel is not None:
            self.counted[channel] += 1
            values = {
                "count": Value(float(number), Flag.PASS),
                "count_total": Value(float(self.counted[channel]), Flag.PASS),
            }
        now = self.clock.monotonic()
        reading = Reading(device, channel, values, 60.0)
        self._release(device)
        self.held_back[device].append(
            HeldBack(now + held_back, number, reading, self.clock.stamp())
        )
        if not held_back:
            self._release(device)
        self.core.pump(now)
        self.clock.advance(lasts)

    def _release(self, device: str) -> None:
        """Let go what the quality stage held back of a device."""
        waiting = self.held_back[device]
        while waiting:
            _, number, reading, stamp = waiting.popleft()
            self.uncommitted.append(self.truths[number])
            self.core.measured(reading, stamp, "made.up", self.clock.monotonic())

    def _vitals(self, device: str) -> int:
        number = next(self.vitals)
        self.truths[number] = Truth(number, device, None, self.true)
        self.uncommitted.append(self.truths[number])
        return number

    def crash(self, *, reboot: bool, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Cut the power, or kill the process; what was not committed may be gone."""
        self._confirm_a_blind_start()
        self.core.spool.abandon()
        self.held_back.clear()
        if reboot:
            self._reboot()
        meanwhile()
        self._excuse_uncommitted()
        self.core = self._open()

    def restart(self) -> None:
        """Stop the gateway in order, and start it again."""
        self._confirm_a_blind_start()
        for device in list(self.held_back):
            self._release(device)
        self.core.close(self.clock.monotonic())
        if not self.core.spool.memory:
            self.committed()
        self._excuse_uncommitted()
        self.core = self._open()

    def start_with_facts_of_another_version(self, names: str, value: object) -> None:
        """Kill the gateway; what it remembered is not of the shape that it knows."""
        self.card.strange = True
        self.crash(reboot=False, meanwhile=lambda: self.card.misremember(names, value))

    def _excuse_uncommitted(self) -> None:
        for truth in self.truths.values():
            truth.excused = truth.excused or not truth.committed
        self.uncommitted.clear()

    def _confirm_a_blind_start(self) -> None:
        """Where no disk has the facts, a restart can't know of a step: a limit, see decision 8."""
        if self.card.fails or self.card.strange or self.core.spool.memory:
            self.synchronise()
            self.tick()

    def _reboot(self) -> None:
        true = self.true
        self.clock.reboot(wall=1000.0)
        self.clock.advance(20.0)
        self.error = self.clock.wall - true - 20.0
        self.touched.unlink(missing_ok=True)
        self.disturbed = True

    # -- the broker -------------------------------------------------------------------------

    def lose_broker(self) -> None:
        """Take the broker down; what it held in RAM is gone."""
        if self.broker.up:
            self.broker.up = False
            self.broker.queue.clear()
            self.broker.retained.clear()
            self.core.happened(Disconnected("gone"), self.clock.monotonic(), self.clock.stamp())

    def find_broker(self) -> None:
        if not self.broker.up:
            self.broker.up = True
            self.core.happened(Connected(), self.clock.monotonic(), self.clock.stamp())
            self.tick()

    # -- the collector ----------------------------------------------------------------------

    def collect(self, messages: int, *, refuse: bool = False) -> None:
        """Let the collector take some messages; see `Centre.collect`."""
        self.centre.collect(messages, self.clock.monotonic(), self.true, refuse=refuse)

    def return_collector(self) -> None:
        self.centre.come(self.clock.monotonic())

    def lose_collector(self) -> None:
        self.centre.go()

    def receipt(self, *, arrives: bool = True) -> None:
        """Send what receipts are owed; one may be lost on the way."""
        now = self.clock.monotonic()

        def deliver(topic: str, payload: bytes) -> None:
            event = Arrived(topic, payload, retained=False, token=None)
            self.core.happened(event, now, self.clock.stamp())

        self.centre.receipt(now, deliver, arrives=arrives)
        self.core.pump(now)

    # -- what must hold ---------------------------------------------------------------------

    def stored(self) -> dict[int, list[Place]]:
        """Find every number in the store, and where."""
        return stored(self.store)

    def check(self) -> None:
        """Nothing invented, doubled or lost without a word, and nothing that waits called lost."""
        places = self.stored()
        check_places(places, self.truths, self.card)
        on_the_way = {held.number for waiting in self.held_back.values() for held in waiting}
        self.account.check(self.core, places, on_the_way)
        lost = {
            (gap.epoch, seq)
            for gap in self.gaps()
            if gap.kind == "lost"
            for seq in range(gap.first, min(gap.last, gap.first + 1000) + 1)
        }
        called_lost = lost & self.account.waiting(self.core.spool)
        assert not called_lost, f"what waits is called lost: {called_lost}"

    def check_totals(self) -> None:
        """The running count of a channel is never given twice and never falls."""
        if not self.card.forgetful:
            check_totals(self.store)

    def check_all_arrived(self) -> None:
        """After all is mended nothing is lost but what may be, and nothing waits."""
        self.check()
        self.check_totals()
        excused = self.account.lost | self.card.lost_from_sight()
        found = self.stored()
        lost = [
            truth
            for truth in self.truths.values()
            if not truth.excused and truth.number not in found and truth.number not in excused
        ]
        assert not lost, f"lost: {lost[:3]}; {self.describe()}"
        undated = [number for number, places in found.items() if places[0][0] == "undated"]
        assert self.disturbed or not undated, f"good readings without a date: {undated}"
        waiting = [gap for gap in self.gaps() if gap.kind != "lost"]
        assert self.card.away or not waiting, f"still waiting: {waiting[:3]}"

    def gaps(self) -> list[Gap]:
        return self.centre.gaps()

    def heal(self) -> None:
        """Mend everything and wait until nothing waits; there are no more vitals."""
        self.core.truth = None
        self.card.heal()
        self.muted.clear()
        self.return_collector()
        self.find_broker()
        self.synchronise()
        for _ in range(400):
            self.passes(3.0)
            self.collect(1000)
            self.receipt()
            if self._settled():
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
        spool, stored = self.core.spool, self.stored().keys()
        idle = self.core.drained and not spool.counts.refused and not spool.memory
        return idle and all(t.excused or t.number in stored for t in self.truths.values())
