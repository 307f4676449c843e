"""The drivers that the laws are tried with, as what they are told makes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devices.framing import Framer
from tests.devices.frames import FRAMES
from tests.devices.told import NEEDED, told
from tests.devices.vectors import SENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devices.framing import Piece
    from gateway.config.sensor import Sensor

_DRAWN: Final = 300
"""Frames of a pool, at most."""


@dataclass(frozen=True)
class Case:
    """A driver, and what it is told, as JSON: nothing, or what some of its vectors need."""

    driver: str
    given: str = "{}"

    def __str__(self) -> str:
        return self.driver

    @property
    def plain(self) -> bool:
        """Whether it is told no more than it needs: made frames are made for that."""
        return self.given in {"{}", _needed(self.driver)}

    @property
    def sensor(self) -> Sensor:
        """The driver so told."""
        return _sensor(self)

    def recorded(self) -> list[bytes]:
        """Return its recorded good frames."""
        mine = (v for v in SENT if _case(v.driver, v.settings) == self and v.section == "frames")
        return [vector.raw for vector in mine if not vector.error]

    def frames(self) -> st.SearchStrategy[bytes]:
        """Return made frames where somebody wrote how, else the recorded ones."""
        if self.plain and self.driver in FRAMES:
            return FRAMES[self.driver]
        return st.sampled_from(self.recorded())

    def cut(self, *portions: bytes) -> list[Piece]:
        """Feed a stream in these portions to its end."""
        sensor = self.sensor
        framer = Framer(sensor.driver.cutter(sensor.settings))
        return [piece for portion in portions for piece in framer.feed(portion)] + framer.end()


@cache
def pool(case: Case) -> list[bytes]:
    """Return many frames of a driver, the same each time: made ones, and the recorded ones."""
    made = _drawn(FRAMES[case.driver]) if case.plain and case.driver in FRAMES else []
    return list(dict.fromkeys(made + case.recorded()))


@cache
def _drawn(strategy: st.SearchStrategy[bytes]) -> list[bytes]:
    drawn: list[bytes] = []

    @settings(
        max_examples=_DRAWN,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(frame: bytes) -> None:
        drawn.append(frame)

    collect: Callable[[], None] = draw
    collect()
    return drawn


@cache
def _sensor(case: Case) -> Sensor:
    return told(case.driver, json.loads(case.given))


def _case(driver: str, given: Mapping[str, Any]) -> Case:
    return Case(driver, json.dumps(given, sort_keys=True))


def _needed(driver: str) -> str:
    return json.dumps(NEEDED.get(driver, {}), sort_keys=True)


CASES: Final = sorted(
    {_case(v.driver, v.settings) for v in SENT if v.section == "frames" and not v.error},
    key=lambda case: (case.driver, not case.plain, case.given),
)
"""Each driver that a good frame is known of, told what it needs for that; the plainest first."""

IDS: Final = [
    case.driver if case.plain else f"{case.driver}-{number}" for number, case in enumerate(CASES)
]
"""Short names of these."""

DRIVERS: Final = [
    next(case for case in CASES if case.driver == driver)
    for driver in dict.fromkeys(case.driver for case in CASES)
]
"""Each driver once, told as little as can be."""


def share(case: Case, number: int) -> int:
    """Return how many of a driver's trials are this case's: its maps share them."""
    kin = [
        each for each in DRIVERS if each.driver.partition(":")[0] == case.driver.partition(":")[0]
    ]
    return number // len(kin) if case in kin else number
