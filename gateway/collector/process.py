"""The collector as a process: `python -m gateway.collector.process --config collector.toml`."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway import logs
from gateway.clock import SystemClock
from gateway.collector.collector import Collector
from gateway.collector.stores import open_store
from gateway.config.collector import load_collector
from gateway.errors import ConfigError, SimpangError
from gateway.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.config.collector import CollectorConfig

_YOUNG: Final = 20_000
"""New objects between two looks for cycles. A message is a dozen, and none of them in a cycle: with
Python's own 700 a tenth of all time went into looking through what a flood left in the inbox."""

log = logging.getLogger(__name__)


def run(config: CollectorConfig) -> None:
    """Collect until SIGTERM or SIGINT; then end, even if a write never does.

    Raises:
        StoreBusy: The folder of dead letters can't be made or read.
    """
    clock = SystemClock()
    trust = Trust.of("kernel", clock.boot_id)
    collector = Collector(config, open_store(config.store), clock, trust)
    gc.freeze()
    gc.set_threshold(_YOUNG)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: collector.stop())
    collector.run()
    if collector.abandoned:
        log.warning("left without a write that does not end: nothing of it is acknowledged")
        logging.shutdown()
        os._exit(0)  # Python itself would wait for its thread for ever


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a collector; 0 when it was told to end, 1 if it could not work, 2 for a wrong config."""
    parser = argparse.ArgumentParser(description="Store what the gateways send.")
    parser.add_argument("--config", type=Path, required=True, help="collector.toml")
    parser.add_argument("--log", choices=list(logs.LEVELS), help="how much to say")
    options = parser.parse_args(arguments)
    try:
        logs.start(options.log)
        run(load_collector(options.config))
    except ConfigError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for a person; the trace says nothing more
        return 2
    except SimpangError as error:
        log.error("%s", error)  # noqa: TRY400 - the same
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
