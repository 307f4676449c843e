"""What an HTTP answer of an InfluxDB says, whoever may stand in front of it: a proxy, a portal."""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from urllib3.exceptions import ReadTimeoutError

from schemas.base import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_AFTER: Final = 300.0
"""Seconds of a Retry-After that are believed: no proxy may silence a city for a day."""


def find_words(body: bytes | str) -> str:
    """Find what the server says in a body that may be anything; of a web page, nothing."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    if text.lstrip().startswith("<"):
        return ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        found = document.get("message", document.get("error"))
        text = found if isinstance(found, str) else text
    return plain(text.strip())


def is_influx(body: str) -> bool:
    """Say whether a body is an error as InfluxDB words it, and not that of a proxy or a portal."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and any(
        isinstance(document.get(key), str) for key in ("message", "error")
    )


def plain(text: str) -> str:
    """Shorten a text, and leave nothing in it that a terminal or a log would obey."""
    return "".join(char if char.isprintable() else " " for char in shorten(text))


def silence(error: Exception) -> str:
    """Say why no answer came, the same words each time: a log folds them into one line."""
    if isinstance(error, ReadTimeoutError):
        return "it takes too long"
    return plain(str(error))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After: seconds, or a date, which is held against the server's own clock."""
    text = headers.get("Retry-After")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers["Date"])
            seconds = (until - now).total_seconds()
        except (KeyError, TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), LONGEST_AFTER) if math.isfinite(seconds) else None
