"""`gateway.toml`: what a gateway is, whom it reports to, and what hangs on its ports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from gateway.config.broker import BrokerConfig
from gateway.config.section import File, Section, Size, mistake
from schemas.base import Id

TRAFFIC_INTERVAL: Final = 60.0
"""Seconds of one interval of traffic, where none is set."""

LEAST_TRAFFIC: Final = 1.0
"""Seconds that an interval of traffic lasts at least."""

READING_INTERVAL: Final = 1.0
"""Seconds between two readings of anything else, where none is set."""


class IdentityConfig(Section):
    """Who the gateway is, and where.

    Attributes:
        id: Its name in topics, tags and at the broker, where it is the client id.
        site: Where it stands; the gateway's id where none is set.
        latitude: Degrees, WGS 84.
        longitude: Degrees, WGS 84.
    """

    id: Id
    site: Id = Field(default_factory=lambda table: table["id"])
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class ClockConfig(Section):
    """Whom to believe the time.

    Attributes:
        trust: `kernel` (adjtimex says synchronised), `file:PATH` (confirmed each time the file is
            touched) or `system` (whatever the wall clock says, steps included).
    """

    trust: str = "kernel"

    @field_validator("trust")
    @classmethod
    def _is_a_source(cls, trust: str) -> str:
        if trust not in {"kernel", "system"} and not trust.startswith("file:/"):
            raise mistake("no such source of time", 'write "kernel", "file:/PATH" or "system"')
        return trust

    @property
    def file(self) -> Path | None:
        """The file whose touch confirms the clock; None with another source."""
        return Path(self.trust.removeprefix("file:")) if self.trust.startswith("file:") else None


class SpoolConfig(Section):
    """The file that keeps what the store has not got yet.

    Attributes:
        path: The SQLite file.
        max_bytes: When it is fuller, the oldest go first.
        max_age: Hours of an open spool after which a batch is given up; left out: never.
        commit_seconds: What a power cut may cost.
    """

    path: File = Path("/var/lib/simpang/spool.db")
    max_bytes: Size = 512 << 20
    max_age: Annotated[float, Field(gt=0)] | None = None
    commit_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0


class PublishConfig(Section):
    """How batches are made and sent.

    Attributes:
        delivery: Whose word lets a batch be forgotten: the collector's `receipt`, or the `broker`.
        batch_seconds: The longest a reading waits for company; 0 sends each alone.
        window: Batches sent and neither receipted nor refused.
        resend_seconds: How long a receipt may take before a batch is sent again.
        reoffer_seconds: How long a refused batch rests before it is offered again.
        health_seconds: Seconds between two messages on `health`.
    """

    delivery: Literal["receipt", "broker"] = "receipt"
    batch_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    window: Annotated[int, Field(ge=1, le=1000)] = 20
    resend_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    reoffer_seconds: Annotated[float, Field(gt=0)] = 86_400.0
    health_seconds: Annotated[float, Field(gt=0, le=86_400)] = 60.0


class Calibration(Section):
    """A correction of one quantity: value = gain × raw + offset.

    Attributes:
        gain: What the raw value is multiplied by.
        offset: What is then added, in the unit of the quantity.
    """

    gain: float = 1.0
    offset: float = 0.0


class DeviceConfig(Section):
    """One device of a port.

    Attributes:
        id: Its name in topics and tags, unique on this gateway.
        driver: How it speaks, `maker.model`.
        interval: Seconds between readings kept, 0 keeps every one; of traffic, the length of an
            interval, at least 1 s. Left out: 1 s, of traffic one minute.
        calibration: Quantity name to its correction.
        address: Its number on a bus, for a driver of one.
        map: Its Modbus register map, `maker.model` or a file, for a driver of such.
        confirmed: Whether a person knows that it is this one: `config init --yes` can't tell apart
            what speaks alike. Until then no value of it is good.
        settings: All other keys of the table: the driver's own.
    """

    id: Id
    driver: str
    interval: Annotated[float, Field(ge=0, le=86_400)] | None = None
    calibration: dict[str, Calibration] = {}
    address: Annotated[int, Field(ge=0, le=65_535)] | None = None
    map: str | None = None
    confirmed: bool = True
    settings: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_settings(cls, table: object) -> object:
        """Put aside what is not ours: only the driver knows its own settings."""
        if not isinstance(table, dict):
            return table
        ours = cls.model_fields.keys() - {"settings"}
        own = {key: value for key, value in table.items() if key in ours}
        return own | {"settings": {key: table[key] for key in table.keys() - ours}}

    def usual_interval(self, *, traffic: bool) -> float:
        """Return the interval that holds: the one set, else a minute of traffic, else 1 s."""
        if self.interval is not None:
            return self.interval
        return TRAFFIC_INTERVAL if traffic else READING_INTERVAL


class PortConfig(Section):
    """One serial port and what hangs on it.

    Attributes:
        url: Whatever `serial_for_url` opens.
        baudrate: Bits a second; left out: the driver's.
        parity: Left out: the driver's.
        stopbits: Left out: the driver's.
        gap_seconds: Silence before each question; left out: 0.05 s where several devices share the
            port. At least 3.5 characters in any case.
        devices: One, or many on a bus.
    """

    url: Annotated[str, Field(min_length=1)]
    baudrate: Annotated[int, Field(ge=50, le=4_000_000)] | None = None
    parity: Literal["N", "E", "O"] | None = None
    stopbits: Literal[1, 2] | None = None
    gap_seconds: Annotated[float, Field(ge=0, le=10)] | None = None
    devices: list[DeviceConfig] = []


class GatewayConfig(Section):
    """The whole of `gateway.toml`."""

    gateway: IdentityConfig
    broker: BrokerConfig
    clock: ClockConfig = ClockConfig()
    spool: SpoolConfig = SpoolConfig()
    publish: PublishConfig = PublishConfig()
    ports: list[PortConfig] = []

    @property
    def devices(self) -> list[DeviceConfig]:
        """All devices of all ports."""
        return [device for port in self.ports for device in port.devices]
