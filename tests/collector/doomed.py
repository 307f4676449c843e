"""A collector that dies between the store and the acknowledgement (SIGKILL, by its own hand).

python -m tests.collector.doomed collector.toml
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from gateway.clock import SystemClock
from gateway.collector.collector import Collector
from gateway.collector.pulse import UNWATCHED
from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import SqliteStore as Settings
from gateway.config.collector import load_collector
from gateway.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.collector.points import Point
    from gateway.collector.store import Refusal


class DoomedStore(SqliteStore):
    """Stores the first write that delivers something, and dies."""

    def write(
        self, rows: Sequence[Point], _alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Write; the moment after is the last."""
        refusals = super().write(rows)
        if any(point.measurement == "delivery" for point in rows):
            os.kill(os.getpid(), signal.SIGKILL)
        return refusals


if __name__ == "__main__":
    config = load_collector(sys.argv[1])
    assert isinstance(config.store, Settings)
    clock = SystemClock()
    store = DoomedStore(config.store.path)
    Collector(config, store, clock, Trust.of("system", clock.boot_id)).run()
