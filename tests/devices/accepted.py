"""How often a damaged frame passes for another one, driver by driver, damage by damage."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from devices.errors import DecodeError, DriverError
from devices.framing import LONGEST, Frame, Framer
from tests.devices.cases import pool
from tests.devices.damage import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.config.sensor import Sensor
    from tests.devices.cases import Case

_TRIES: Final = 100
"""Until damage that changes nothing is given up: frames whose bytes are all the same."""


def accepted(case: Case, each: int, seed: str) -> Counter[str]:
    """Count the trials in which a frame came out that is none of those sent.

    Each trial is a damaged frame with a good one behind it, and then a silence or none. A frame
    that says what one of the two said before is not counted: two spellings may mean the same. Nor
    is one that stood in one of them as it is.

    Args:
        case: The driver.
        each: Trials of each kind of damage.
        seed: What luck depends on, beside the driver.

    Returns:
        Trials with a false frame, by the kind of damage.

    Raises:
        AssertionError: More was held than a framer may hold.
        Exception: A driver raised what it never declared.
    """
    sensor = case.sensor
    frames = pool(case)
    framer = Framer(sensor.driver.cutter(sensor.settings))
    wrong: Counter[str] = Counter()
    for frame in frames:
        _is_false(sensor, frame, ())
    for kind, damage in KINDS.items():
        chance = random.Random(f"{seed} {case.driver} {case.given} {kind}")
        sent: list[bytes] = []
        for trial in range(each):
            whole, behind = chance.choice(frames), chance.choice(frames)
            bent = whole
            for _ in range(_TRIES):
                bent = damage(chance, whole)
                if bent != whole:
                    break
            sent += (whole, behind)
            pieces = framer.feed(bent + behind)
            assert framer.held <= 2 * LONGEST, (case, kind, framer.held)
            if trial % 2:
                pieces += framer.end()
            new = [p.raw for p in pieces if isinstance(p, Frame) and p.raw not in sent]
            false = [raw for raw in new if _is_false(sensor, raw, sent)]
            wrong[kind] += bool(false)
            if not framer.held:
                sent.clear()
        framer.end()
    return wrong


def _is_false(sensor: Sensor, raw: bytes, sent: Iterable[bytes]) -> bool:
    """Say whether a frame is accepted and says what none of those sent did."""
    fields = _said(sensor, raw)
    if fields is None:
        return False
    with suppress(DriverError):
        sensor.driver.sample(fields, sensor.settings)
    return all(raw not in one and fields != _said(sensor, one) for one in sent)


def _said(sensor: Sensor, raw: bytes) -> dict[str, Any] | None:
    try:
        return sensor.driver.decode(raw, sensor.settings)
    except DecodeError:
        return None
