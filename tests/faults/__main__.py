"""`python -m tests.faults`: play a schedule, print each fault and the account; 1 on any breach."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import clock, engine, report
from tests.faults.disk import enter_namespace
from tests.faults.plant import Plant
from tests.faults.schedule import STORES, Kind, Scene, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.schedule import Fault

PROTOCOLS = ("5", "3.1.1")


def main(arguments: Sequence[str]) -> int:
    """Play one schedule over each protocol asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the schedule")
    parser.add_argument("--faults", type=int, default=60, help="how many")
    parser.add_argument("--protocol", choices=[*PROTOCOLS, "both"], default="both", help="of MQTT")
    parser.add_argument("--store", choices=STORES, default=STORES[0], help="what is filled")
    parser.add_argument("--collectors", type=int, default=1, help="how many, on one share")
    parser.add_argument("--print-schedule", action="store_true", help="print it and do nothing")
    options = parser.parse_args(arguments)
    scene = Scene(options.store, options.collectors)
    schedule = draw(options.seed, options.faults, scene)
    if options.print_schedule:
        _say(*map(str, schedule))
        return 0
    enter_namespace(list(arguments))
    protocols = PROTOCOLS if options.protocol == "both" else (options.protocol,)
    sound = [_run(options.seed, schedule, protocol, scene) for protocol in protocols]
    return 0 if all(sound) else 1


def _run(seed: int, schedule: Sequence[Fault], protocol: str, scene: Scene) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="simpang-faults-"))
    began = time.monotonic()
    _say(
        f"seed {seed}, {len(schedule)} faults, MQTT {protocol},"
        f" {scene.collectors} collectors, {scene.store}, in {folder}"
    )
    plant = Plant(folder, protocol, seed, scene)
    sound = False
    try:
        plant.start()
        engine.play(plant, _possible(plant, schedule), _say)
        _say("all healed: draining")
        engine.drain(plant)
        account = engine.account(plant)
        _say(*report.write(account, plant), f"took {time.monotonic() - began:.0f} s")
        sound = not account.breaches
    except AssertionError as error:
        _say(f"BREACH {error}")
    finally:
        plant.close()
        (folder / "record.json").write_text(report.evidence(plant), encoding="utf-8")
        if sound:
            shutil.rmtree(folder)
        else:
            _say(
                f"to repeat: make chaos SEED={seed} FAULTS={len(schedule)} STORE={scene.store}"
                f" COLLECTORS={scene.collectors} (python -m tests.faults --seed {seed}"
                f" --faults {len(schedule)} --store {scene.store}"
                f" --collectors {scene.collectors} --protocol {protocol});"
                f" configs, logs, record and store are in {folder}"
            )
    return sound


def _possible(plant: Plant, schedule: Sequence[Fault]) -> list[Fault]:
    """Leave out what this machine does not allow, and say so."""
    missing = {}
    if clock.LIBRARY is None:
        missing[Kind.CLOCK] = "libfaketime is not installed (Debian: faketime)"
    if not plant.disk.mounted:
        missing[Kind.DISK] = "no file system may be mounted here"
    for kind, why in missing.items():
        _say(f"left out: {kind}, since {why}")
    return [fault for fault in schedule if fault.kind not in missing]


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201 - a program that prints


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
