"""One reading of one sensor, and how it is shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from devices.errors import DeviceFault, DriverError, NoReply, NotReady
from devices.sample import Counter
from gateway.cli.catalogue import catalogue
from gateway.cli.exchange import Exchange
from gateway.cli.language import Language
from gateway.cli.progress import Status
from gateway.cli.texts import Texts
from gateway.cli.words import write_bytes, write_foreign, write_number
from gateway.edge.conversation import another
from gateway.errors import SimpangError
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.driver import Line
    from devices.sample import Sample
    from gateway.config.gateway import Calibration
    from gateway.config.sensor import Sensor

_REST: Final = 1.0
"""Seconds between two attempts."""

_HEAD: Final = 64
"""Bytes that are kept, to show how what came begins."""

say: Final = Texts(
    {
        # in English, in Indonesian
        "waiting": ("waiting for {name}: {why}", "menunggu {name}: {why}"),
        "missing": ("no value", "tanpa nilai"),
        "nobody": ("it measures; nobody passed", "sensor bekerja; tidak ada yang lewat"),
        "seen": ("seen", "terlihat"),
        "counted": ("counted by itself", "dihitung sensor"),
        "fault": ("fault", "gangguan"),
        "warm": (
            "not to be trusted until it has run for {seconds:g} s",
            "belum dapat dipercaya sebelum menyala {seconds:g} dtk",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Target:
    """A sensor that is to be read.

    Attributes:
        name: The device's id, or its driver's name.
        url: Its port.
        line: How the port is set.
        sensor: Who is there.
        calibration: Quantity to its correction.
    """

    name: str
    url: str
    line: Line
    sensor: Sensor
    calibration: Mapping[str, Calibration] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        target: The sensor.
        sample: What it measured, calibrated; None where it measured nothing.
        problem: Why there is none.
        remedy: What to do.
        size: How many bytes were read.
        head: The first of them.
    """

    target: Target
    sample: Sample | None = None
    problem: str = ""
    remedy: str = ""
    size: int = 0
    head: bytes = b""

    def for_programs(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        driver = self.target.sensor.driver
        shown: dict[str, Any] = {
            "device": self.target.name,
            "driver": driver.name,
            "url": self.target.url,
        }
        if self.sample is None:
            said = {"error": self.problem, "remedy": self.remedy}
            return shown | said | {"bytes": self.size, "beginning": write_bytes(self.head)}
        shown["values"] = values_of(self)
        if driver.channels:
            shown["seen"] = [
                {"channel": channel, "speed": speed} for channel, speed in _seen(self.sample)
            ]
            shown["counted"] = dict(_counted(self.sample))
        return shown | ({"fault": self.sample.fault} if self.sample.fault else {})


def read_once(target: Target, seconds: float, language: Language) -> Result:
    """Read a sensor, which may warm up or be silent for so many seconds."""
    size, head = 0, b""

    def heard(data: bytes) -> None:
        nonlocal size, head
        size += len(data)
        head = (head + data)[:_HEAD]

    until = time.monotonic() + seconds
    driver, settings = target.sensor.driver, target.sensor.settings
    try:
        with (
            Status() as status,
            Exchange(target.url, target.line, target.sensor, heard) as exchange,
        ):
            started = False
            while True:
                try:
                    if not started:
                        exchange.run(driver.greet(settings))
                        started = True
                    sample = exchange.run(driver.read(settings))
                    if exchange.odd:
                        remedy = f"simpang device probe {target.url}"
                        return Result(target, None, another(driver), remedy, size, head)
                    return Result(target, sample)
                except DriverError as error:
                    if time.monotonic() + _REST > until:
                        return _failed(target, error, size, head)
                    why = catalogue(language).translate(error.why)
                    status.show(say("waiting", language, name=target.name, why=why))
                    time.sleep(_REST)
    except SimpangError as error:
        return Result(target, problem=error.what, remedy=error.remedy)


def values_of(result: Result) -> dict[str, float | None]:
    """Return the values of a sample, calibrated."""
    sample = result.sample
    values = {} if sample is None else dict(sample.values)
    for name, correction in result.target.calibration.items():
        value = values.get(name)
        if value is not None:
            values[name] = correction.gain * value + correction.offset
    return values


def show(result: Result, language: Language) -> str:
    """Write a result for people, a line a quantity."""
    target, sample = result.target, result.sample
    driver = target.sensor.driver
    title = f"{target.name}  {target.url}"
    if sample is None:
        known = catalogue(language)
        lines = [title, f"  {write_foreign(known.translate(result.problem))}"]
        lines += [f"  → {known.translate(result.remedy)}"] if result.remedy else []
        return "\n".join(lines)
    lines = [title]
    for name, value in values_of(result).items():
        quantity = QUANTITIES[name]
        label = quantity.label_id if language is Language.ID else quantity.label_en
        shown = say("missing", language) if value is None else write_number(value, language)
        unit = "" if value is None else quantity.unit
        lines.append(f"  {label:<30} {shown:>12} {unit}".rstrip())
    for channel, speed in _seen(sample):
        shown = "" if speed is None else f" {write_number(speed, language)} km/h"
        lines.append(f"  {say('seen', language)}: {channel}{shown}")
    for channel, count in _counted(sample):
        lines.append(f"  {say('counted', language)}: {channel} {write_number(count, language)}")
    if driver.channels and len(lines) == 1:
        lines.append(f"  {say('nobody', language)}")
    if sample.fault:
        lines.append(f"  {say('fault', language)}: {write_foreign(sample.fault)}")
    if driver.warmup_seconds:
        lines.append(f"  ({say('warm', language, seconds=driver.warmup_seconds)})")
    return "\n".join(lines)


def _seen(sample: Sample) -> list[tuple[str, float | None]]:
    """Return channel and speed of all that is passing or has passed."""
    passing = [(each.channel, each.speed) for each in sample.detections]
    return passing + [(each.channel, each.speed) for each in sample.vehicles]


def _counted(sample: Sample) -> list[tuple[str, float]]:
    """Return channel and count of a sensor that counts by itself, as it tells them."""
    return [
        (each.channel, each.count.value if isinstance(each.count, Counter) else each.count)
        for each in sample.tallies
    ]


def _failed(target: Target, error: DriverError, size: int, head: bytes) -> Result:
    """Say why nothing was measured, and what to do: it depends on whether anything came."""
    problem, remedy = error.why, f"simpang device probe {target.url}"
    if isinstance(error, NotReady):
        remedy = "wait, then read it again"
    elif isinstance(error, DeviceFault):
        remedy = "it says so itself: look at it, and into its manual"
    elif isinstance(error, NoReply) and not size:
        problem = f"nothing that it says was heard: {error.why}"
    elif isinstance(error, NoReply):
        problem = f"bytes that came: {size}, but nothing that it says: {write_bytes(head)}"
        described = "pattern" in target.sensor.driver.takes
        fits = "does the pattern fit?" if described else "do driver and baud rate fit?"
        remedy = f"{fits} simpang port monitor {target.url} shows what comes"
    return Result(target, None, problem, remedy, size, head)
