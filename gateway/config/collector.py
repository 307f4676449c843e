"""`collector.toml`: whom a collector listens to and what it fills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Discriminator, Field, Tag, field_validator

from gateway.config.broker import BrokerConfig
from gateway.config.document import load
from gateway.config.rules import broken_rules
from gateway.config.secret import read_secret
from gateway.config.section import File, Section, Size, mistake
from gateway.errors import ConfigError
from schemas.base import Id

if TYPE_CHECKING:
    import os

_USUAL_STORE: Final = "influxdb"


class CollectorIdentity(Section):
    """Who the collector is, and what it does.

    Attributes:
        id: Unique among collectors; at the broker, the client id.
        dead_letters: The folder of what no store will ever take.
        dead_letters_bytes: Its bound; the oldest go first.
        share: A name, to share the readings with other collectors; empty: alone.
        aggregates: Whether this is the one collector that computes hours and days.
        timezone: Whose midnight ends a local day.
    """

    id: Id
    dead_letters: File = Path("/var/lib/simpang/dead")
    dead_letters_bytes: Size = 256 << 20
    share: Id | Literal[""] = ""
    aggregates: bool = True
    timezone: str = "Asia/Jakarta"

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise mistake("no such time zone", 'write one like "Asia/Jakarta"') from None
        return timezone


class _Store(Section):
    write_rows: Annotated[int, Field(ge=1, le=100_000)] = 5000
    write_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5


class InfluxStore(_Store):
    """An InfluxDB: 1.8, 1.11 or later, 2, or (unproven) 3.

    Attributes:
        kind: `influxdb`.
        url: Where it answers.
        org: The organisation; 1.x has none and ignores it.
        bucket: The bucket; of 1.x, the database.
        token_file: The file that holds the token, and nothing else.
        write_rows: Points of one write, at most.
        write_seconds: How long a write stays open.
    """

    kind: Literal["influxdb"] = "influxdb"
    url: str = "http://localhost:8086"
    org: str = "purbalingga"
    bucket: Annotated[str, Field(min_length=1)] = "city"
    token_file: File | None = None

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, url: str) -> str:
        parts = urlsplit(url)
        shape = 'write "http://host:8086" or "https://host:8086"'
        if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable():
            raise mistake("not the address of an InfluxDB", shape)
        if "@" in parts.netloc:
            raise mistake("no name or password in an address", "use token_file")
        if parts.query or parts.fragment:
            raise mistake("nothing follows the path", shape)
        try:
            _ = parts.port
        except ValueError:
            raise mistake("no such port", shape) from None
        return url

    def token(self) -> str:
        """Read the token now; empty where no file is named.

        Raises:
            ConfigError: The file can't be read, or others may read it too, or holds no token.
        """
        if self.token_file is None:
            return ""
        token = read_secret(self.token_file, "store.token_file")
        if not (token.isascii() and token.isprintable()):
            # As a header it would fail, in an error that quotes it.
            raise ConfigError(
                f"store.token_file: {self.token_file} holds a character that no token holds",
                "it must hold the token on one line, and nothing else",
            )
        return token


class SqliteStore(_Store):
    """The embedded store: one file, nothing to install.

    Attributes:
        kind: `sqlite`.
        path: The file.
        write_rows: Points of one write, at most.
        write_seconds: How long a write stays open.
    """

    kind: Literal["sqlite"]
    path: File


def _kind(table: Any) -> str | None:  # noqa: ANN401 - pydantic hands over whatever the file says
    """Say which store a table means; None where it can't be told."""
    kind = table.get("kind", _USUAL_STORE) if isinstance(table, dict) else getattr(table, "kind", 0)
    return kind if isinstance(kind, str) else None


Store = Annotated[
    Annotated[InfluxStore, Tag("influxdb")] | Annotated[SqliteStore, Tag("sqlite")],
    Discriminator(
        _kind,
        custom_error_type="mistake",
        custom_error_message="no such kind of store",
        custom_error_context={"remedy": 'write kind = "influxdb" or kind = "sqlite"'},
    ),
]


class CollectorConfig(Section):
    """The whole of `collector.toml`."""

    collector: CollectorIdentity
    broker: BrokerConfig
    store: Store = InfluxStore()


def load_collector(path: str | os.PathLike[str]) -> CollectorConfig:
    """Load `collector.toml`.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    return load(path, CollectorConfig, broken_rules)
