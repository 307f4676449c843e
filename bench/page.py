"""What was measured, as a table, as JSON, and as docs/bench.md, which is made from the JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from math import floor, log10
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.figure import Figure

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = ROOT / "docs/bench.json"
PAGE: Final = ROOT / "docs/bench.md"

WIDTH: Final = 100
"""Columns of a page's prose."""

Result = dict[str, Any]

_HEAD: Final = ("figure", "ours", "beside", "theirs", "ratio", "low … high", "target", "")

_PROSE: Final = """\
# How fast

`make bench` measures all of this, `python -m bench NAME…` some of it, `--quick` gives a look in a
tenth of the load. A wall time says nothing about another machine, so each figure stands beside a
yardstick that ran in the same minute on the same machine, in turn with it (A, B, A, B, …): *ratio*
is the median of {rounds} pairs, *low … high* their range. Nothing here fails a build.

{table}

{measured}

## What the yardsticks are

- **Relay**: a process with the collector's own connection, acknowledging by hand and in order, with
  the same client of InfluxDB, as many writes of readings under way, and as large; the collector
  tells of its readings in up to as many more. The relay's payloads are ready-made lines, so it
  decodes, checks, receipts and accounts for nothing: what is lost against it is the price of the
  promises. Each takes over a backlog that the broker holds for it; the clock starts when the broker
  is let go and stops when the consumer rests and every row can be queried.
- **InfluxDB alone**: the same lines as bodies of 5,000, over two connections. All writers go
  through the same nginx, which gives an InfluxDB 1.6 the write path of a newer one.
- **One collector** of a share, for two: a share has no backlog, so both are poured on live.
- **A bare publish**, **a bare write**: one byte with QoS 1 by paho; one line and the query that
  finds it. *Frame to …* begins when the last byte of a frame is in the tty; batches hold one
  reading (`batch_seconds = 0`). A write waits 20 ms for company.
- **Frames sent on as they come**: ten threads that read ttys and publish each frame over TLS,
  beside a gateway with ten sensors of its own. It looks at no checksum and keeps nothing.
- **SenML, line protocol**: the same readings by RFC 8428 and as lines, both zlib-compressed, in a
  PUBLISH packet of the same topic. SenML has no place for flags; neither names the batch, which is
  what a receipt needs, and what small batches pay for.
- **A commit each reading**: readings into a table of SQLite, each committed (WAL, FULL), for half
  an hour; ours are six hours of the shipped metered config, one PMS5003 at 1 Hz. Both are made
  days. *Bytes to disk* are `write_bytes` of proc(5), without the journal of the file system.
"""

_MEASURED: Final = (
    "*Measured {date} at {commit} on {machine}, in {minutes} minutes: {versions}. Gateway, "
    "collector, broker, database and the load share those cores; {busy:.1f} others were busy on "
    "them before it began, and wide ranges say so.*"
)
"""Wrapped only when it is filled in: no two machines have names of one length."""


def result(figures: Sequence[Figure], *, seconds: float, busy: float, quick: bool) -> Result:
    """Put figures together with where, when and what was measured.

    Args:
        figures: All of them.
        seconds: How long it took.
        busy: How many processes were busy before it began (the load average).
        quick: Whether it was but a look.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": _machine(),
        "versions": _versions(),
        "minutes": round(seconds / 60, 1),
        "busy": round(busy, 1),
        "quick": quick,
        "figures": [asdict(one) | {"met": one.met} for one in figures],
    }


def table(result: Result) -> str:
    """Write the figures as a Markdown table, which can be read as it is."""
    lines = [_HEAD, *_lines(result)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEAD))]
    rows = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines]  # fmt: skip
    rule = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {rows[0]} |", f"|{rule}|", *(f"| {row} |" for row in rows[1:])])


def as_json(result: Result) -> str:
    """Write all of it as one line."""
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def keep(result: Result) -> None:
    """Write docs/bench.json, and docs/bench.md from it."""
    KEPT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Write docs/bench.md from what is kept."""
    kept: Result = json.loads(KEPT.read_text(encoding="utf-8"))
    versions = ", ".join(f"{name} {number}" for name, number in kept["versions"].items())
    rounds = min(one["rounds"] for one in kept["figures"])
    measured = _MEASURED.format(**kept | {"versions": versions})
    wrapped = fill(measured, WIDTH, break_long_words=False, break_on_hyphens=False)
    return _PROSE.format(rounds=rounds, table=table(kept), measured=wrapped)


def _lines(result: Result) -> Iterator[tuple[str, ...]]:
    for one in result["figures"]:
        target, verdict = "", ""
        if one["target"] is not None:
            bound = one["target"]["bound"]
            unit = "" if one["target"]["of"] == "ratio" else f" {one['unit']}"
            target = f"{'≥' if one['target']['least'] else '≤'} {bound:g}{unit}"
            verdict = "met" if one["met"] else "missed"
        yield (
            one["name"], _say(one["ours"], one["unit"]), one["beside"],
            _say(one["theirs"], one["unit"]), f"{one['ratio']:.2f}",
            f"{one['low']:.2f} … {one['high']:.2f}", target, verdict,
        )  # fmt: skip


def _say(value: float, unit: str) -> str:
    """Write the three digits that count."""
    digits = 2 - floor(log10(value)) if value > 0 else 0
    return f"{round(value, digits):,.{max(0, digits)}f} {unit}"


def _commit() -> str:
    told = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],  # noqa: S607 - where it may be
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.strip() or "an unpacked archive"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}"


def _versions() -> dict[str, str]:
    names = ("paho-mqtt", "influxdb-client", "pydantic")
    return {"Python": platform.python_version()} | {name: version(name) for name in names}
