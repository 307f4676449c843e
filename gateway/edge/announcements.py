"""What a gateway says of itself: `about`, `state`, `spool`, `health`, its `node` readings."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from gateway.config.sensor import sensor_of
from gateway.edge.batcher import LAST
from gateway.edge.machine import Machine, machine_digest
from gateway.edge.sums import columns
from gateway.edge.watch import Silence
from schemas.about import About, AboutDevice
from schemas.base import shorten
from schemas.health import DeviceHealth, Health
from schemas.quantity import QUANTITIES
from schemas.reading import Cause, Flag, Reading, Value
from schemas.state import State
from schemas.topics import Kind

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from pydantic import BaseModel

    from gateway.clock import Clock, Stamp
    from gateway.config.gateway import GatewayConfig
    from gateway.edge.spool import Spool
    from gateway.edge.watch import Watch
    from gateway.trust import Trust

log = logging.getLogger(__name__)

NODE: Final = "node"
"""The id of the gateway as a device of its own."""

MODEL: Final = "simpang.node"
"""The model of that device, and of what the gateway tells of the others."""

NODE_SECONDS: Final = 300.0
"""Seconds between two readings of the node."""

SPOOL_SECONDS: Final = 10.0
"""The least between two `spool` messages."""

Message = tuple[Kind, bytes, bool]
"""Kind, payload, and whether the broker is to keep it."""

_GATEWAY: Final = (
    "cpu", "cpu_temperature", "memory", "power", "clock_trusted", "clock_holdover", "clock_steps",
    "disk_free", "disk_written", "spool_bytes", "spool_waiting", "spool_oldest", "spool_refused",
    "spool_dropped", "spool_memory", "spool_crashes", "spool_crash_span",
    "batches_sent", "batches_resent", "receipts_unbelieved",
)  # fmt: skip


class Announcements:
    """Writes the messages that are due, and remembers what was said."""

    def __init__(
        self, config: GatewayConfig, spool: Spool, trust: Trust, watches: dict[str, Watch],
        clock: Clock, counters: Counter[str],
    ) -> None:  # fmt: skip
        """Watch everything that is told about; nothing is said yet."""
        now = clock.monotonic()
        self._config = config
        self._spool = spool
        self._trust = trust
        self._watches = watches
        self._counters = counters
        self._machine = Machine(config.spool.path.parent)
        self._digest = machine_digest()
        self._boot_id = clock.boot_id
        self._began, self._began_boot = now, clock.stamp().boot
        self._said_spool: bytes | None = None
        self._spool_at = self._health_at = -float("inf")
        self._node_at = now
        last = spool.recall(LAST) if spool.crashed else None
        self._last_before_crash = last if isinstance(last, int) else None
        self._twin = False
        self._denied: str | None = None
        self._refused: dict[str, str] = {}

    def on_connecting(self, now: float, stamp: Stamp) -> list[Message]:
        """Say who is there, what hangs on it and what it holds."""
        self._said_spool = None
        self._spool_at = -float("inf")
        self._denied = None
        self._refused.clear()
        return [self._state(stamp), self._about(), *self._spool_message(now)]

    def on_own_state(self, payload: bytes, stamp: Stamp) -> list[Message]:
        """Read what stands under our own name: a will fired late is corrected, a twin is seen."""
        try:
            heard = State.model_validate_json(payload)
        except ValidationError:
            return [self._state(stamp)]
        if not heard.online:
            return [self._state(stamp)]
        if heard.machine not in {None, self._digest}:
            if not self._twin:
                log.error("another machine speaks as %s: two cards with one id?", self._id)
            self._twin = True
        return []

    def denied(self, reason: str) -> None:
        """Remember that the broker does not take what we say, until the next connection."""
        self._denied = reason

    def refused(self, topic: str, reason: str) -> None:
        """Remember that the broker does not let us listen, until it does."""
        self._refused[topic] = reason

    def granted(self, topic: str) -> None:
        """Forget that it did not."""
        self._refused.pop(topic, None)

    def due(self, now: float) -> list[Message]:
        """Say what the time asks for."""
        messages: list[Message] = []
        every = max(SPOOL_SECONDS, self._config.publish.health_seconds)
        if now - self._spool_at >= every:
            messages += self._spool_message(now)
        if now - self._health_at >= self._config.publish.health_seconds:
            self._health_at = now
            messages.append((Kind.HEALTH, _json(self.health(now)), False))
        return messages

    def goodbye(self) -> Message:
        """Say that the gateway goes on purpose."""
        return Kind.STATE, _json(State(online=False)), True

    # -- the node device ----------------------------------------------------------------------

    def node_readings(self, now: float, stamp: Stamp) -> list[Reading]:
        """Write the readings about the gateway and each of its devices, every five minutes."""
        if now - self._node_at < NODE_SECONDS:
            return []
        self._node_at = now
        readings = [_reading(NODE, self._gateway_vitals(now, stamp))]
        readings += [
            _reading(device, _device_vitals(watch, now)) for device, watch in self._watches.items()
        ]
        return readings

    def _gateway_vitals(self, now: float, stamp: Stamp) -> dict[str, float | None]:
        counts = self._spool.counts
        oldest = self._spool.oldest_age(now)
        return {
            **self._machine.vitals(),
            "clock_trusted": float(self._trust.state != "waiting"),
            "clock_holdover": self._trust.holdover_seconds,
            "clock_steps": float(self._trust.steps),
            "spool_bytes": float(self._spool.used()),
            "spool_waiting": float(counts.held - counts.refused),
            "spool_oldest": None if oldest is None else round(oldest, 1),
            "spool_refused": float(counts.refused),
            "spool_dropped": float(counts.dropped.total()),
            "spool_memory": float(self._spool.memory),
            "spool_crashes": float(counts.crashes),
            "spool_crash_span": self._crash_span(stamp),
            "batches_sent": float(self._counters["sent"]),
            "batches_resent": float(self._counters["resent"]),
            "receipts_unbelieved": float(self._counters["unbelieved"]),
        }

    def _crash_span(self, stamp: Stamp) -> float | None:
        """How long before this opening lies the last reading that a crash has left, s."""
        now = self._trust.date(stamp)
        if self._last_before_crash is None or now is None:
            return None
        opened = now / 1000 - (stamp.boot - self._began_boot)
        return round(opened - self._last_before_crash / 1000, 1)

    # -- the messages -------------------------------------------------------------------------

    def health(self, now: float) -> Health:
        """Write how the gateway fares."""
        counts = self._spool.counts
        return Health(
            uptime_seconds=round(now - self._began, 1),
            clock=self._trust.state,
            spool="memory" if self._spool.memory else "disk",
            waiting=counts.held - counts.refused,
            undated=counts.undated,
            refused=counts.refused,
            dropped=dict(counts.dropped),
            counters=dict(+self._counters),
            unproven=self._config.publish.delivery == "broker",
            alarms=[shorten(alarm) for alarm in sorted(self._alarms())],
            devices={device: _health(watch, now) for device, watch in self._watches.items()},
        )

    def _alarms(self) -> set[str]:
        alarms = set(self._spool.alarms)
        if self._twin:
            alarms.add("twin")
        if self._denied:
            alarms.add(f"broker: {self._denied}")
        alarms |= {f"broker: {reason}" for reason in self._refused.values()}
        if self._trust.state != "trusted":
            alarms.add(f"clock: {self._trust.problem or 'its source confirms nothing'}")
        return alarms

    def _state(self, stamp: Stamp) -> Message:
        at = self._trust.date(stamp)
        since = None if at is None else at - round(1000 * (stamp.boot - self._began_boot))
        since = None if since is None or since < 0 else since
        state = State(
            online=True, since=since, boot=self._boot_id, version=version("simpang"),
            machine=self._digest,
        )  # fmt: skip
        return Kind.STATE, _json(state), True

    def _about(self) -> Message:
        devices = [
            AboutDevice(id=NODE, model=MODEL, quantities=_units(_GATEWAY), every=NODE_SECONDS)
        ]
        for device in self._config.devices:
            driver = sensor_of(device).driver
            traffic = bool(driver.channels)
            names = columns(driver.sums) if traffic else driver.quantities
            every = device.usual_interval(traffic=traffic)
            devices.append(
                AboutDevice(
                    id=device.id, model=device.driver, quantities=_units(names), every=every
                )
            )
        place = self._config.gateway
        about = About(
            gateway=place.id, site=place.site, latitude=place.latitude,
            longitude=place.longitude, devices=devices,
        )  # fmt: skip
        return Kind.ABOUT, _json(about), True

    def _spool_message(self, now: float) -> list[Message]:
        """Write the `spool` message where it has changed; looking is not free either."""
        self._spool_at = now
        payload = _json(self._spool.state())
        if payload == self._said_spool:
            return []
        self._said_spool = payload
        return [(Kind.SPOOL, payload, True)]

    @property
    def _id(self) -> str:
        return self._config.gateway.id


def _json(model: BaseModel) -> bytes:
    return model.model_dump_json(exclude_none=True).encode()


def _units(names: Iterable[str]) -> dict[str, str]:
    return {name: QUANTITIES[name].unit for name in names if name in QUANTITIES}


def _reading(device: str, vitals: dict[str, float | None]) -> Reading:
    values = {
        name: Value(None, Flag.MISSING) if value is None else Value(value, Flag.PASS, Cause.NONE)
        for name, value in vitals.items()
    }
    return Reading(device, None, values, NODE_SECONDS)


def _age(watch: Watch, now: float) -> float | None:
    return None if watch.last_frame is None else round(now - watch.last_frame, 1)


def _device_vitals(watch: Watch, now: float) -> dict[str, float | None]:
    return {
        "last_frame": _age(watch, now),
        "frames": float(watch.frames),
        "errors": float(watch.errors),
        "junk": float(watch.junk),
        "stalled": round(watch.stalled, 1),
        "device_fault": float(watch.fault is not None),
        "silence": float(watch.silence),
    }


def _health(watch: Watch, now: float) -> DeviceHealth:
    silence, fault = watch.silence, watch.fault
    return DeviceHealth(
        last_frame_seconds=_age(watch, now), frames=watch.frames, errors=watch.errors,
        junk=watch.junk, silence=None if silence is Silence.SPEAKING else silence.name.lower(),
        fault=None if fault is None else shorten(fault),
    )  # fmt: skip
