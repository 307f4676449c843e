"""From the last byte of a frame to the broker's word, and to what a dashboard can see."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import count
from math import ceil, isclose
from threading import Event
from typing import TYPE_CHECKING, Any, Final, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.city import City, running
from bench.figure import at_most, figure
from bench.tap import Tap
from devices import registry
from gateway.simulator.air import Air
from gateway.simulator.plantower import Plantower
from gateway.simulator.uart import Uart
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.figure import Figure
    from bench.run import Run
    from tests.influx import Influx

FRAMES: Final = 200
"""Frames of a round: the third slowest of them is its p99."""

PUBACK: Final = at_most(50.0)

_PATIENCE: Final = 10.0
_MODEL: Final = "plantower.pms5003"

_GATEWAY: Final = """\
[gateway]
id = "gw-1"

[broker]
url = "mqtt://127.0.0.1:{port}"

[clock]
trust = "system"

[spool]
path = "{folder}/spool.db"

[publish]
batch_seconds = 0

[[ports]]
url = "{folder}/tty-pm-1"
devices = [{{ id = "pm-1", driver = "{model}", interval = 0 }}]
"""


def measure(run: Run) -> Iterator[Figure]:
    """Send frame after frame through everything, and in turn the barest message and line."""
    times: dict[str, list[list[float]]] = {
        "frame to PUBACK": [], "frame to queryable": [], "bare publish": [], "bare write": [],
    }  # fmt: skip
    with ExitStack() as stack:
        city = stack.enter_context(City(run.folder))
        tap = stack.enter_context(Tap(city.broker.port, "/readings/pm-1"))
        sensor = _Sensor(run.folder / "tty-pm-1")
        config = _config(run.folder, tap.port)
        gateway = city.python("gateway", "gateway.edge.process", "--config", str(config))
        for child in (city.collector(), gateway):
            stack.enter_context(running(child))
        bare = stack.enter_context(_Bare(city.broker.port))
        until(lambda: sensor.wakes(tap), _PATIENCE, "a first reading")
        for _ in run.rounds("latency"):
            for series in times.values():
                series.append([])
            for _ in range(run.part(FRAMES)):
                took = (*sensor.frame(tap, city.influx), bare.publish(), bare.write(city.influx))
                for series, seconds in zip(times.values(), took, strict=True):
                    series[-1].append(seconds * 1000)
    for percent, target in ((50, None), (99, PUBACK)):
        at = {name: [percentile(one, percent) for one in series] for name, series in times.items()}
        name, beside = "frame to PUBACK", "bare publish"
        yield figure(f"{name}, p{percent}", "ms", at[name], beside, at[beside], target)
        name, beside = "frame to queryable", "bare write"
        yield figure(f"{name}, p{percent}", "ms", at[name], beside, at[beside])


def percentile(series: Sequence[float], percent: int) -> float:
    """Return the value that so many percent do not exceed."""
    return sorted(series)[ceil(len(series) * percent / 100) - 1]


class _Calm(Air):
    """Air that never jumps: no reading waits for its neighbour."""

    def pm2_5(self, at: float) -> float:
        del at
        return 24.0


class _Sensor:
    """A sensor that speaks when it is told to, a whole frame at once."""

    def __init__(self, link: Path) -> None:
        self._sensor = Plantower(registry.find(_MODEL), _Calm(1))
        self._uart = Uart(link)

    def wakes(self, tap: Tap) -> bool:
        """Try whether a frame comes through."""
        tap.expect()
        self._speak()
        try:
            tap.confirmed(0.5)
        except TimeoutError:
            return False
        return True

    def frame(self, tap: Tap, influx: Influx) -> tuple[float, float]:
        """Send a frame; return the seconds to its PUBACK, and until it can be queried."""
        tap.expect()
        began = time.monotonic()
        number = self._speak()
        confirmed = tap.confirmed(_PATIENCE)
        return confirmed - began, _visible(influx, "air", "pn0_3", number / 100) - began

    def _speak(self) -> int:
        spoken = self._sensor.speak(time.monotonic())
        self._uart.write(spoken.data)
        return spoken.number or 0


class _Bare:
    """A paho client that publishes next to nothing, and a line that goes straight in."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count(1)
        self._confirmed = Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, "bare", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self) -> float:
        """Publish a byte; return the seconds to its PUBACK."""
        self._confirmed.clear()
        began = time.monotonic()
        self._client.publish("bare", b"1", qos=1)
        if not self._confirmed.wait(_PATIENCE):
            raise TimeoutError("no PUBACK for a bare publish")
        return time.monotonic() - began

    def write(self, influx: Influx) -> float:
        """Write a line; return the seconds until it can be queried."""
        number = next(self._numbers)
        began = time.monotonic()
        influx.write(f"bare number={number} {number}")
        return _visible(influx, "bare", "number", number) - began

    def _on_publish(self, *_: Any) -> None:  # noqa: ANN401 - paho's five arguments
        self._confirmed.set()


def _visible(influx: Influx, measurement: str, field: str, value: float) -> float:
    """Ask the database until it tells a value as the newest one, and return when it did."""
    deadline = time.monotonic() + _PATIENCE
    while (now := time.monotonic()) < deadline:
        found = influx.query(f"SELECT last({field}) FROM {measurement}")  # noqa: S608 - ours
        if found and isclose(found[0]["last"], value):
            return now
        time.sleep(0.001)
    raise TimeoutError(f"{field} = {value} of {measurement} can't be queried")


def _config(folder: Path, port: int) -> Path:
    file = folder / "gateway.toml"
    file.write_text(_GATEWAY.format(port=port, folder=folder, model=_MODEL), encoding="utf-8")
    return file
