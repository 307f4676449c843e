"""What a sensor measured, as its driver hands it on: values, and what passed by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["motorcycle", "light", "heavy", "unknown"]
"""The classes of vehicles that are counted apart; what a sensor can't tell is `unknown`."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object seen by a traffic sensor in one frame.

    Attributes:
        channel: The lane or direction.
        speed: km/h, a magnitude.
        distance: m.
        signal: How strong its echo was, in the sensor's own unit.
    """

    channel: str
    speed: float | None = None
    distance: float | None = None
    signal: float | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle that a traffic sensor has followed itself, and that has passed.

    Attributes:
        channel: The lane or direction.
        speed: km/h, a magnitude.
        kind: Its class, where the sensor tells classes.
        length: m.
        occupied: Seconds that it was over the sensor.
        gap: Seconds between the end of the vehicle before it on this channel and its own beginning.
        mark: What tells it from any other on this channel, where a sensor may report the same one
            twice; None where it never does.
        number: Its number since the sensor was switched on, where it counts; a number far below the
            one before says that it began again.
    """

    channel: str
    speed: float | None = None
    kind: Kind = "unknown"
    length: float | None = None
    occupied: float | None = None
    gap: float | None = None
    mark: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that a sensor only ever adds to; what is measured is its difference.

    Attributes:
        value: Where it stands, in the unit of the quantity.
        wraps: The value at which it begins again at zero; None where it does not, so that a smaller
            value says that it was reset.
        changed: When it last changed, seconds by the sensor's own clock, where it tells; None where
            it has not changed since it was reset. A change that lies before the last one, or none
            any more, says that it was reset.
    """

    value: float
    wraps: float | None = None
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a traffic sensor has added up itself, on one channel, since it last told.

    Attributes:
        channel: The lane or direction.
        count: Vehicles, or where its own running count stands.
        sums: Other sums over these vehicles, by the name of their quantity, such as
            `occupied_seconds`, or `speed_sum` (a mean times the count).
        mark: What tells this interval from any other, where it may be reported twice.
    """

    channel: str
    count: float | Counter
    sums: Mapping[str, float] = field(default_factory=dict)
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one frame or exchange measured.

    Attributes:
        values: Quantity to value in the unit of the quantity table; None is a missing value.
        detections: Objects, for a traffic sensor; none is a measurement too: nobody is there.
        fault: What the sensor says is broken, while it goes on measuring; empty when nothing is.
        vehicles: Vehicles that have passed, for a sensor that follows them itself.
        tallies: Sums, for a sensor that counts itself.
        counters: Quantity to a running total, the difference of which is the value.
    """

    values: Mapping[str, float | None] = field(default_factory=dict)
    detections: tuple[Detection, ...] = ()
    fault: str = ""
    vehicles: tuple[Vehicle, ...] = ()
    tallies: tuple[Tally, ...] = ()
    counters: Mapping[str, Counter] = field(default_factory=dict)
