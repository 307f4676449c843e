"""A device of the gateway, wired to a simulated sensor on a clock that the test moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devices.registry import find
from gateway.config.gateway import DeviceConfig
from gateway.edge.device import Device
from gateway.edge.watch import Watch
from tests.edge_io.sensors import Wire

if TYPE_CHECKING:
    from gateway.edge.measured import Measured
    from gateway.simulator.sensor import Sensor

TICK: Final = 0.05
"""Seconds between two reads of the port."""


class Wired(Wire):
    """Both ends of a line; what the sensor says may be lost, late or chopped.

    Attributes:
        measured: Every reading, in order.
        asked: When something was written to the sensor, and what.
        cut: Whether the line is cut: nothing arrives at either end.
    """

    def __init__(self, sensor: Sensor, config: dict[str, object]) -> None:
        super().__init__()
        driver = find(str(config["driver"]))
        self.watch = Watch(driver)
        self.device = Device(
            DeviceConfig.model_validate({"id": "d-1"} | config),
            driver.line,
            watch=self.watch,
            turn=lambda: 0,
        )
        self.measured: list[Measured] = []
        self.asked: list[tuple[float, bytes]] = []
        self.cut = False
        self._off = False
        self._sensor = sensor
        self._coming = b""
        sensor.power_on(self.clock.boot)
        self.device.opened(self.clock.stamp(), self.clock.monotonic())

    def spoil(self, data: bytes) -> list[bytes]:
        """Return what becomes of what the sensor sends in a tick, in the portions it is read."""
        return [data]

    def wait(self, seconds: float) -> None:
        """Let time pass at both ends."""
        for _ in range(round(seconds / TICK)):
            self._tick()

    def close(self) -> None:
        """Switch the sensor off, let what is under way arrive, and stop."""
        self._off = True
        self._tick()
        self.measured += self.device.finish()

    def _tick(self) -> None:
        portions = self.spoil(self._coming) or [b""]
        self._coming = b""
        for portion in portions:
            self.measured += self.device.hear(self.read(portion, after=TICK / len(portions)))
            question = self.device.say()
            if question:
                self.asked.append((self.clock.boot, question))
                self._coming += self._answer(question)
        while not self._off and self._sensor.due() <= self.clock.boot:
            said = self._sensor.speak(self.clock.boot).data
            self._coming += b"" if self.cut else said

    def _answer(self, question: bytes) -> bytes:
        if self.cut:
            return b""
        return b"".join(each.data for each in self._sensor.hear(question, self.clock.boot))
