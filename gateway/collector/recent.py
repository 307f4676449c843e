"""The last batches stored, so that duplicates and conflicts are counted while they happen."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MOST_REMEMBERED: Final = 10_000
"""Batches; older duplicates are harmless and seen by nobody, older conflicts by a query."""


class Recent:
    """A bounded memory of which bytes had which name; nothing is ever skipped because of it.

    Attributes:
        duplicates: Batches that came again with the same bytes.
        conflicts: Batches that came with other bytes under a known name.
        conflict: The last of them, for a person.
    """

    def __init__(self) -> None:
        """Remember nothing."""
        self.duplicates = 0
        self.conflicts = 0
        self.conflict = ""
        self._digests: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()

    def note(self, gateway: str, epoch: str, seq: int, digest: bytes) -> None:
        """Remember a batch, and count it if its name is known."""
        name = (gateway, epoch, seq)
        known = self._digests.pop(name, None)
        self._digests[name] = digest
        if len(self._digests) > MOST_REMEMBERED:
            self._digests.popitem(last=False)
        if known == digest:
            self.duplicates += 1
        elif known is not None:
            self.conflicts += 1
            self.conflict = f"{gateway} {epoch} {seq}"
