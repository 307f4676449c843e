"""A card brought home: read with its log, never written to, and as far as it can be read."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

from tests.cli.spools import LINES, card, everything, export, files, objects
from tests.edge.bench import Bench

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_card_that_a_power_cut_left_is_read_with_its_log_and_not_written_to(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "spool.db")
    everything(bench)
    brought = card(bench, tmp_path / "card")
    bench.close()
    before = files(brought.parent)
    assert len(before["spool.db-wal"]) > 4096

    (brought.parent / "spool.db-shm").unlink()
    del before["spool.db-shm"]
    told = objects(brought)

    assert len(told) == 8
    assert files(brought.parent) == before


def test_a_card_that_was_closed_cleanly_is_not_written_to_either(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "here" / "spool.db")
    everything(bench)
    bench.close()
    before = files(bench.path.parent)

    assert len(objects(bench.path)) == 8
    assert files(bench.path.parent) == before == {"spool.db": before["spool.db"]}


def test_a_gateway_may_go_on_writing_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "spool.db")
    everything(bench)
    copy, busy = os.pread, []

    def disturbed(descriptor: int, size: int, at: int) -> bytes:
        bench.batch("pm-3")
        bench.commit()
        busy.append(at)
        return copy(descriptor, size, at)

    monkeypatch.setattr(os, "pread", disturbed)
    told = objects(bench.path)

    assert len(busy) >= 6
    assert len(told) == 8 + len(busy)
    bench.close()


def test_a_batch_whose_bytes_were_bent_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    for value in (1.0, 2.0, 3.0):
        bench.batch(value=value)
    bench.close()
    whole = bench.path.read_bytes()
    bent = whole.replace(b'"1",2]', b'"1",}]')
    assert bent != whole
    bench.path.write_bytes(bent)

    result = export(bench.path, "--format", "jsonl")

    assert result.exit_code == 1
    assert [json.loads(line)["seq"] for line in result.stdout.splitlines()] == [1, 3]
    assert f"can't be read: batch {bench.spool.epoch}/2: json" in result.stderr


def test_a_batch_that_bears_another_s_name_is_named_and_not_written(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    bench.batch()
    bench.close()
    whole = bench.path.read_bytes()
    assert whole.count(b'"seq":2,') == 1
    bench.path.write_bytes(whole.replace(b'"seq":2,', b'"seq":1,'))

    result = export(bench.path, *LINES)

    assert (result.exit_code, result.stdout.count("delivery")) == (1, 1)
    assert "/1" in result.stderr


def test_a_page_that_is_gone_costs_what_it_leads_to_and_no_more(tmp_path: Path) -> None:
    """Zero each page in turn but the first: it says that it is a spool, and with which tables."""
    bench = Bench(tmp_path / "spool.db")
    for number in range(300):
        bench.batch(value=number)
    for _ in range(40):
        bench.now += 1
        bench.measure("pm-2", value=1.0, offset=0.0)
    bench.close()
    whole = bench.path.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    found = []
    for at in range(page, len(whole), page):
        bench.path.write_bytes(whole[:at] + bytes(page) + whole[at + page :])
        result = export(bench.path, "--format", "jsonl")
        told = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exception is None or isinstance(result.exception, SystemExit), at
        assert len(told) == 340 or result.exit_code == 1, at
        values = [one["values"]["pm2_5"] for one in told if one["device"] == "pm-1"]
        assert values == sorted(set(values)), at
        found.append(len(told))
    leads_to_all_bytes, *others = sorted(found)
    assert leads_to_all_bytes == 40
    assert others[0] == 300
    assert others[-1] == 340


def test_a_sector_that_the_card_does_not_give_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path / "spool.db")
    for number in range(100):
        bench.batch(value=number)
    bench.commit()
    brought = card(bench, tmp_path / "card")
    bench.close()
    copy, bad = os.pread, 5 * 4096

    def worn(descriptor: int, size: int, at: int) -> bytes:
        if at <= bad < at + size and os.path.samestat(os.fstat(descriptor), log):
            raise OSError(errno.EIO, "Input/output error")
        return copy(descriptor, size, at)

    log = (brought.parent / "spool.db-wal").stat()
    monkeypatch.setattr(os, "pread", worn)
    result = export(brought, "--format", "jsonl")

    assert result.exit_code == 1
    assert f"the disk does not give the bytes at {bad}" in result.stderr
