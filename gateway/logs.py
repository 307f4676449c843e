"""One format for what a process says on stderr: to a person with the time, to journald without.

Levels: `info` for what changes seldom (started, connected, port open), `warning` for what someone
should look at, `error` for what needs someone, `debug` for the rest. What happens with every
reading is counted, never logged; whatever else comes too often is let through a few times a minute.
No password, token or payload is ever written.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_PRIORITIES: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""From which level on a line has which priority (sd-daemon(3)); below all of them: 7, debug."""


FEW: Final = 5
"""Lines of one kind from one thread that are let through a minute."""

_MINUTE: Final = 60.0


@dataclass(slots=True)
class _Kind:
    """One kind of line: since when it is counted, how often it was said and left out."""

    since: float
    said: int = 0
    left_out: int = 0


class Few(logging.Filter):
    """Lets no kind of line flood a log; the next one let through says how many were left out.

    A kind is what stands in the code (logger, level, sentence) and the thread that says it: no port
    takes the word from another.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing said."""
        super().__init__()
        self._monotonic = monotonic
        self._kinds: dict[Hashable, _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is let through, and add to it what was not."""
        now = self._monotonic()
        sentence = (record.threadName, record.name, record.levelno, str(record.msg))
        kind = self._kinds.setdefault(sentence, _Kind(now))
        if now - kind.since >= _MINUTE:
            kind.since, kind.said = now, 0
        if kind.said == FEW:
            kind.left_out += 1
            return False
        kind.said += 1
        if kind.left_out:
            record.msg = f"{record.msg} (and {kind.left_out} more like it before)"
            kind.left_out = 0
        return True


class _Person(logging.Formatter):
    """`2026-01-31T04:05:06Z warning port-1: no reply`: UTC, since logs travel."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(level)s %(threadName)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        record.level = record.levelname.lower()
        return super().format(record)


class _Journal(logging.Formatter):
    """`<4>port-1: no reply`: journald knows the time, and reads the priority off each line."""

    def __init__(self) -> None:
        super().__init__("%(threadName)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        priority = next((number for level, number in _PRIORITIES if record.levelno >= level), 7)
        lines = super().format(record).splitlines() or [""]
        return "\n".join(f"<{priority}>{line}" for line in lines)


def start(level: str | None = None, env: Mapping[str, str] = os.environ) -> None:
    """Send the logs of this process to stderr, once, before anything is said.

    Args:
        level: `debug`, `info`, `warning` or `error`; None: SIMPANG_LOG, or else `info`.
        env: The environment.

    Raises:
        ConfigError: There is no such level.
    """
    name = level or env.get("SIMPANG_LOG") or "info"
    if name not in LEVELS:
        raise ConfigError(f"there is no log level {name!r}", f"choose one of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Few())
    handler.setFormatter(_Journal() if _is_journal(sys.stderr.fileno(), env) else _Person())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[name])
    logging.captureWarnings(capture=True)


def _is_journal(descriptor: int, env: Mapping[str, str]) -> bool:
    """Say whether journald reads our stderr: JOURNAL_STREAM names its device and inode."""
    status = os.fstat(descriptor)
    return env.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def write_count(number: int, one: str, many: str) -> str:
    """Write `1 frame`, `2 frames`."""
    return f"{number} {one if number == 1 else many}"
