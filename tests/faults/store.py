"""The store: what was found in it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from gateway.collector.points import ALL_CHANNELS, TOUCHED, TRAFFIC, UNDATED
from schemas.quantity import speed_bin
from tests.faults.account import Found
from tests.faults.schedule import RADAR, READERS
from tests.faults.sensors import TRAFFIC_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.collector.points import Fields
    from gateway.collector.store import Reader
    from gateway.simulator.road import Vehicle

_NEAR_SECONDS: Final = 60.0
"""Within so much of its time a bin of speed names one vehicle: see `sensors.SPEEDS`."""


def readings(store: Reader) -> Iterator[Found]:
    """Find every number of an air sensor, dated or not."""
    for device in READERS:
        for measurement in ("air", UNDATED):
            for _, time, fields in store.select(measurement, {"device": device}):
                value = fields.get("pn0_3", fields.get("pn0_3_rejected"))
                if value is None:
                    continue
                number = round(float(value) * 100)
                at = time / 1000
                yield Found(device, number, at, at, dated=measurement != UNDATED)


def vehicles(store: Reader, known: Mapping[int, Vehicle], offset: float) -> Iterator[Found]:
    """Find every vehicle by its channel and bin of speed; one of no vehicle has the number 0."""
    bins = _by_bin(known, offset)
    for measurement in (TRAFFIC, UNDATED):
        for tags, time, fields in store.select(measurement, {"device": RADAR}):
            begin = time / 1000
            suffix = "" if measurement == TRAFFIC else "_rejected"
            end = (begin // TRAFFIC_INTERVAL + 1) * TRAFFIC_INTERVAL
            channel = dict(tags).get("channel", ALL_CHANNELS)
            for name, count in _bins(fields, suffix):
                number = _nearest(bins[channel, name], (begin + end) / 2)
                for _ in range(count):
                    yield Found(RADAR, number, begin, end, dated=measurement == TRAFFIC)


def flaws(store: Reader, gateway: str) -> Iterator[str]:
    """Find what contradicts itself in the running counts, and what no aggregate would hear of."""
    before: Counter[str] = Counter()
    for tags, time, fields in store.select(TRAFFIC, {"device": RADAR}):
        total, channel = fields.get("count_total"), dict(tags)["channel"]
        if total is None:
            continue
        if round(float(total)) < before[channel] + round(float(fields["count"])):
            yield f"count: {channel} at {time} counts {total}, after {before[channel]}"
        before[channel] = round(float(total))
    for device, measurement in ((RADAR, TRAFFIC), *((reader, "air") for reader in READERS)):
        spans = [
            (int(fields["first"]), int(fields["last"]))
            for _, _, fields in store.select(TOUCHED, {"gateway": gateway, "device": device})
        ]
        for _, time, _ in store.select(measurement, {"device": device}):
            if not any(first <= time <= last for first, last in spans):
                yield f"untouched: {device} at {time}"


def _bins(fields: Fields, suffix: str) -> Iterator[tuple[str, int]]:
    for field, value in fields.items():
        name = field.removesuffix(suffix)
        if name.startswith("speed_b") and name[7:].isdigit() and field.endswith(suffix) and value:
            yield name, round(float(value))


def _by_bin(
    known: Mapping[int, Vehicle], offset: float
) -> defaultdict[tuple[str, str], list[tuple[float, int]]]:
    bins: defaultdict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for number, vehicle in known.items():
        key = vehicle.channel, speed_bin(vehicle.speed)
        bins[key].append((vehicle.enters + offset, number))
    return bins


def _nearest(candidates: list[tuple[float, int]], at: float) -> int:
    place = bisect_left(candidates, (at, 0))
    near = candidates[max(0, place - 1) : place + 1]
    distance, number = min(((abs(when - at), number) for when, number in near), default=(1e9, 0))
    return number if distance <= _NEAR_SECONDS else 0
