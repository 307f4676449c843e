"""Which sensors can be simulated, by the names of their drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import SimpangError
from gateway.simulator import cubic, gy, honeywell, modbus, panasonic, senseair, sensirion, winsen
from gateway.simulator.air import Air
from gateway.simulator.beam import radar
from gateway.simulator.gantry import counter
from gateway.simulator.hilink import VehicleRadar
from gateway.simulator.nmea import Receiver
from gateway.simulator.nova import Nova
from gateway.simulator.omnipresense import Radar
from gateway.simulator.people import PeopleRadar
from gateway.simulator.plantower import Plantower
from gateway.simulator.ranging import Lidar, ranger
from gateway.simulator.rfbeam import TrackingRadar
from gateway.simulator.road import Road
from gateway.simulator.text import instrument
from gateway.simulator.wind import anemometer

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.driver import Driver
    from gateway.simulator.sensor import Sensor


def _hilink(driver: Driver, seed: int) -> Sensor:
    if driver.name == "hilink.ld2450":
        return PeopleRadar(driver, seed)
    return VehicleRadar(driver, Road(seed))


MAKERS: Final[dict[str, Callable[[Driver, int], Sensor]]] = {
    "plantower": lambda driver, seed: Plantower(driver, Air(seed)),
    "nova": lambda driver, seed: Nova(driver, Air(seed)),
    "omnipresense": lambda driver, seed: Radar(driver, Road(seed)),
    "winsen": winsen.sensor,
    "honeywell": honeywell.particles,
    "panasonic": panasonic.particles,
    "sensirion": sensirion.particles,
    "cubic": cubic.sensor,
    "gy": gy.board,
    "hilink": _hilink,
    **dict.fromkeys(("mph", "houston", "icoms", "decatur", "hikvision"), radar),
    "rfbeam": TrackingRadar,
    **dict.fromkeys(("wavetronix", "canoga", "adec", "eis"), counter),
    "modbus": lambda driver, _: modbus.alone(driver),
    "senseair": lambda driver, seed: senseair.alone(driver, Air(seed)),
    "nmea": Receiver,
    "gill": anemometer,
    "text": instrument,
    "ultrasonic": ranger,
    "benewake": Lidar,
}
"""The maker, the first half of a driver's name, to how its sensors are played."""


def build(driver: Driver, seed: int) -> Sensor:
    """Build a simulated sensor that speaks as `driver` describes.

    Raises:
        SimpangError: Nobody has written how this sensor behaves.
    """
    maker = MAKERS.get(driver.name.partition(".")[0])
    if maker is None:
        raise SimpangError(
            f"no sensor of {driver.name} can be made up", "replay captured frames: --replay FILE"
        )
    return maker(driver, seed)
