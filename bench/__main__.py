"""`make bench`: the hot paths of the edge and the wire, each beside a yardstick of the same run."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.edge import drain, journey
from bench.wire import sizes, speeds

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


def cost(work: Callable[[], int]) -> float:
    """Take the median over some rounds of what one unit of work costs, in CPU µs."""
    costs = []
    for _ in range(ROUNDS):
        began = time.process_time()
        units = work()
        costs.append((time.process_time() - began) * 1e6 / units)
    return median(costs)


def import_memory() -> int:
    """Resident memory of a gateway process that has imported all it needs, kB."""
    code = (
        "import gateway.edge.process, resource;"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    return int(subprocess.check_output([sys.executable, "-c", code], text=True))


def main() -> int:
    """Print one table, and the same as JSON."""
    rows: dict[str, float | int | str] = {}
    yardstick = cost(lambda: _parse_json(2000))
    rows["yardstick: json.loads of a 10 × 3 batch, µs"] = round(yardstick, 2)
    for name, work in speeds().items():
        rows[f"{name}, × yardstick"] = round(cost(work) / yardstick, 2)
    rows |= sizes()
    with tempfile.TemporaryDirectory(prefix="simpang-bench-") as folder:
        for path in (journey, drain):
            each = cost(partial(path, Path(folder)))
            rows[f"{path.__name__}: a reading, × yardstick"] = round(each / yardstick, 2)
    rows["imports of the gateway process, RSS kB"] = import_memory()
    rows["peak RSS of this bench, kB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:{width}}  {value}")
    print(json.dumps(rows, ensure_ascii=False))
    return 0


def _parse_json(times: int) -> int:
    row = '[0,"1",8.1,12.2,15.3]'
    text = f'{{"v":1,"q":["pm1_0","pm2_5","pm10"],"r":[{",".join([row] * 10)}]}}'
    for _ in range(times):
        json.loads(text)
    return times


if __name__ == "__main__":
    sys.exit(main())
