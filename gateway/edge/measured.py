"""What leaves the thread of a port: a reading, and when it was measured."""

from __future__ import annotations

from typing import NamedTuple

from gateway.clock import Stamp  # noqa: TC001 - a NamedTuple keeps its types
from schemas.reading import Reading  # noqa: TC001 - the same


class Measured(NamedTuple):
    """A judged reading; its stamp is dated later, by whoever knows whether it can be."""

    reading: Reading
    stamp: Stamp
