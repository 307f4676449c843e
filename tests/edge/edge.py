"""The edge without its threads: a core, a voice that remembers, a clock that is told."""

from __future__ import annotations

import json
import zlib
from itertools import count
from typing import TYPE_CHECKING, Any

from gateway.clock import FakeClock
from gateway.config.gateway import GatewayConfig
from gateway.edge.core import Core
from gateway.mqtt import Arrived
from schemas.reading import Flag, Reading, Value

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.edge.watch import Watch
    from gateway.mqtt import Event


class Voice:
    """A connection that remembers what was published."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes, bool]] = []
        self.up = True
        self._mids = count(1)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        if not self.up:
            return None
        self.said.append((topic, payload, retain))
        return next(self._mids)

    def heard(self, kind: str) -> list[Any]:
        """The messages of a kind, parsed."""
        found = [p for t, p, _ in self.said if t.startswith(f"simpang/v1/gw/{kind}")]
        return [json.loads(p if p.startswith(b"{") else zlib.decompress(p)) for p in found]


class Edge:
    """A core with its voice and its clock."""

    def __init__(
        self, folder: Path, clock: FakeClock | None = None, *, trust: str = "system",
        watches: dict[str, Watch] | None = None, driver: str = "plantower.pms5003",
        **publish: object,
    ) -> None:  # fmt: skip
        self.clock = clock or FakeClock()
        self.voice = Voice()
        config = GatewayConfig.model_validate({
            "gateway": {"id": "gw", "latitude": -7.4, "longitude": 109.4},
            "broker": {"url": "mqtt://127.0.0.1"},
            "clock": {"trust": trust},
            "spool": {"path": str(folder / "spool.db"), "commit_seconds": 5},
            "publish": {"batch_seconds": 0, **publish},
            "ports": [{"url": "/dev/null", "devices": [{"id": "pm-1", "driver": driver}]}],
        })  # fmt: skip
        self.core = Core(config, self.voice, self.clock, watches=watches or {})

    def event(self, event: Event) -> None:
        self.core.happened(event, self.clock.monotonic(), self.clock.stamp())

    def measure(self) -> None:
        reading = Reading("pm-1", None, {"pm2_5": Value(8.0, Flag.PASS)})
        self.core.measured(reading, self.clock.stamp(), "made.up", self.clock.monotonic())
        self.passes(0.0)

    def passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.core.tick(self.clock.monotonic(), self.clock.stamp())

    def hear(self, kind: str, payload: bytes) -> None:
        self.event(Arrived(f"simpang/v1/gw/{kind}", payload, retained=False, token=None))
