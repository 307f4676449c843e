"""The two stores, opened as a config says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import SqliteStore as SqliteSettings

if TYPE_CHECKING:
    from gateway.collector.store import Reader, Store
    from gateway.config.collector import InfluxStore as InfluxSettings


def open_store(settings: InfluxSettings | SqliteSettings) -> Store[Any]:
    """Make the store that a config names; nothing is reached or opened yet."""
    if isinstance(settings, SqliteSettings):
        return SqliteStore(settings.path)
    from gateway.collector.influx import InfluxStore  # noqa: PLC0415 - half a second to import

    return InfluxStore(settings)


def open_reader(settings: InfluxSettings | SqliteSettings) -> Reader:
    """Make what answers questions about that store.

    Raises:
        ConfigError: The token can't be read.
    """
    if isinstance(settings, SqliteSettings):
        return SqliteStore(settings.path)
    from gateway.collector.influxql import InfluxReader  # noqa: PLC0415 - for the same reason

    return InfluxReader(settings.url, settings.org, settings.bucket, settings.token() or None)
