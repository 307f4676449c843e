"""What a demo shows while it runs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gateway.cli.live import Watch
from gateway.collector.points import of_batch
from gateway.collector.sqlite import SqliteStore
from gateway.simulator.chain import Chain
from tests.collector.batches import batch

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_stored_before_the_spool_has_committed_it_was_measured(tmp_path: Path) -> None:
    chain = Chain(tmp_path, "mosquitto")
    with closing(SqliteStore(chain.store)) as store:
        store.write(of_batch("gw-demo", batch(1)))

    row = next(row for row in Watch(chain).look() if row.device == "pm-1")

    assert (row.measured, row.stored, row.waiting) == (2, 2, 0)
