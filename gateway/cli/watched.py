"""Bytes as a technician sees them: hex and text, 80 columns wide, and frames where they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from devices.framing import Frame, Framer
from gateway.cli.catalogue import catalogue
from gateway.cli.decoded import frame_event, junk_event
from gateway.cli.texts import Texts
from gateway.cli.words import write_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devices.framing import Piece
    from gateway.cli.language import Language
    from gateway.config.sensor import Sensor
    from gateway.edge.port import Chunk

_say: Final = Texts({
    # in English, in Indonesian
    "junk": ("junk", "derau"),
    "why": ("why", "sebab"),
    "sample": ("sample", "terukur"),
    "detections": ("detections", "terlihat"),
    "vehicles": ("vehicles", "kendaraan"),
    "not_ready": ("not ready", "belum siap"),
    "fault": ("fault", "gangguan"),
    "error": ("error", "salah"),
})  # fmt: skip

WIDTH: Final = 80
_ROW: Final = 16
"""Bytes in a row."""

_IDLE: Final = 0.5
"""A gap within a frame after which the rest of it will never come."""


_PAUSE: Final = 0.05
"""A gap between bytes that did not come together."""


class Watched:
    """Turns what is read from a port into lines; with a sensor, into its frames."""

    def __init__(self, sensor: Sensor | None, language: Language, *, json: bool) -> None:
        """Show bytes, or what a sensor's frames say; as JSON, an object a line."""
        self._sensor = sensor
        self._language = language
        self._json = json
        self._framer = None if sensor is None else Framer(sensor.driver.cutter(sensor.settings))
        self._heard_at = 0.0
        self._began = ""
        self._run = b""

    def lines(self, chunk: Chunk) -> Iterator[str]:
        """Write what one read brought."""
        gap = chunk.now - self._heard_at
        if self._framer is None:
            if not chunk.data or gap > _PAUSE:
                yield from self._flush()
            if chunk.data:
                self._began = self._began or _write_time(chunk.stamp.wall)
                self._run += chunk.data
        elif chunk.data:
            self._began = _write_time(chunk.stamp.wall)
            yield from self._pieces(self._framer.feed(chunk.data))
        elif gap > _IDLE:
            yield from self._pieces(self._framer.end())
        if chunk.data:
            self._heard_at = chunk.now

    def end(self) -> Iterator[str]:
        """Write what is left."""
        yield from self._flush()
        if self._framer is not None:
            yield from self._pieces(self._framer.end())

    # -- within -----------------------------------------------------------------------------

    def _flush(self) -> Iterator[str]:
        """Write the bytes that came together."""
        run, at = self._run, self._began
        self._run, self._began = b"", ""
        if self._json and run:
            yield json.dumps({"at": at, "hex": run.hex()})
            return
        for begin in range(0, len(run), _ROW):
            row = run[begin : begin + _ROW]
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004 - what ASCII can print
            yield f"{at if begin == 0 else '':12} {row.hex(' '):{3 * _ROW}}{text}"

    def _pieces(self, pieces: list[Piece]) -> Iterator[str]:
        for piece in pieces:
            yield from self._piece(piece)

    def _piece(self, piece: Piece) -> Iterator[str]:
        if self._sensor is None:
            return
        if isinstance(piece, Frame):
            event = frame_event(self._sensor.driver, self._sensor.settings, piece.raw)
        else:
            event = junk_event([piece])
        if self._json:
            yield json.dumps({"at": self._began} | event, allow_nan=False)
        else:
            yield from _for_people(self._began, event, self._language)


def _for_people(at: str, event: dict[str, Any], language: Language) -> Iterator[str]:
    raw = event["frame"] if "frame" in event else f"{_say('junk', language)} {event['junk']}"
    yield _cut(f"{at} {raw}")
    for name in ("why", "sample", "detections", "vehicles", "not_ready", "fault", "error"):
        if name in event:
            value = event[name]
            known = catalogue(language)
            is_text = isinstance(value, str)
            text = write_foreign(known.translate(value)) if is_text else json.dumps(value)
            yield _cut(f"{'':12} {_say(name, language)}: {text}")


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _write_time(wall: float) -> str:
    return datetime.fromtimestamp(wall, tz=UTC).astimezone().strftime("%H:%M:%S.%f")[:12]
