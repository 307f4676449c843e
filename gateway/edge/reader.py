"""The reader: the thread of one port, which opens it, reads it and opens it again, for ever."""

from __future__ import annotations

import logging
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.backoff import Backoff
from gateway.config.sensor import sensor_of
from gateway.edge.bus import Bus, gap_of
from gateway.edge.device import Device
from gateway.edge.line import line_of
from gateway.edge.port import Port
from gateway.edge.watch import Silence, Watch
from gateway.errors import ConfigError, PortBusy, PortDenied, PortGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.clock import Clock
    from gateway.config.gateway import PortConfig
    from gateway.edge.measured import Measured

log = logging.getLogger(__name__)

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 8.0
"""How long to wait before a port is opened again: at first, and at most."""

PUZZLED_SECONDS: Final = 30.0
"""The same at most where something happened that nobody expected; well below the watchdog's."""

_GLANCE: Final = 0.2
"""How often time passes for a device without a port."""

_CAUSES: Final = {
    PortGone: Silence.PORT_GONE,
    PortBusy: Silence.PORT_BUSY,
    PortDenied: Silence.PORT_DENIED,
}


class PortReader:
    """Reads one port in a thread of its own; nothing that happens there reaches another port.

    Attributes:
        watches: What is known of each device of the port, by its id.
        round: When the thread last came round, monotonic: a failed attempt is a round too.
    """

    def __init__(
        self,
        port: PortConfig,
        clock: Clock,
        deliver: Callable[[Measured], None],
        *,
        turn: Callable[[], int],
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            port: The port and its devices.
            clock: Stamps what is read.
            deliver: Takes each reading, in the port's thread.
            turn: Tells `Trust.turn`, in the port's thread.

        Raises:
            ConfigError: The port has no device.
            DriverError: There is no such driver, or it does not take these settings.
        """
        if not port.devices:
            raise ConfigError(f"{port.url} has no device", "give it one, or leave the port out")
        self._config = port
        drivers = {device.id: sensor_of(device).driver for device in port.devices}
        self._line = line_of(port, drivers[port.devices[0].id].line)
        self._port = Port(port.url, self._line, clock)
        self._clock = clock
        self._deliver = deliver
        self._turn = turn
        self._backoff = Backoff(FIRST_SECONDS, MOST_SECONDS)
        self._puzzled = Backoff(FIRST_SECONDS, PUZZLED_SECONDS)
        self._puzzles: set[str] = set()
        self._stopping = threading.Event()
        self._complaint = ""
        self._thread: threading.Thread | None = None
        self.watches = {name: Watch(driver) for name, driver in drivers.items()}
        self.round = clock.monotonic()

    def start(self) -> None:
        """Begin to read."""
        several = len(self._config.devices) > 1
        devices = [
            Device(
                device,
                self._line,
                watch=self.watches[device.id],
                turn=self._turn,
                shared=several,
            )
            for device in self._config.devices
        ]
        bus = Bus(devices, gap_of(self._config, self._line))
        self.round = self._clock.monotonic()
        self._thread = threading.Thread(
            target=self._run, args=(bus,), name=",".join(self.watches), daemon=True
        )
        self._thread.start()

    def stop(self, within: float = 5.0) -> None:
        """Stop reading; what is under way is delivered first.

        Args:
            within: Seconds to wait for the thread; a port that hangs is left behind.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(within)

    @property
    def alive(self) -> bool:
        """Whether its thread still has something to deliver."""
        return self._thread is not None and self._thread.is_alive()

    # -- within -----------------------------------------------------------------------------

    def _run(self, bus: Bus) -> None:
        while not self._stopping.is_set():
            try:
                self._attend(bus)
            except Exception as error:  # noqa: BLE001 - the supervisor: a port must go on, whatever a driver does
                self._wonder(error)
                bus.asking.watch.errors += 1
                bus.closed(Silence.NONSENSE)
                self.round = self._clock.monotonic()
                self._stopping.wait(self._puzzled.next())
        self._port.close()
        self._hand_over(bus.finish())

    def _attend(self, bus: Bus) -> None:
        """Read the port until it breaks, then rest before the next attempt."""
        try:
            self._read(bus)
        except (PortGone, PortBusy, PortDenied) as error:
            bus.closed(_CAUSES[type(error)])
            log.debug("%s: %r", self._port.url, error.__cause__)
            self._complain(str(error))
            self._rest(bus)

    def _read(self, bus: Bus) -> None:
        """Open the port and read it until it breaks or the gateway stops."""
        self._port.open()
        stamp, now = self._clock.stamp(), self._clock.monotonic()
        bus.opened(stamp, now)
        self._complain("")
        while not self._stopping.is_set():
            chunk = self._port.read()
            self.round = chunk.now
            if chunk.data:
                self._backoff.reset()
            self._hand_over(bus.hear(chunk))
            question = bus.say()
            if question and not self._stopping.wait(bus.hush(self._clock.monotonic())):
                self._port.ask(question)

    def _rest(self, bus: Bus) -> None:
        """Wait before the next attempt, while time passes for the devices."""
        until = self._clock.monotonic() + self._backoff.next()
        while True:
            self.round = self._clock.monotonic()
            self._hand_over(bus.wait(self._clock.stamp(), self.round))
            if self.round >= until or self._stopping.wait(_GLANCE):
                return

    def _hand_over(self, readings: list[Measured]) -> None:
        for measured in readings:
            self._deliver(measured)
            self._puzzled.reset()

    def _wonder(self, error: Exception) -> None:
        """Say what nobody expected, and the first time how it came to that."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        puzzle = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
        trace = None if puzzle in self._puzzles else error
        self._puzzles.add(puzzle)
        log.error("unexpected: %s: %s; the port is opened again", puzzle, error, exc_info=trace)

    def _complain(self, complaint: str) -> None:
        """Say what is wrong with the port, once; and that it is well again."""
        if complaint == self._complaint:
            return
        if complaint:
            log.warning("%s", complaint)
        else:
            log.info("%s is open again", self._port.url)
        self._complaint = complaint
