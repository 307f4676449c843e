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
    from devices.sample import Counter, Detection, Sample, Tally, Vehicle

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
            yield junk_event(run)
            run.clear()
        yield frame_event(driver, settings, piece.raw)
    if run:
        yield junk_event(run)


def _cut(framer: Framer, stream: Iterable[bytes]) -> Iterator[Piece]:
    for data in stream:
        yield from framer.feed(data)
    yield from framer.end()


def junk_event(run: list[Junk]) -> Event:
    """Describe a run of bytes that belongs to no frame."""
    return {"junk": b"".join(junk.raw for junk in run).hex(), "why": run[0].why}


def frame_event(driver: Driver, settings: Settings, raw: bytes) -> Event:
    """Describe a whole frame: its fields, and what it measures or why it doesn't."""
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
        event["detections"] = [_told(detection) for detection in sample.detections]
    for name, told in (("vehicles", sample.vehicles), ("tallies", sample.tallies)):
        if told:
            event[name] = [_told(each) for each in told]
    if sample.counters:
        event["counters"] = {name: _told(each) for name, each in sample.counters.items()}
    return event | ({"fault": sample.fault} if sample.fault else {})


def _told(item: Detection | Vehicle | Tally | Counter) -> dict[str, Any]:
    """Return what is known of a vehicle or a count."""
    return {name: value for name, value in asdict(item).items() if value is not None}
