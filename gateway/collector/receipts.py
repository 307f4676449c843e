"""Receipts: what was decided on and not yet told, gateway by gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from schemas.base import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_DECIDED: Final = 10
"""Batches after which a receipt goes out at once."""

WITHIN_SECONDS: Final = 2.0
"""How long the first batch of a receipt waits at most."""


class _Open:
    """What one gateway has not been told yet: the last decision on a batch holds."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.decided: dict[tuple[str, int], str | None] = {}

    def encode(self) -> bytes:
        document: dict[str, object] = {"v": VERSION}
        stored: dict[str, list[int]] = {}
        refused: dict[str, dict[str, list[int]]] = {}
        for (epoch, seq), reason in self.decided.items():
            if reason is None:
                stored.setdefault(epoch, []).append(seq)
            else:
                refused.setdefault(epoch, {}).setdefault(reason, []).append(seq)
        if stored:
            document["stored"] = {epoch: merge(seqs) for epoch, seqs in stored.items()}
        if refused:
            document["refused"] = {
                epoch: sorted(
                    [low, high, reason]
                    for reason, seqs in reasons.items()
                    for low, high in merge(seqs)
                )
                for epoch, reasons in refused.items()
            }
        return json.dumps(document, separators=(",", ":")).encode()


class Receipts:
    """The receipts that are still to be sent."""

    def __init__(self) -> None:
        """Owe nobody anything."""
        self._open: dict[str, _Open] = {}

    def decide(self, gateway: str, epoch: str, seq: int, reason: str | None, now: float) -> None:
        """Note that a batch is stored, or refused for a reason; `now` is monotonic."""
        owed = self._open.setdefault(gateway, _Open(now + WITHIN_SECONDS))
        owed.decided[epoch, seq] = reason
        if len(owed.decided) >= MOST_DECIDED:
            owed.due = now

    def greet(self, gateway: str, now: float) -> None:
        """Note that a gateway should hear of us, whatever else there is to tell it."""
        self._open.setdefault(gateway, _Open(now)).due = now

    def wait(self, now: float) -> float:
        """Return the seconds until the next receipt is due; infinite if none is open."""
        return min((owed.due - now for owed in self._open.values()), default=float("inf"))

    def send(
        self, now: float, publish: Callable[[str, bytes], bool], *, all_: bool = False
    ) -> None:
        """Publish what is due, or all of it.

        Args:
            now: Monotonic seconds.
            publish: Sends a receipt to a gateway; what it says no to is tried again later.
            all_: Whether to send also what is not yet due.
        """
        due = [gateway for gateway, owed in self._open.items() if all_ or owed.due <= now]
        for gateway in due:
            if publish(gateway, self._open[gateway].encode()):
                del self._open[gateway]
            else:
                self._open[gateway].due = now + WITHIN_SECONDS


def merge(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Merge numbers into ranges, both ends included."""
    ranges: list[tuple[int, int]] = []
    for seq in sorted(seqs):
        if ranges and seq <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges
