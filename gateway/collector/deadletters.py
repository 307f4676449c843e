"""Dead letters: what no store will ever take, kept on the disk with its reason, within a bound.

One file a letter. A batch that is offered again and fails again replaces its letter; other bytes
under its name are another letter. The oldest letters go when the folder is full, or the disk: what
fills it may be the letters themselves, and whoever can't bury can't acknowledge.

Two processes may work on one folder, a collector and a replay. A file has its name only when it is
whole, and the name is made of its bytes: whoever discards a letter that was buried again meanwhile
discards the same batch, which is in the store by then.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.collector.pulse import UNWATCHED
from gateway.errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

LARGEST_KEPT: Final = 1024 * 1024
"""Bytes of a payload that are kept: nothing larger could be replayed."""

_BLOCK: Final = 4096
"""Bytes of a disk's block: what the smallest file takes."""

_SLACK: Final = 64
"""One part in so many of a full folder is made free at once."""

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a disk answers that would take a letter if another one went."""

_SUFFIX: Final = ".json"
_UNFINISHED: Final = ".tmp"


@dataclass(frozen=True, slots=True)
class Letter:
    """What could not be stored, and why.

    Attributes:
        topic: The topic it came on.
        payload: Its bytes.
        reason: One word, as counters and receipts say it.
        detail: What exactly was wrong, for a person.
        received: When it came, ms since 1970 by the collector's clock.
        gateway: Who sent it, where the topic says so.
        epoch: The epoch of the batch, where it can be read.
        seq: Its number, where it can be read.
    """

    topic: str
    payload: bytes
    reason: str
    detail: str
    received: int
    gateway: str | None = None
    epoch: str | None = None
    seq: int | None = None

    @property
    def name(self) -> str:
        """The name of its file, made of checked ids or of a digest, never of the topic."""
        if self.gateway is not None and self.epoch is not None and self.seq is not None:
            return name_of(self.gateway, self.epoch, self.seq, self.payload)
        whole = self.topic.encode(errors="replace") + b"\0" + self.payload
        return f"@{_digest(whole)}{_SUFFIX}"


class DeadLetters:
    """The folder of dead letters.

    Attributes:
        evicted: Letters given up since the start because the folder or its disk was full.
    """

    def __init__(self, folder: Path, most_bytes: int, *, tidy: bool = True) -> None:
        """Open the folder, and make it where it is missing.

        Args:
            folder: Where the letters lie.
            most_bytes: What they may take.
            tidy: Whether to clear away unfinished files; a guest leaves those of the collector.

        Raises:
            StoreBusy: The folder can't be made or read.
        """
        self.evicted = 0
        self._folder = folder
        self._most_bytes = most_bytes
        self._mine = f".{secrets.token_hex(4)}{_UNFINISHED}"
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in folder.glob(f"*{_UNFINISHED}") if tidy else ():
                path.unlink(missing_ok=True)
            self._look()
        except OSError as error:
            raise _busy(folder, error) from None

    def __len__(self) -> int:
        """Count the letters, as far as we know of them."""
        return len(self._sizes)

    def bury(self, letters: Sequence[Letter], alive: Callable[[], None] = UNWATCHED.beat) -> None:
        """Keep letters; on return they are on the disk, safe from a power cut.

        After each one `alive` is called: with a slow disk, thousands take minutes.

        Raises:
            StoreBusy: The disk is failing, or full and not of letters older than these; some of
                the letters may be there.
        """
        if not letters:
            return
        spared = {letter.name for letter in letters}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for letter in letters:
                self._press_in(letter.name, _dump(letter), spared)
                alive()
            _sync(self._folder)
            self._evict()
        except OSError as error:
            raise _busy(self._folder, error) from None

    def discard(self, gateway: str, epoch: str, seq: int, payload: bytes) -> None:
        """Throw away the letter of a batch that is in the store after all."""
        name = name_of(gateway, epoch, seq, payload)
        if name in self._sizes:
            self.throw_away(name)

    def throw_away(self, name: str) -> bool:
        """Throw away the letter in a file of this name; False where there is none any more."""
        self._total -= self._sizes.pop(name, 0)
        try:
            (self._folder / name).unlink()
        except OSError:
            return False
        return True

    def _look(self) -> None:
        """Take in what lies there: somebody else may have discarded letters.

        Raises:
            OSError: The folder can't be read.
        """
        there = dict(oldest_first(self._folder))
        known = [name for name in self._sizes if name in there]
        new = [name for name in there if name not in self._sizes]
        self._sizes = OrderedDict((name, there[name]) for name in [*known, *new])
        self._total = sum(self._sizes.values())

    def _press_in(self, name: str, text: bytes, spared: Collection[str]) -> None:
        """Write a letter; on a full disk, in the place of the oldest.

        Raises:
            OSError: It can't be written, and no letter that may go makes room for it.
        """
        while True:
            try:
                return self._write(name, text)
            except OSError as error:
                if error.errno not in _NO_ROOM or not self._make_room(_room(len(text)), spared):
                    raise

    def _write(self, name: str, text: bytes) -> None:
        unfinished = self._folder / f"{name}{self._mine}"
        try:
            with unfinished.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._folder / name)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        self._total += _room(len(text)) - self._sizes.pop(name, 0)
        self._sizes[name] = _room(len(text))

    def _make_room(self, size: int, spared: Collection[str]) -> bool:
        """Give up the oldest for one letter and a little more; False if none went."""
        before = self.evicted
        self._look()
        self._give_up(self._total - size - _slack(self._total), spared)
        return self.evicted > before

    def _evict(self) -> None:
        """Give up the oldest, but none for the sake of letters that somebody else discarded.

        A little more than must be, so that the folder need not be looked through each time.
        """
        if self._total <= self._most_bytes:
            return
        self._look()
        if self._total > self._most_bytes:
            newest = next(reversed(self._sizes))
            self._give_up(self._most_bytes - _slack(self._most_bytes), {newest})

    def _give_up(self, most: int, spared: Collection[str]) -> None:
        """Throw away the oldest until what lies there takes so many bytes at most."""
        for name in [name for name in self._sizes if name not in spared]:
            if self._total <= most:
                return
            self.evicted += self.throw_away(name)


def name_of(gateway: str, epoch: str, seq: int, payload: bytes) -> str:
    """Name the file of a batch's letter; `@` stands in no id."""
    return f"{gateway}@{epoch}@{seq}@{_digest(payload)}{_SUFFIX}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def oldest_first(folder: Path) -> list[tuple[str, int]]:
    """List the files of letters, oldest first, each with what it takes on the disk.

    Raises:
        OSError: The folder can't be read.
    """
    letters = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(FileNotFoundError):  # somebody may discard it meanwhile
            found = path.stat()
            letters.append((found.st_mtime_ns, path.name, _room(found.st_size)))
    return [(name, size) for _, name, size in sorted(letters)]


def _slack(size: int) -> int:
    """Say how much more than must be is made free of so many bytes, in whole blocks."""
    return size // _SLACK // _BLOCK * _BLOCK


def _room(size: int) -> int:
    """Round a size up to what it takes on the disk."""
    return -(-size // _BLOCK) * _BLOCK


def _dump(letter: Letter) -> bytes:
    document = {
        "v": 1,
        "topic": letter.topic,
        "reason": letter.reason,
        "detail": letter.detail,
        "received": letter.received,
        "gateway": letter.gateway,
        "epoch": letter.epoch,
        "seq": letter.seq,
        "size": len(letter.payload),
        "payload": base64.b64encode(letter.payload[:LARGEST_KEPT]).decode(),
    }
    return json.dumps(document, indent=1).encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _busy(folder: Path, error: OSError) -> StoreBusy:
    return StoreBusy(
        f"the folder of dead letters {folder}: {error.strerror}",
        "nothing is acknowledged until it can be written",
    )
