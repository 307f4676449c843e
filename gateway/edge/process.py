"""The gateway as a process: `python -m gateway.edge.process --config gateway.toml`.

One thread a port, one for the broker, and this one, which alone touches the spool. What goes wrong
beyond the errors we know ends the process: systemd starts it again, and the spool knows the rest.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

from gateway import logs
from gateway.clock import SystemClock
from gateway.config.load import load_gateway
from gateway.edge import allocator
from gateway.edge.arguments import DRAIN_SECONDS, HELP, read
from gateway.edge.core import Core
from gateway.edge.inbox import Inbox
from gateway.edge.journal import Journal
from gateway.edge.measured import Measured
from gateway.edge.reader import PortReader
from gateway.errors import ConfigError, SimpangError
from gateway.logs import write_count
from gateway.mqtt import Connection, Terms, Will
from gateway.notify import ALIVE, READY, STOPPING, notify, watchdog_seconds
from schemas import topics
from schemas.receipt import LARGEST_RECEIPT
from schemas.state import WILL
from schemas.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from gateway.config.gateway import GatewayConfig
    from gateway.edge.watch import Watch
    from gateway.mqtt import Event

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 0.1
"""The longest that the loop waits for something to happen."""

DEADLINE_SECONDS: Final = 60.0
"""A port's thread that has not come round for so long hangs; the watchdog is not fed then."""

READERS_SECONDS: Final = 5.0
"""How long a stop waits for the ports' threads; one that hangs is left behind."""

_AT_ONCE: Final = 200
_ALL: Final = 1_000_000


class Gateway:
    """The threads around the core, and the loop that feeds it."""

    def __init__(self, config: GatewayConfig, drain_seconds: float = DRAIN_SECONDS) -> None:
        """Open the spool; nothing is read or sent yet.

        Raises:
            ConfigError: A port or driver can't be used so, or another gateway has this spool.
        """
        self._config = config
        self._drain_seconds = drain_seconds
        self._clock = SystemClock()
        self._inbox = Inbox()
        self._stopping = self._hurry = False
        self._lock = _lock(config.spool.path)
        self._models = {device.id: device.driver for device in config.devices}
        self._connection = Connection(config.broker, self._terms(), self._inbox.happened)
        watches: dict[str, Watch] = {}
        self._core = Core(config, self._connection, self._clock, watches=watches)
        self._readers = [
            PortReader(
                port, self._clock, self._inbox.measured, turn=lambda: self._core.trust.turn,
            )
            for port in config.ports
        ]  # fmt: skip
        for reader in self._readers:
            watches.update(reader.watches)
        self._journal = Journal(watches)
        self._fed = self._clock.monotonic()
        self._watchdog = watchdog_seconds()

    def stop(self) -> None:
        """Ask the loop to end; asked twice, it does not wait for receipts.

        A signal may ask in the midst of anything, this included: so no lock may be taken here.
        """
        self._hurry = self._stopping
        self._stopping = True

    def run(self) -> None:
        """Read, send and forget until told to stop; then close everything in order."""
        self._connection.start()
        for reader in self._readers:
            reader.start()
        ports = write_count(len(self._readers), "port", "ports")
        log.info("gateway %s: %s", self._config.gateway.id, ports)
        notify(READY)
        while not self._stopping:
            self._round()
        notify(STOPPING)
        self._finish()

    def _finish(self) -> None:
        """Close the intervals, wait a while for receipts, say goodbye, close the spool."""
        log.info("stopping: receipts are awaited for %g s at most", self._drain_seconds)
        for reader in self._readers:
            reader.stop(within=0.0)
        deadline = self._clock.monotonic() + READERS_SECONDS
        while any(r.alive for r in self._readers) and self._clock.monotonic() < deadline:
            self._round()
        for _ in range(0, self._inbox.waiting, _AT_ONCE):
            self._round()
        self._core.finish(self._clock.monotonic())
        deadline = self._clock.monotonic() + self._drain_seconds
        while not (self._core.drained or self._hurry):
            if self._clock.monotonic() > deadline:
                break
            self._round()
        self._core.goodbye()
        self._connection.stop()
        self._core.close(self._clock.monotonic())
        self._tell_what_is_lost()
        log.info("stopped; batches left in the spool: %s", self._core.spool.counts.held)
        if self._lock is not None:
            self._lock.close()

    def _tell_what_is_lost(self) -> None:
        """Say what a spool that ended in memory takes with it."""
        spool = self._core.spool
        if spool.memory:
            log.error(
                "the disk of the spool %s takes nothing: what memory held is lost, %s at most and"
                " %s without a date",
                self._config.spool.path,
                write_count(spool.counts.held, "batch", "batches"),
                write_count(len(spool.undated(_ALL)), "reading", "readings"),
            )  # fmt: skip

    def _round(self) -> None:
        """Take what has come, a few hundred at most, then do what the time asks for."""
        for turn in range(_AT_ONCE):
            item = self._inbox.take(0.0 if turn else ROUND_SECONDS)
            if item is None:
                break
            self._take(item)
        if self._inbox.dropped != self._core.publisher.counters["unread_messages"]:
            self._core.publisher.counters["unread_messages"] = self._inbox.dropped
            self._core.missed(self._clock.stamp())
        now = self._clock.monotonic()
        self._core.tick(now, self._clock.stamp())
        self._journal.look(now)
        self._feed(now)

    def _take(self, item: Measured | Event) -> None:
        now = self._clock.monotonic()
        if isinstance(item, Measured):
            model = self._models[item.reading.device]
            self._core.measured(item.reading, item.stamp, model, now)
        else:
            self._core.happened(item, now, self._clock.stamp())

    def _feed(self, now: float) -> None:
        """Feed the watchdog while every loop comes round; a missing broker or sensor is fine."""
        if self._watchdog is None or now - self._fed < self._watchdog / 3:
            return
        hanging = [r for r in self._readers if now - r.round > DEADLINE_SECONDS]
        if hanging or not self._connection.alive():
            log.error("a loop hangs: the watchdog is not fed")
            return
        self._fed = now
        notify(ALIVE)

    def _terms(self) -> Terms:
        root, gateway = self._config.broker.root, self._config.gateway.id
        state = topics.build(root, gateway, Kind.STATE)
        receipt = topics.build(root, gateway, Kind.RECEIPT)
        return Terms(gateway, (receipt, state), Will(state, WILL), largest=LARGEST_RECEIPT)


def _lock(spool: Path) -> TextIO | None:
    """Keep a second gateway off the spool; where nothing can be written, nobody else can either.

    Raises:
        ConfigError: Another process has this spool.
    """
    try:
        spool.parent.mkdir(parents=True, exist_ok=True)
        path = spool.with_name(f"{spool.name}.lock")
        try:
            file = path.open("a", encoding="ascii")
        except PermissionError:  # somebody else made it: to read it is enough for a lock
            file = path.open(encoding="ascii")
    except OSError as error:
        log.warning("no lock beside the spool %s: %s", spool, error)
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise ConfigError(
            f"spool.path: another gateway has {spool} open", "stop it, or give each its own file"
        ) from None
    return file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a gateway; 0 when it was told to end, 1 if it could not work, 2 for a wrong config."""
    words = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"}.intersection(words):
        sys.stdout.write(HELP)
        return 0
    try:
        told = read(words)
        allocator.keep_little()
        logs.start(told.log)
        gateway = Gateway(load_gateway(told.config), told.drain)
        allocator.give_back()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: gateway.stop())
        gateway.run()
    except ConfigError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for a person; the trace says nothing more
        return 2
    except SimpangError as error:
        log.error("%s", error)  # noqa: TRY400 - the same
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
