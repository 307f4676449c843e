"""A collector that is sent hostile payloads, alone in a process, so that its memory can be told.

python -m tests.hostile.run SEED NUMBER FOLDER

Prints one JSON object: what was counted, and the memory in the first and last third of the run.

Whoever runs it sets `ENVIRONMENT`. Memory that is free lies about in pieces, so what is resident
moves by several percent, either way, by chance alone. Here the heap never shrinks, and is made as
large as it will ever be before anything is measured: then it grows only by what is never freed. And
what is handed out and not freed is counted beside it, to the byte.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.clock import FakeClock
from gateway.collector import recent, sqlite
from gateway.collector.deadletters import DeadLetters
from gateway.collector.flights import Flights
from gateway.collector.pulse import UNWATCHED
from gateway.collector.receipts import Receipts
from gateway.collector.sqlite import SqliteStore
from gateway.collector.subscriber import Closing, Subscriber
from gateway.collector.writer import Writer
from gateway.mqtt import Arrived, Token
from schemas.receipt import LARGEST_RECEIPT, Receipt
from tests.collector.stores import Inline
from tests.hostile.honest import NOW, ROOT
from tests.hostile.oracle import check_batch, check_news, check_point
from tests.hostile.payloads import Message, Payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gateway.collector.points import Point
    from gateway.collector.store import Refusal
    from schemas.batch import Batch

REMEMBERED: Final = 50
"""Batches, and series, that are remembered in this run: a run of seconds stands for years."""

ENVIRONMENT: Final = {
    "PYTHONMALLOC": "malloc",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
}

_BOUNDS: Final = (
    (recent, "MOST_REMEMBERED"),
    (sqlite, "MOST_SERIES"),
)

LETTER_BYTES: Final = 256 << 10
"""Bytes of dead letters: full long before anything is measured."""

WARM_UP: Final = 2000
"""Messages before anything is measured, some of them the worst there are."""

WORST_EVERY: Final = 400
"""Messages between two of the worst."""

GROUP: Final = 100
"""Messages of one write, at most."""

WRITE_ROWS: Final = 5000
"""Points at which it closes, as a collector's usually does."""


class Watched:
    """The embedded store behind the oracle: nothing gets in that it has not seen.

    Attributes:
        message: What is being taken in.
        stored: Points written.
    """

    def __init__(self, path: Path) -> None:
        """Stand in front of a store."""
        self.message = Message("", b"")
        self.stored = 0
        self.writers = 1
        self.tellers = 0
        self._inner = SqliteStore(path)

    def rows(self, gateway: str, batch: Batch) -> list[Point]:
        """Check the readings of a batch while its message is at hand."""
        points = self._inner.rows(gateway, batch)
        check_batch(self.message, NOW, gateway, points)
        return points

    def row(self, point: Point) -> Point:
        """Check any other point."""
        if point.measurement in {"delivery", "touched"}:
            check_point(point)
        else:
            check_news(self.message, [point])
        return point

    def write(
        self, rows: Sequence[Point], _alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Write to the store behind."""
        self.stored += len(rows)
        return self._inner.write(rows)

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Ask the store behind."""
        return self._inner.newest(measurement, tags)

    def close(self) -> None:
        """Close the store behind."""
        self._inner.close()


class Collector:
    """Everything of a collector but the broker."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty folder."""
        clock = FakeClock(wall=NOW / 1000)
        self.store = Watched(folder / "city.db")
        self._clock = clock
        self._receipts = Receipts()
        carrier = Writer(
            self.store,
            DeadLetters(folder / "dead", LETTER_BYTES),
            "collector-1",
            lambda: clock.stamp().wall,
        )
        self.subscriber = Subscriber(
            ROOT,
            self.store,
            Flights(carrier, Inline(), 1, clock, lambda: None),
            self._receipts,
            lambda _: True,
            clock,
            lambda _: NOW / 1000,
            Closing(WRITE_ROWS, 0.5),
        )

    def take(self, message: Message) -> None:
        """Take a message in."""
        self.store.message = message
        token = Token(1, 1)
        self.subscriber.take(Arrived(message.topic, message.payload, message.retained, token))

    def write(self) -> None:
        """Write what was taken in, and send the receipts."""
        self.subscriber.write()
        self.subscriber.settle()
        assert not self.subscriber.held, self.subscriber.held
        self._receipts.send(self._clock.monotonic(), _check_receipt, all_=True)


def _check_receipt(_gateway: str, body: bytes) -> bool:
    assert len(body) <= LARGEST_RECEIPT
    Receipt.model_validate_json(body)
    return True


class _Heap(ctypes.Structure):
    """What glibc tells of its heap; see mallinfo2(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


class Memory(NamedTuple):
    """Bytes of this process: in RAM, and of those handed out by the allocator and not freed."""

    resident: int
    used: int

    @classmethod
    def now(cls) -> Memory:
        """Look."""
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        look = ctypes.CDLL(None).mallinfo2
        look.restype = _Heap
        heap = look()
        return cls(int(pages) * resource.getpagesize(), heap.uordblks + heap.hblkhd)


def _feed(collector: Collector, messages: Iterable[Message]) -> list[Memory]:
    """Send messages, and look at the memory again and again."""
    memory = []
    for place, message in enumerate(messages):
        try:
            collector.take(message)
            if place % GROUP == 0 or collector.subscriber.wait() <= 0:
                collector.write()
        except BaseException:
            sys.stderr.write(
                f"message {place}: {message.topic[:200]!r}\n{message.payload[:2000]!r}\n"
            )
            raise
        if place % GROUP == 0:
            memory.append(Memory.now())
    collector.write()
    return memory


def _warm_up(payloads: Payloads) -> Iterator[Message]:
    """Fill what is remembered, and need as much memory at once as any run will."""
    for place in range(WARM_UP):
        yield payloads.next()
        if place % WORST_EVERY == 0:
            yield from payloads.worst()


def run(seed: int, number: int, folder: Path) -> dict[str, Any]:
    """Send so many hostile messages, and tell what became of them."""
    collector = Collector(folder)
    payloads = Payloads(seed)
    _feed(collector, _warm_up(payloads))
    collector.subscriber.counts.clear()
    collector.store.stored = 0
    memory = _feed(collector, (payloads.next() for _ in range(number)))
    collector.store.close()
    return {
        "counts": dict(collector.subscriber.counts),
        "stored": collector.store.stored,
        "resident": _thirds([look.resident for look in memory]),
        "used": _thirds([look.used for look in memory]),
        "peak": _peak(),
        "letters": sum(path.stat().st_size for path in (folder / "dead").iterdir()),
    }


def _peak() -> int:
    """Return the most that was resident; `ru_maxrss` would tell what our parent had, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _thirds(column: list[int]) -> tuple[float, float]:
    third = len(column) // 3
    return mean(column[:third]), mean(column[-third:])


if __name__ == "__main__":
    for module, name in _BOUNDS:
        setattr(module, name, REMEMBERED)
    # Ten thousand letters: what a power cut leaves of them is told elsewhere.
    os.fsync = lambda _: None  # type: ignore[assignment]
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))  # noqa: T201 - to whoever started it
