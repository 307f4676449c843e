"""Which sensor is meant on the command line: a driver, and what it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devices.driver import Line
    from gateway.config.sensor import Sensor

DriverArgument = Annotated[
    str, typer.Argument(metavar="DRIVER", help="As `device drivers` names it.")
]
Registers = Annotated[
    str | None, typer.Option("--map", metavar="M", help="The register map, for Modbus.")
]
Address = Annotated[
    int | None, typer.Option("--address", metavar="N", min=0, help="Its number on a bus.")
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting; its value in JSON."),
]
Baudrate = Annotated[
    int | None, typer.Option("--baudrate", metavar="N", min=50, help="Else the driver's.")
]
Parity = Annotated[str | None, typer.Option("--parity", metavar="N|E|O", help="Else the driver's.")]

_LISTED: Final = "`simpang device drivers` lists them all"
_MAP: Final = ":"
"""Between a driver and its map, as in `modbus.map:renke.th`."""


def choose(
    name: str,
    registers: str | None = None,
    address: int | None = None,
    given: Iterable[str] = (),
) -> Sensor:
    """Return the sensor that is meant.

    Raises:
        ConfigError: There is none of that name, or it does not take what it is told.
    """
    from devices.errors import BadSetting, DriverError, UnknownDriver
    from gateway.config.sensor import sensor

    driver, _, behind = name.partition(_MAP)
    settings = dict(map(_parse, given))
    if registers or behind:
        settings["map"] = registers or behind
    if address is not None:
        settings["address"] = address
    try:
        return sensor(driver, settings)
    except UnknownDriver as error:
        remedy = f"did you mean {error.likely}?" if error.likely else _LISTED
        raise ConfigError(f"no driver is called {name!r}", remedy) from None
    except BadSetting as error:
        _tell_all(settings.get("map"))
        raise ConfigError(error.why, error.likely and f"did you mean {error.likely}?") from None
    except DriverError as error:
        raise ConfigError(error.why, "install it again, or tell its author") from None


def _tell_all(registers: object) -> None:
    """Raise all that is wrong in a technician's own map, where that is more than one mistake."""
    from gateway.config.maps import mistakes

    found = mistakes(registers) if isinstance(registers, str) else []
    if found[1:]:
        head = f"{registers}: {len(found)} mistakes:"
        raise ConfigError("\n".join([head, *map(str, found)]))


def line_for(line: Line, baudrate: int | None, parity: str | None) -> Line:
    """Return the line settings that are wanted, else those of `line`.

    Raises:
        ConfigError: There is no such parity.
    """
    from dataclasses import replace

    if baudrate is not None:
        line = replace(line, baudrate=baudrate)
    match (parity or line.parity).upper():
        case "N" | "E" | "O" as known:
            return replace(line, parity=known)
        case other:
            raise ConfigError(f"no parity is called {other}", "N (none), E (even) or O (odd)")


def _parse(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        remedy = """write KEY=VALUE with the value in JSON, such as OT=true or unit='"km/h"'"""
        raise ConfigError(f"--set {text!r} is no setting", remedy) from None
