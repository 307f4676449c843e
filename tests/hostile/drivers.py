"""A million damaged frames a driver, on all cores; what passed is told, and tabled.

The maps of Modbus share the million of their driver.

python -m tests.hostile.drivers [--number N] [--seed S] [--table] [DRIVER…]

Ends with 1 where damage of some kind passed a driver more often than its checksum promises. With
`--table` the rows of these drivers, without any of all, in `docs/drivers/false-accepts.md` are
written again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.devices.accepted import accepted
from tests.devices.cases import DRIVERS, share
from tests.devices.damage import KINDS
from tests.devices.odds import CHECKS, NONE, check_of, most

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.devices.cases import Case
    from tests.devices.odds import Check

PAGE: Final = Path(__file__).parents[2] / "docs/drivers/false-accepts.md"
NUMBER: Final = 1_000_000
SEED: Final = 1

_AT_ONCE: Final = 10_000
"""Trials of a kind that one process takes on: small enough that both ends of a run are busy."""

_COLUMNS: Final = ("driver", "checked by", *KINDS, "frames", "seed", "on")

_INTRO: Final = """# What damage passes

Bytes change on a line: how often does a damaged frame pass for another one? Measured, driver by
driver: each frame was damaged in one of nine ways, a good one put behind it, and whatever came out
that nobody had sent was counted. Written by `python -m tests.hostile.drivers --table`;
`make hostile` measures again, `make test` with 20,000 frames a driver, and both fail where damage
passes more often than promised.

| damage | what happens to a frame |
|---|---|
{damage}

What a checksum promises, at most, and what it is weak at by its nature:

| checked by | promises | weak at |
|---|---|---|
{checks}

A sum can't see what changed places; on a serial line nothing does. A sum of 16 bits promises no
more than one of 8: some changed bytes move it by some hundreds at most. Where there is no checksum,
form and plausibility are all there is. Range, step and rate tests judge whatever passes.

Weaker than their checksums are the frames of:

{weak}

## Measured

{table}
"""


def measure(
    cases: Sequence[Case], number: int, seed: str
) -> Iterator[tuple[str, int, Counter[str]]]:
    """Damage so many frames of these drivers, and tell how many in each way, and what passed."""
    with ProcessPoolExecutor() as processes:
        begun = []
        for case in cases:
            each = ceil(share(case, number) / len(KINDS))
            parts = [min(_AT_ONCE, each - done) for done in range(0, each, _AT_ONCE)]
            waited = [
                processes.submit(accepted, case, n, f"{seed} {part}")
                for part, n in enumerate(parts)
            ]
            begun.append((case.driver, each, waited))
        for driver, each, waited in begun:
            yield driver, each, sum((part.result() for part in waited), Counter[str]())


def too_often(driver: str, wrong: Mapping[str, int], each: int) -> dict[str, int]:
    """Return the kinds of damage that passed more often than chance allows."""
    check = check_of(driver)
    return {kind: n for kind, n in wrong.items() if n > most(each, check.of(kind))}


def row(driver: str, wrong: Mapping[str, int], each: int, seed: str) -> str:
    """Write a driver's row."""
    shares = (_share(wrong.get(kind, 0) / each) for kind in KINDS)
    told = (f"{each * len(KINDS):,}", seed, f"{datetime.now(UTC):%Y-%m-%d}")
    return _line((f"`{driver}`", check_of(driver).name, *shares, *told))


def rows(page: str) -> dict[str, str]:
    """Return the rows of a page by their drivers."""
    measured = page.partition("## Measured")[2]
    return {line.split("`")[1]: line for line in measured.splitlines() if line.startswith("| `")}


def write(page: Mapping[str, str]) -> str:
    """Write the page with these rows, of drivers that there are."""
    lines = (page[case.driver] for case in DRIVERS if case.driver in page)
    table = [_line(_COLUMNS), _line(["---"] * 2 + ["--:"] * (len(_COLUMNS) - 2)), *lines]
    checks: dict[str, Check] = {}
    for check in sorted(CHECKS.values(), key=lambda check: check.why):
        checks.setdefault(check.name, check)
    return _INTRO.format(
        damage="\n".join(
            _line((kind, _sentence(how.__doc__ or ""))) for kind, how in KINDS.items()
        ),
        checks="\n".join(_promise(check) for check in checks.values()),
        weak=";\n".join(
            f"- `{name}`: {check.why} ({_weaknesses(check)})"
            for name, check in CHECKS.items()
            if check.why
        )
        + ".",
        table="\n".join(table),
    )


def _promise(check: Check) -> str:
    weak = ", ".join(f"{kind} {_odds(odds)}" for kind, odds in check.weak.items())
    return _line((check.name, "nothing" if check == NONE else _odds(check.odds), weak))


def _weaknesses(check: Check) -> str:
    plain = {each.name: each for each in CHECKS.values() if not each.why}.get(check.name, check)
    own = {
        kind: odds for kind, odds in check.weak.items() if plain is check or plain.of(kind) != odds
    }
    return ", ".join(f"{kind} {_odds(odds)}" for kind, odds in own.items())


def _odds(odds: float) -> str:
    return "always" if odds == 1 else f"1 in {round(1 / odds)}"


def _share(share: float) -> str:
    return f"{100 * share:.2g} %" if share else "0"


def _sentence(text: str) -> str:
    return text[0].lower() + text[1:].rstrip(".")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, tell, and say whether all promises were kept."""
    told = argparse.ArgumentParser(prog="python -m tests.hostile.drivers")
    told.add_argument("--number", type=int, default=NUMBER)
    told.add_argument("--seed", default=str(SEED))
    told.add_argument("--table", action="store_true")
    told.add_argument("drivers", nargs="*", metavar="DRIVER")
    given = told.parse_args(arguments)
    known = {case.driver: case for case in DRIVERS}
    strange = set(given.drivers) - known.keys()
    if strange:
        told.error(f"no vectors of {', '.join(sorted(strange))}")
    cases = [known[name] for name in given.drivers] or DRIVERS
    page = rows(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    guilty, began = 0, time.monotonic()
    for driver, each, wrong in measure(cases, given.number, given.seed):
        page[driver] = row(driver, wrong, each, given.seed)
        broken = too_often(driver, wrong, each)
        guilty += bool(broken)
        _tell(page[driver] + (f" too often: {broken}" if broken else ""))
        if given.table:
            PAGE.write_text(write(page), encoding="utf-8")
    seconds = time.monotonic() - began
    _tell(f"{len(cases)} driver(s) in {seconds:.0f} s, {guilty} broke a promise")
    return bool(guilty)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
