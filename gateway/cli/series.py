"""Values with their times, for a comparison: out of a CSV file, or out of the store."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError
from schemas.quantity import QUANTITIES, RAW_SUFFIX
from schemas.reading import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TIMES: Final = ("time", "timestamp", "datetime", "date_time", "waktu", "_time")
_VALUES: Final = ("value", "nilai", "_value")
_MOST_MS: Final = 1e11
"""Numbers beyond it are ms since 1970, below it seconds."""


def read_csv(path: Path, quantity: str) -> Iterator[tuple[float, float]]:
    """Read times, s since 1970, and values; a row without a value is passed over.

    The first row names the columns: `time` (ISO 8601, without a zone in that of this machine; or
    seconds or ms since 1970), and the quantity, its raw twin, or `value`.

    Raises:
        ConfigError: The file can't be read, lacks a column, or a row of it makes no sense.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is no text", "save it as CSV, UTF-8") from None
    head, *rows = list(csv.reader(text.splitlines(), delimiter=_delimiter(text))) or [[]]
    columns = [name.strip().lower() for name in head]
    when = _column(path, columns, _TIMES)
    what = _column(path, columns, (quantity + RAW_SUFFIX, quantity, *_VALUES))
    for number, row in enumerate(rows, start=2):
        if len(row) <= max(when, what) or not row[what].strip():
            continue
        try:
            yield _time(row[when].strip()), float(row[what])
        except ValueError as error:
            raise ConfigError(f"{path}, line {number}: {error}") from None


def is_raw(path: Path, quantity: str) -> bool:
    """Say whether a CSV file has the raw twin of a quantity, from before any calibration."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return quantity + RAW_SUFFIX in file.readline().lower()


def read_store(
    collector: Path, gateway: str, device: str, quantity: str, since: float
) -> Iterator[tuple[float, float]]:
    """Read good values of a device from the store, from `since` on (s since 1970).

    They are those from before any calibration: what is corrected has its raw twin beside it.

    Yields:
        The time, s, and the value.

    Raises:
        ConfigError: The config has mistakes.
        StoreBusy: The store does not answer.
        StoreDenied: It does not let us in.
    """
    from gateway.collector.stores import open_reader
    from gateway.config.collector import load_collector

    measurement = QUANTITIES[quantity].measurement
    tags = {"gateway": gateway, "device": device}
    reader = open_reader(load_collector(collector).store)
    for _, at, fields in reader.select(measurement, tags, int(1000 * since)):
        if fields.get(f"{quantity}_qf") not in {Flag.PASS, Flag.NOT_EVALUATED}:
            continue
        raw = fields.get(quantity + RAW_SUFFIX)
        value = fields.get(quantity) if raw is None else raw
        if isinstance(value, int | float):
            yield at / 1000, float(value)


def _delimiter(text: str) -> str:
    """Tell a comma from a semicolon, which spreadsheets write where the comma is decimal."""
    head = text.partition("\n")[0]
    return ";" if head.count(";") > head.count(",") else ","


def _column(path: Path, columns: list[str], names: tuple[str, ...]) -> int:
    for name in names:
        if name in columns:
            return columns.index(name)
    wanted = " or ".join(names[:3])
    raise ConfigError(
        f"{path} has no column {wanted}", f"its first row names: {', '.join(columns)}"
    )


def _time(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    return number / 1000 if abs(number) > _MOST_MS else number
