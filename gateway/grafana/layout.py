"""Where panels stand: from left to right and from top to bottom, in Grafana's 24 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.grafana.panels import Json

WIDTH: Final = 24
"""Columns of Grafana's grid."""

Placed = tuple["Json", int, int]
"""A panel, its width and its height."""


class Grid:
    """Places panels and numbers them.

    Attributes:
        panels: What has been placed, as a dashboard holds it.
    """

    def __init__(self) -> None:
        """Begin at the top."""
        self.panels: list[Json] = []
        self._number = 0
        self._y = 0

    def open(self, title: str, panels: Iterable[Placed]) -> None:
        """Place panels below a heading."""
        self.panels.append(self._row(title, folded=False))
        self.panels.extend(self._flow(panels))

    def folded(self, title: str, panels: Iterable[Placed]) -> None:
        """Fold panels away below a heading: their queries run once somebody unfolds it."""
        row = self._row(title, folded=True)
        below = self._y
        row["panels"] = self._flow(panels)
        self._y = below
        self.panels.append(row)

    def _row(self, title: str, *, folded: bool) -> Json:
        place = {"h": 1, "w": WIDTH, "x": 0, "y": self._y}
        self._y += 1
        return {
            "type": "row",
            "id": self._next(),
            "title": title,
            "collapsed": folded,
            "gridPos": place,
            "panels": [],
        }

    def _flow(self, panels: Iterable[Placed]) -> list[Json]:
        placed: list[Json] = []
        x = tallest = 0
        for panel, width, height in panels:
            if x + width > WIDTH:
                self._y += tallest
                x = tallest = 0
            place = {"h": height, "w": width, "x": x, "y": self._y}
            placed.append({"id": self._next(), **panel, "gridPos": place})
            x, tallest = x + width, max(tallest, height)
        self._y += tallest
        return placed

    def _next(self) -> int:
        self._number += 1
        return self._number
