"""The disk under a spool as it comes and goes: its file opened, read, found damaged, retried."""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from gateway.edge.counts import Counts
from gateway.edge.spool_errors import gives_all
from gateway.edge.spool_file import SpoolFile
from gateway.edge.spool_summary import counts_without
from gateway.errors import SpoolDamaged, SpoolUnreadable, SpoolUnwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.edge.held import Held

log = logging.getLogger(__name__)

PAGE: Final = 64
"""Rows read at once."""

_DAMAGED_KEPT: Final = 3
"""Damaged files that are kept for a look, the newest."""

_T = TypeVar("_T")
_R = TypeVar("_R")


class Disk:
    """One file that may be there or not; what can't be read now waits, and is said once.

    Attributes:
        path: The SQLite file.
        file: The file, while it is open.
        fails: True while a commit can't be written.
        damage: What was found broken on reading, until the file is replaced.
        alarms: Words for what a person should look at.
        lost: What files had counted, and what went with them, that were found damaged on opening.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or find out that it can't be."""
        self.path = path
        self.fails = False
        self.damage: SpoolDamaged | None = None
        self.alarms: set[str] = set()
        self.lost = Counts()
        self._moved_aside = False
        self.file = self._open()

    def ask(self, question: Callable[[SpoolFile], _T], otherwise: _T) -> _T:
        """Ask the file; where it can't be read, say so and go on without."""
        if self.file is None:
            return otherwise
        try:
            answer = question(self.file)
        except SpoolDamaged as error:
            self.damage = error
        except SpoolUnwritable as error:
            if "unreadable" not in self.alarms:
                log.warning("%s: what is on the disk waits", error)
            self.alarms.add("unreadable")
        else:
            self.alarms.discard("unreadable")
            return answer
        return otherwise

    def pages(
        self, fetch: Callable[[SpoolFile, int], list[_R]], after: int, place: Callable[[_R], int]
    ) -> Iterator[_R]:
        """Read rows above an id page by page, as far as they are asked for.

        Args:
            fetch: Reads at most `PAGE` rows above an id.
            after: The id to begin above.
            place: Tells the id of a row.
        """
        nothing: list[_R] = []
        while True:
            page = self.ask(partial(_above, fetch, after), nothing)
            yield from page
            if len(page) < PAGE:
                return
            after = place(page[-1])

    def failed(self, error: SpoolUnwritable) -> None:
        """Note that a commit could not be written."""
        if not self.fails:
            log.error("%s: the spool goes on in memory", error)
        self.fails = True
        self.alarms.add("memory")

    def works(self) -> None:
        """Note that a commit was written."""
        if self.fails:
            log.warning("the spool %s can be written again: memory moved to it", self.path)
        self.fails = False
        self.alarms -= {"memory", "unreadable"}

    def reopen(self) -> bool:
        """Try a fresh connection: one that failed may go on failing on a healthy disk.

        Returns:
            Whether it leads to another file than the one known: what that one says is news.
        """
        fresh = self._open()
        if fresh is None:
            return False
        known, self.file = self.file, fresh
        if known is not None:
            known.close()
        if known is not None and known.identity == fresh.identity:
            return False
        self.damage = None
        return True

    def read(self, number: int) -> Held | None:
        """Read one batch; None where it is gone.

        Raises:
            SpoolUnreadable: The disk does not give its bytes.
        """
        if self.file is None:
            return None
        try:
            return self.file.read(number)
        except SpoolDamaged as error:
            if not gives_all(self.path):
                raise SpoolUnreadable(str(error)) from error
            self.damage = error
        except SpoolUnwritable as error:
            raise SpoolUnreadable(str(error)) from error
        return None

    def why_another(self) -> str:
        """Say in a word why another file is there: `damaged`, or `replaced` by somebody."""
        moved, self._moved_aside = self._moved_aside, False
        return "damaged" if moved else "replaced"

    def replace(self, error: SpoolDamaged) -> None:
        """Move a damaged file aside and begin an empty one.

        Unless another file came to lie at its place: that one is opened.
        """
        known = self.file
        self.close()
        self.damage = None
        if known is None or known.is_there():
            self._move_aside(error)
        else:
            self.alarms.add("damaged")
        self.file = self._open()

    def close(self) -> None:
        """Let go of the file; whatever was committed stays."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _open(self) -> SpoolFile | None:
        """Open the file; a damaged one is moved aside, an unusable one fails."""
        for _ in range(2):
            try:
                file = SpoolFile.open(self.path)
                _read_through(file)
            except SpoolDamaged as error:
                self.lost = counts_without(self.path)
                self._move_aside(error)
            except SpoolUnwritable as error:
                self.failed(error)
                return None
            else:
                return file
        self.failed(SpoolUnwritable(f"the spool {self.path} can't be made anew"))
        return None

    def _move_aside(self, error: SpoolDamaged) -> None:
        """Rename a damaged file and its WAL, and keep only the newest few of them."""
        name, folder = self.path.name, self.path.parent
        numbers = [old.suffix[1:] for old in folder.glob(f"{name}.damaged.*")]
        number = 1 + max((int(text) for text in numbers if text.isdigit()), default=0)
        aside = self.path.with_name(f"{name}.damaged.{number}")
        self.alarms.add("damaged")
        self._moved_aside = True
        try:
            for tail in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{tail}").rename(f"{aside}{tail}")
                old = folder / f"{name}.damaged.{number - _DAMAGED_KEPT}{tail}"
                old.unlink(missing_ok=True)
        except OSError as failure:
            log.error("%s, and it can't be moved aside: %s", error, failure)  # noqa: TRY400 - a sentence says it
            return
        log.error("%s: moved to %s; batches that only it held are lost", error, aside)


def _read_through(file: SpoolFile) -> None:
    """Read what an opening needs, so that damage shows now and not in the middle of it."""
    try:
        file.epochs()
        file.kept()
        file.last_pending()
        file.opened()
        file.waiting()
    except BaseException:
        file.close()
        raise


def _above(fetch: Callable[[SpoolFile, int], list[_R]], after: int, file: SpoolFile) -> list[_R]:
    return fetch(file, after)
