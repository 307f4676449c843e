"""A config as it begins: what is on this machine, written so that a person can go on with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomlkit

from gateway.config.gateway import SpoolConfig
from gateway.trust.sources import find
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tomlkit import TOMLDocument

    from gateway.cli.probing import Candidate, Found
    from gateway.clock import Stamp
    from gateway.config.gateway import GatewayConfig

_PI: Final = Path("/proc/device-tree/model")

_HEAD: Final = """\
# What is left out has a default: simpang config show {name}
# Every mistake, with its line: simpang config check {name} --here

[gateway]
id = {id}
site = {site}

[broker]
url = {url}

[clock]
trust = "{trust}"

[spool]
path = {spool}
"""

_TRUST: Final = {
    "kernel": "readings wait for a date until the kernel says that the clock is right",
    "system": "no one confirms this machine's clock: whatever it says is believed",
}

_PREFIXES: Final = {
    "weather": "weather", "noise": "noise", "position": "gnss", "distance": "distance",
    "node": "device",
}  # fmt: skip
"""What a device is called by, after the measurement of its first quantity."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked for a new config."""

    id: str
    site: str
    url: str
    latitude: float | None = None
    longitude: float | None = None
    username: str | None = None
    password_file: str | None = None


@dataclass(frozen=True, slots=True)
class Plugged:
    """One port that goes into a config.

    Attributes:
        url: The port.
        devices: Whoever is on it, what each shall be called, and whether nobody knows that it is
            this one of those that speak alike.
    """

    url: str
    devices: list[tuple[str, Candidate, Found, bool]] = field(default_factory=list)


def begin(path: Path, answers: Answers, stamp: Stamp) -> TOMLDocument:
    """Write the head of a new config."""
    trust = choose_trust(stamp)
    text = _HEAD.format(
        name=path.name,
        id=_quoted(answers.id),
        site=_quoted(answers.site),
        url=_quoted(answers.url),
        trust=trust,
        spool=_quoted(str(choose_spool(path))),
    )
    document = tomlkit.parse(text)
    place = document["gateway"]
    broker = document["broker"]
    document["clock"]["trust"].comment(_TRUST[trust])
    for table, key in (
        (place, "latitude"), (place, "longitude"), (broker, "username"), (broker, "password_file"),
    ):  # fmt: skip
        if (value := getattr(answers, key)) is not None:
            table[key] = value
    return document


def add(document: TOMLDocument, ports: Iterable[Plugged]) -> None:
    """Write ports behind those that are there; nothing else is touched."""
    ports = list(ports)
    if not ports:
        return
    array = document.get("ports")
    if array is None:
        array = document["ports"] = tomlkit.aot()
        document["spool"].add(tomlkit.nl())
    for port in ports:
        array.append(_port(port))


def is_guess(found: Found) -> bool:
    """Say whether it makes a difference which of those that speak alike it is taken for."""
    return len({each.sensor.driver.quantities for each in found.who}) > 1


def taken(config: GatewayConfig) -> set[str]:
    """Return the ids that devices of a config have."""
    return {device.id for device in config.devices}


def name_device(candidate: Candidate, known: set[str]) -> str:
    """Make an id: what it measures, and the first number that is free; it is then taken."""
    prefix = _prefix(candidate)
    number = next(n for n in range(1, len(known) + 2) if f"{prefix}-{n}" not in known)
    known.add(f"{prefix}-{number}")
    return f"{prefix}-{number}"


def usual_id() -> str:
    """Return an id made of this machine's name."""
    name = re.sub(r"[^a-z0-9]+", "-", os.uname().nodename.lower()).strip("-")
    return f"gw-{name}"[:60] if name else "gw-1"


def choose_trust(stamp: Stamp) -> str:
    """Return the source of time for this machine.

    A Raspberry Pi without network has no idea what time it is: there the kernel must confirm.
    """
    return "kernel" if _PI.exists() or find("kernel").confirms(stamp) else "system"


def choose_spool(config: Path) -> Path:
    """Return where readings wait: the usual place where it can be written, else beside a config."""
    usual = SpoolConfig().path
    if usual.parent.is_dir() and os.access(usual.parent, os.W_OK):
        return usual
    return config.resolve().with_suffix(".spool.db")


def _port(port: Plugged) -> Any:  # noqa: ANN401 - tomlkit's own tables
    table = tomlkit.table()
    table["url"] = port.url
    _, first, found, _ = port.devices[0]
    home = first.sensor.driver.line
    for key in ("baudrate", "parity", "stopbits"):
        if getattr(found.line, key) != getattr(home, key):
            table[key] = getattr(found.line, key)
    devices = tomlkit.aot()
    for number, (name, candidate, seen, guessed) in enumerate(port.devices):
        device = tomlkit.table()
        device["id"] = name
        device["driver"] = candidate.name
        others = [_told(each) for each in seen.who if each is not candidate]
        if others:
            device["driver"].comment(f"or {', '.join(others)}, which speak alike: read its label")
        for key, value in candidate.settings.items():
            device[key] = value
        if guessed:
            flag = tomlkit.item(value=False)
            flag.comment("none of its values is good yet: delete this line once you know")
            device["confirmed"] = flag
        if number < len(port.devices) - 1:
            device.add(tomlkit.nl())
        devices.append(device)
    table["devices"] = devices
    return table


def _told(candidate: Candidate) -> str:
    registers = candidate.settings.get("map")
    return f"{candidate.name}:{registers}" if registers else candidate.name


def _prefix(candidate: Candidate) -> str:
    driver = candidate.sensor.driver
    if driver.channels:
        return "traffic"
    first = driver.quantities[0] if driver.quantities else ""
    quantity = QUANTITIES.get(first)
    measurement = "node" if quantity is None else quantity.measurement
    if measurement in _PREFIXES:
        return _PREFIXES[measurement]
    if first.startswith("p"):
        return "pm"
    return first if first in {"co2", "iaq"} else "gas"


def _quoted(text: str) -> str:
    return tomlkit.item(text).as_string()
