"""Spools with whatever they can hold, and the command that exports them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from gateway.cli.app import app
from schemas.reading import Cause, Flag, Reading, Value

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from tests.edge.bench import Bench


LINES = ("--gateway", "gw-1", "--site", "here")


def export(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["spool", "export", *map(str, arguments)])


def objects(*arguments: object) -> list[dict[str, Any]]:
    result = export(*arguments, "--format", "jsonl")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def refuse_last(bench: Bench, reason: str) -> None:
    """Send all and have the last one refused."""
    bench.publisher.connected()
    bench.refuse(max(bench.sent(), key=lambda held: held.seq), reason)
    bench.commit()


def everything(bench: Bench) -> None:
    """Fill a spool with whatever it can hold: three batches, one refused, and five readings."""
    bench.batch(value=1.0)
    bench.batch(value=2.0)
    refuse_last(bench, "version")
    values = {"pm2_5": Value(2000.0, Flag.FAIL, Cause.RANGE), "co2": Value(None, Flag.MISSING)}
    bench.put(Reading("lidar", None, values, every=1.0))
    bench.publisher.born(bench.batcher.close_all(bench.now))
    bench.now += 1
    bench.measure(value=3.0)
    bench.count(4)
    bench.now += 1
    bench.count(5)
    bench.measure(value=9.0, offset=0.0)  # by a clock that nobody believes
    bench.measure("pm-2", offset=0.0)
    bench.commit()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def card(bench: Bench, folder: Path) -> Path:
    """Take the card out without a word: what the power cut left, log and all."""
    folder.mkdir()
    for tail in ("", "-wal", "-shm"):
        shutil.copy(f"{bench.path}{tail}", folder)
    return folder / bench.path.name
