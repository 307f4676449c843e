"""The two stores, opened as a config says."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from gateway.collector.points import DELIVERY
from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import SqliteStore as SqliteSettings
from gateway.errors import ConfigError, StoreBusy, StoreDenied

if TYPE_CHECKING:
    from gateway.collector.store import Reader, Store
    from gateway.config.collector import InfluxStore as InfluxSettings
    from gateway.errors import SimpangError

_PATIENCE: Final = 5.0
"""Seconds that a database may take to answer somebody who checks a config."""


def open_store(settings: InfluxSettings | SqliteSettings) -> Store[Any]:
    """Make the store that a config names; nothing is reached or opened yet."""
    if isinstance(settings, SqliteSettings):
        return SqliteStore(settings.path)
    from gateway.collector.influx import InfluxStore  # noqa: PLC0415 - half a second to import

    return InfluxStore(settings)


def ask(settings: InfluxSettings) -> SimpangError | None:
    """Ask an InfluxDB the least there is to ask, and return why it does not answer."""
    from gateway.collector.influxql import InfluxReader  # noqa: PLC0415 - only when asked for

    try:
        token = settings.token() or None
        reader = InfluxReader(settings.url, settings.org, settings.bucket, token, _PATIENCE)
        with closing(reader):
            reader.newest(DELIVERY, {})
    except (ConfigError, StoreBusy, StoreDenied) as error:
        return error
    return None


def open_reader(settings: InfluxSettings | SqliteSettings, patience: float | None = None) -> Reader:
    """Make what answers questions about that store.

    Args:
        settings: Which one.
        patience: Seconds that a database may think about one; None: as long as is usual.

    Raises:
        ConfigError: The token can't be read.
    """
    if isinstance(settings, SqliteSettings):
        return SqliteStore(settings.path)
    from gateway.collector.endpoint import ANSWER_SECONDS  # noqa: PLC0415 - for the same reason
    from gateway.collector.influxql import InfluxReader  # noqa: PLC0415 - for the same reason

    wait, token = patience or ANSWER_SECONDS, settings.token() or None
    return InfluxReader(settings.url, settings.org, settings.bucket, token, wait)
