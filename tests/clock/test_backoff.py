"""Waiting longer and longer, never all at once."""

from __future__ import annotations

from gateway.backoff import Backoff


def test_waits_double_up_to_the_most_and_are_scattered() -> None:
    backoff = Backoff(1.0, 30.0)
    waits = [backoff.next() for _ in range(8)]
    for wait, ceiling in zip(waits, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert ceiling / 2 <= wait <= ceiling
    assert len(set(waits)) == len(waits)


def test_success_begins_anew() -> None:
    backoff = Backoff(1.0, 30.0)
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1
