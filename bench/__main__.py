"""`make bench`: each figure beside what the same machine could do in the same minute.

python -m bench                 all of it, a quarter of an hour on two cores
python -m bench rows wire       some of it
python -m bench --quick         a look at all of it, too short to be quoted
python -m bench --keep          all of it, and docs/bench.md and docs/bench.json are written anew
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import card, drain, edge, latency, page, rows, share, wire
from bench.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.figure import Figure

FIGURES: Final[dict[str, Callable[[Run], Iterator[Figure]]]] = {
    "rows": rows.measure,
    "share": share.measure,
    "drain": drain.measure,
    "latency": latency.measure,
    "edge": edge.measure,
    "wire": wire.measure,
    "card": card.measure,
}

_DISK: Final = Path("/var/tmp")  # noqa: S108 - a folder of our own in it; /tmp may be no disk at all


def main() -> int:
    """Measure, and print the table and the same as JSON."""
    parser = argparse.ArgumentParser(prog="bench", description="How fast, as ratios of one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a tenth of the load")
    parser.add_argument("--keep", action="store_true", help="write docs/bench.md and bench.json")
    options = parser.parse_args()
    unknown = set(options.names) - FIGURES.keys()
    if unknown or (options.keep and (options.names or options.quick)):
        parser.error(f"no such figure: {unknown}" if unknown else "only a whole run is kept")
    began, busy = time.monotonic(), os.getloadavg()[0]
    figures: list[Figure] = []
    for name in options.names or FIGURES:
        with tempfile.TemporaryDirectory(prefix="simpang-bench-", dir=_DISK) as folder:
            figures += FIGURES[name](Run(Path(folder), options.quick))
    seconds = time.monotonic() - began
    result = page.result(figures, seconds=seconds, busy=busy, quick=options.quick)
    print(page.table(result))
    print(page.as_json(result))
    if options.keep:
        page.keep(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
