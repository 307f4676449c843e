"""A figure: what was measured, and beside it what the same machine could do in the same minute."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach.

    Attributes:
        of: Whether the ratio is meant, or the figure itself.
        least: Whether `bound` is the least allowed; otherwise the most.
        bound: The bound.
    """

    of: Literal["ratio", "ours"]
    least: bool
    bound: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What was measured.
        unit: In what.
        ours: The median of ours.
        beside: The yardstick of the same run.
        theirs: The median of the yardstick.
        ratio: The median of the ratios of the pairs, ours to theirs.
        low: The lowest of them.
        high: The highest of them.
        rounds: How many pairs there were.
        target: What it is to reach, where somebody said so.
    """

    name: str
    unit: str
    ours: float
    beside: str
    theirs: float
    ratio: float
    low: float
    high: float
    rounds: int
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        found = self.ratio if self.target.of == "ratio" else self.ours
        return found >= self.target.bound if self.target.least else found <= self.target.bound


def figure(
    name: str,
    unit: str,
    ours: Sequence[float],
    beside: str,
    theirs: Sequence[float],
    target: Target | None = None,
) -> Figure:
    """Hold a series against its yardstick, pair by pair."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Figure(
        name, unit, median(ours), beside, median(theirs),
        median(ratios), min(ratios), max(ratios), len(ratios), target,
    )  # fmt: skip


def at_least(bound: float, of: Literal["ratio", "ours"] = "ratio") -> Target:
    """Ask for no less."""
    return Target(of, least=True, bound=bound)


def at_most(bound: float, of: Literal["ratio", "ours"] = "ours") -> Target:
    """Ask for no more."""
    return Target(of, least=False, bound=bound)
