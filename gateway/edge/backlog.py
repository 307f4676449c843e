"""The backlog: batches that are neither live nor sent, in their line, the oldest first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.edge.spool import Spool

_PAGE: Final = 64


class Backlog:
    """A walk through the spool from its oldest batch on, page by page.

    Whoever comes back into the line takes its own place; those offered again go before all. Once
    through, the spool is not asked again before somebody comes: an idle round costs nothing.
    """

    def __init__(self, spool: Spool) -> None:
        """Begin with the oldest batch."""
        self._spool = spool
        self._cursor = 0
        self._ahead: deque[int] = deque()
        self._offered: deque[int] = deque()
        self._blind = False
        self._through = False

    def queue(self, number: int | None) -> None:
        """Put a batch in line, at its own place."""
        if number is None:
            return
        self._through = False
        if number <= self._cursor:
            self._cursor = number - 1
            self._ahead.clear()
        elif self._ahead and number < self._ahead[-1]:
            self._ahead.clear()

    def offer(self, number: int) -> None:
        """Put a batch that was refused in line, behind those offered before it."""
        self._offered.append(number)

    def put_back(self, number: int) -> None:
        """Take a batch back in line that was taken out for nothing: it is the next."""
        self._offered.appendleft(number)

    def look_again(self) -> None:
        """Go through all of it again where some of it could not be read."""
        if self._blind:
            self._blind = False
            self.queue(1)

    @property
    def through(self) -> bool:
        """Whether nobody is in line, and nobody was passed over for want of a disk."""
        return self._through and not self._offered

    def next(self, taken: Callable[[int], bool]) -> int | None:
        """Take the next batch out; None where there is none.

        Args:
            taken: Says whether a batch is sent or live: it is passed over.
        """
        if self._offered:
            return self._offered.popleft()
        while not self._through:
            if not self._ahead:
                page = self._spool.oldest(self._cursor, _PAGE)
                self._blind = self._blind or "unreadable" in self._spool.alarms
                self._through = not (page or self._blind)
                if not page:
                    return None
                self._ahead.extend(page)
            self._cursor = self._ahead.popleft()
            if not taken(self._cursor):
                return self._cursor
        return None
