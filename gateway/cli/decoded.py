"""Bytes of a sensor as events that can be written as JSON: what `device decode` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from devices.errors import DecodeError, DeviceFault, NotReady
from devices.framing import Framer, Junk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from devices.driver import Driver, Settings
    from devices.framing import Piece
    from devices.sample import Sample

Event = dict[str, Any]
"""One frame or one run of junk."""


def decode(driver: Driver, settings: Settings, stream: Iterable[bytes]) -> Iterator[Event]:
    """Decode one stream from its first to its last byte; a run of junk is one event.

    Args:
        driver: How the sensor speaks.
        settings: As `driver.configure` returned them.
        stream: Its bytes, in any portions.
    """
    run: list[Junk] = []
    for piece in _cut(Framer(driver.cutter(settings)), stream):
        if isinstance(piece, Junk):
            run.append(piece)
            continue
        if run:
            yield _junk(run)
            run.clear()
        yield _frame(driver, settings, piece.raw)
    if run:
        yield _junk(run)


def _cut(framer: Framer, stream: Iterable[bytes]) -> Iterator[Piece]:
    for data in stream:
        yield from framer.feed(data)
    yield from framer.end()


def _junk(run: list[Junk]) -> Event:
    return {"junk": b"".join(junk.raw for junk in run).hex(), "why": run[0].why}


def _frame(driver: Driver, settings: Settings, raw: bytes) -> Event:
    event: Event = {"frame": raw.hex()}
    try:
        event["fields"] = driver.decode(raw, settings)
        sample = driver.sample(event["fields"], settings)
    except NotReady as error:
        return event | {"not_ready": error.why}
    except DeviceFault as error:
        return event | {"fault": error.why}
    except DecodeError as error:
        return event | {"error": error.why}
    return event if sample is None else event | _sample(driver, sample)


def _sample(driver: Driver, sample: Sample) -> Event:
    event: Event = {"sample": dict(sample.values)}
    if driver.channels:
        event["detections"] = [
            {name: value for name, value in asdict(detection).items() if value is not None}
            for detection in sample.detections
        ]
    return event | ({"fault": sample.fault} if sample.fault else {})
