"""A city for an evening: two gateways whose sensors measure every quantity there is.

Made of batches and messages, and of the points that a collector makes of them. Some values are
suspect, some rejected, some missing, some calibrated; one gateway has fallen silent, one sensor
does not speak, some readings never got a date, some batches were lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.collector.points import of_batch, of_delivery, of_site, of_spool
from schemas.about import About
from schemas.batch import Batch
from schemas.quantity import QUANTITIES
from schemas.spool import EpochState, SpoolState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.collector.points import Point

END: Final = 1_764_000_000_000
HOURS: Final = 3
START: Final = END - HOURS * 3_600_000
SITE: Final = "alun-alun"
GATEWAYS: Final = ("gw-alun-alun", "gw-2.utara")
SILENT_SINCE: Final = END - 2 * 3_600_000
EPOCH: Final = "6f1c0a0000000001"

_MINUTE: Final = 60_000
_REPORT: Final = 5 * _MINUTE

SENSORS: Final = {
    "air-1": "air",
    "weather-1": "weather",
    "noise-1": "noise",
    "radar-1": "traffic",
    "gps-1": "position",
    "lidar-1": "distance",
}
CALIBRATED: Final = {"air", "weather", "noise", "distance"}
OF_A_SENSOR: Final = (
    "last_frame",
    "frames",
    "errors",
    "junk",
    "stalled",
    "device_fault",
    "silence",
)


def points() -> Iterator[Point]:
    """Make all points of the city."""
    for gateway in GATEWAYS:
        for seq, batch in enumerate(_batches(gateway), 1):
            numbered = batch.model_copy(update={"seq": seq})
            yield from of_batch(gateway, numbered)
            yield of_delivery(gateway, numbered)
        yield from _messages(gateway)


def _batches(gateway: str) -> Iterator[Batch]:
    end = END if gateway == GATEWAYS[0] else SILENT_SINCE
    for at in range(START, end, _MINUTE):
        for device, measurement in SENSORS.items():
            for channel in ("east", "west") if measurement == "traffic" else (None,):
                yield _measured(device, measurement, channel, at)
    for at in range(START, end, _REPORT):
        yield _report("node", [name for name in _names("node") if name not in OF_A_SENSOR], at)
        for number, device in enumerate(SENSORS):
            yield _report(device, list(OF_A_SENSOR), at, silent=number == 0)
    if gateway == GATEWAYS[0]:
        yield _batch("air-1", ["pm2_5", "boot_ms"], [[0, "1", 7.0, 5300]], END, boot="0f-boot")


def _names(measurement: str) -> list[str]:
    return [each.name for each in QUANTITIES.values() if each.measurement == measurement]


def _measured(device: str, measurement: str, channel: str | None, at: int) -> Batch:
    """Make one reading; its quantities take turns in being doubted, refused and missing."""
    minute = at // _MINUTE
    names = _names(measurement)
    if measurement in CALIBRATED:
        names = [each for name in names for each in (name, f"{name}_raw")]
    flags, causes, values = "", "", []
    for number, name in enumerate(names):
        turn = (minute + number) % 7
        flag, cause = {1: ("3", "2"), 3: ("4", "7"), 5: ("9", "0")}.get(turn, ("1", "0"))
        low = QUANTITIES[name.removesuffix("_raw")].low
        flags, causes = flags + flag, causes + cause
        values.append(None if flag == "9" else low + 1 + minute % 3)
    return _batch(device, names, [[0, flags, *values]], at, channel=channel, why={"0": causes})


def _report(device: str, names: list[str], at: int, *, silent: bool = False) -> Batch:
    values = [4.0 if silent and name == "silence" else 1.0 for name in names]
    values = [
        0.0 if name == "silence" and not silent else v
        for name, v in zip(names, values, strict=True)
    ]
    return _batch(device, names, [[137, "1", *values]], at)


def _batch(
    device: str,
    names: list[str],
    rows: list[list[object]],
    at: int,
    channel: str | None = None,
    boot: str | None = None,
    why: dict[str, str] | None = None,
) -> Batch:
    return Batch(
        epoch=EPOCH, seq=1, device=device, channel=channel, site=SITE, model="a.sensor",
        clock="never" if boot else "synced", boot=boot, t=at, q=names, r=rows, why=why or {},
        every=60.0,
    )  # fmt: skip


def _messages(gateway: str) -> Iterator[Point]:
    yield from of_site(
        About(gateway=gateway, site=SITE, latitude=-7.3881, longitude=109.3636, devices=[]), START
    )
    for at in range(START, END, 10 * _MINUTE):
        following = 2 + (at - START) // _MINUTE
        state = EpochState(epoch=EPOCH, low=2, next=following, dropped=[(1, 1, "full")])
        yield from of_spool(gateway, SpoolState(now=EPOCH, epochs=[state]), at)
