"""Wait for something to become true, never for time to pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_GLANCE = 0.01


def until(condition: Callable[[], bool], within: float, what: str = "the condition") -> None:
    """Return as soon as `condition` holds.

    Raises:
        AssertionError: It did not hold within so many seconds; `what` names it.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within} s")
        time.sleep(_GLANCE)
