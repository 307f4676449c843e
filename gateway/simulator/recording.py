"""A recording: what came off a line and when, as lines of JSON that a bug report can carry.

The first line says what it is: `{"simpang": "recording", "baudrate": 9600, …}`; each other line is
one portion of bytes: `{"at": 0.125, "hex": "424d…"}`, with the seconds since it began. A file that
begins otherwise is taken for the bare bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.driver import Line
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_KIND: Final = "recording"
_LONGEST: Final = 64 << 20
"""Bytes of a file that is read; what is longer is no recording of a serial line."""

_LONGEST_HEAD: Final = 4096

BARE_SECONDS: Final = 1.0
"""Between two portions of bare bytes, which do not say when they came."""

_BARE_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class Portion:
    """Bytes that came together, and when: seconds since the recording began."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """All portions in order; the line is None where the file doesn't tell."""

    line: Line | None
    portions: tuple[Portion, ...]

    @property
    def data(self) -> bytes:
        """All bytes."""
        return b"".join(portion.data for portion in self.portions)


class Recorder:
    """Writes a recording, a line at a time: what was written stays, whatever happens next."""

    def __init__(self, file: IO[str], line: Line, **about: str) -> None:
        """Begin with the line's settings and what else is to be known."""
        self._file = file
        self._write({"simpang": _KIND, **asdict(line), **about})

    def add(self, at: float, data: bytes) -> None:
        """Write bytes that came `at` seconds after the beginning."""
        self._write({"at": round(at, 4), "hex": data.hex()})

    def _write(self, row: dict[str, Any]) -> None:
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


def is_recording(path: Path) -> bool:
    """Say whether a file is a recording, and not bare bytes.

    Raises:
        OSError: It can't be read.
    """
    with path.open("rb") as file:
        return _object(file.readline(_LONGEST_HEAD)).get("simpang") == _KIND


def read_recording(path: Path) -> Recording:
    """Read a recording, or bare bytes.

    Raises:
        ConfigError: The file can't be read, holds nothing, or a line of it is wrong.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ConfigError(f"{path} is too long for a recording", "cut it")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    if not data:
        raise ConfigError(f"{path} is empty", "record a sensor's bytes into it")
    head, _, rest = data.partition(b"\n")
    about = _object(head)
    if about.get("simpang") != _KIND:
        return Recording(None, tuple(_bare(data)))
    portions = tuple(_portions(path, rest.splitlines()))
    if not portions:
        raise ConfigError(f"{path} holds no bytes", "nothing came while it was recorded")
    return Recording(_line(path, about), portions)


def _bare(data: bytes) -> Iterator[Portion]:
    for number, begin in enumerate(range(0, len(data), _BARE_SIZE)):
        yield Portion(number * BARE_SECONDS, data[begin : begin + _BARE_SIZE])


def _portions(path: Path, rows: list[bytes]) -> Iterator[Portion]:
    at = 0.0
    for number, text in enumerate(rows, start=2):
        row = _object(text)
        try:
            at = max(at, float(row["at"]))
            yield Portion(at, bytes.fromhex(row["hex"]))
        except (KeyError, ValueError, TypeError):
            if number == len(rows) + 1:
                return  # the last line was being written when it ended
            raise ConfigError(f"{path}, line {number}, is no line of a recording") from None


def _line(path: Path, about: dict[str, Any]) -> Line:
    baudrate, parity, stopbits = (about.get(key) for key in ("baudrate", "parity", "stopbits"))
    if type(baudrate) is int and baudrate > 0 and stopbits in {1, 2}:
        match parity:
            case "N" | "E" | "O":
                return Line(baudrate, parity, 2 if stopbits == 2 else 1)  # noqa: PLR2004 - as it is
    raise ConfigError(f"{path}, line 1, tells no line settings", "record it again")


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
