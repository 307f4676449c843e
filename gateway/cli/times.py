"""Times as people read them: local, with the offset, so that nobody has to guess."""

from __future__ import annotations

from datetime import UTC, datetime


def write_ms(milliseconds: int) -> str:
    """Write ms since 1970 as `2026-01-31 11:05:06+07:00`, in this machine's own zone."""
    moment = datetime.fromtimestamp(milliseconds // 1000, tz=UTC).astimezone()
    return moment.isoformat(sep=" ")
