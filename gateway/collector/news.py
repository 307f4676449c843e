"""What gateways say of themselves, as points, when it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.collector.points import of_site, of_spool
from schemas.about import About
from schemas.spool import SpoolState

if TYPE_CHECKING:
    from gateway.collector.audit import Heard
    from gateway.collector.points import Point


class Newsroom:
    """Remembers what each gateway said last."""

    def __init__(self) -> None:
        """Know nothing: the broker keeps the last word of each gateway and repeats it."""
        self._spools: dict[str, SpoolState] = {}
        self._moments: dict[str, int] = {}

    def points(self, heard: Heard, at: int) -> list[Point]:
        """Write what is new in a message that came at `at` (ms); one moment names one message."""
        if isinstance(heard.news, About):
            return of_site(heard.news, at)
        if not isinstance(heard.news, SpoolState) or heard.news == self._spools.get(heard.gateway):
            return []
        self._spools[heard.gateway] = heard.news
        moment = max(at, self._moments.get(heard.gateway, 0) + 1)
        self._moments[heard.gateway] = moment
        return of_spool(heard.gateway, heard.news, moment)
