"""Check a config: every mistake in the file, and whether this machine fits it."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gateway.clock import SystemClock
from gateway.config import maps
from gateway.config.broker import BrokerConfig
from gateway.config.collector import CollectorConfig, InfluxStore
from gateway.config.document import Unreadable, judge, read
from gateway.config.drivers import driver_flaws
from gateway.config.findings import Finding, Flaw
from gateway.config.folders import folder_flaws
from gateway.config.gateway import GatewayConfig
from gateway.config.rules import broken_rules, tables
from gateway.errors import SimpangError
from gateway.trust.sources import find

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pydantic import BaseModel

    from gateway.config.findings import Level

_SECRETS: Final = (("broker", "password_file"), ("broker", "key_file"), ("store", "token_file"))
_FILES: Final = (*_SECRETS, ("broker", "ca_file"), ("broker", "cert_file"))
_URL: Final = ("broker", "url")
_STORE: Final = ("store", "url")
_PORTS: Final = {"http": 80, "https": 443}
_PATIENCE: Final = 3.0
"""Seconds that a broker or a database may take to answer."""


Asked = Callable[[InfluxStore], SimpangError | None]
"""Asks a database something, and returns why it does not answer."""


def check(
    path: str | os.PathLike[str], *, here: bool = False, ask: Asked | None = None
) -> list[Finding]:
    """Find every mistake at once, in the order of the lines; those of register maps come last.

    Args:
        path: A `gateway.toml` or `collector.toml`; its table `[gateway]` or `[collector]` tells.
        here: Whether this is the machine that it is for: an absent port or broker, or a folder
            that can't be written to, is then an error, otherwise a warning.
        ask: How to ask the InfluxDB that is named; without it, somebody has to answer there.
    """
    try:
        document = read(path)
    except Unreadable as error:
        return [error.finding]
    content = document.content
    model: type[BaseModel] = CollectorConfig if "collector" in content else GatewayConfig
    _, flaws = judge(document, model)
    flaws += broken_rules(content)
    flaws += driver_flaws(content)
    level: Level = "error" if here else "warning"
    flaws += [*_files(content, level), *folder_flaws(content, level)]
    flaws += [*_clock(content, level), *_ports(content, level)]
    flawed = {flaw.path for flaw in flaws}
    if _URL not in flawed:
        flaws += _broker(content, level)
    if "collector" in content and all(path[:1] != _STORE[:1] for path in flawed):
        flaws += _database(content, level, ask)
    found = sorted(map(document.find, flaws), key=lambda finding: finding.line)
    return found + [each for name in _maps(content) for each in maps.mistakes(name)]


def _maps(content: dict[str, Any]) -> set[str]:
    """Name the register maps of a gateway's devices."""
    ports = tables(content, "ports")
    named = [device.get("map") for _, port in ports for _, device in tables(port, "devices")]
    return {name for name in named if isinstance(name, str) and name}


def _files(content: dict[str, Any], level: Level) -> Iterator[Flaw]:
    """Look at the files that a config names: they are there, secrets for their owner only."""
    for table, key in _FILES:
        section = content.get(table)
        name = section.get(key) if isinstance(section, dict) else None
        if not isinstance(name, str):
            continue
        try:
            mode = Path(name).stat().st_mode
        except OSError as error:
            remedy = "make the file, or let this user see it"
            yield Flaw((table, key), f"{name}: {error.strerror}", remedy, level)
            continue
        if (table, key) in _SECRETS and stat.S_IMODE(mode) & 0o077:
            error_text = f"{name} holds a secret and others may use it ({stat.filemode(mode)})"
            yield Flaw((table, key), error_text, f"chmod 600 {name}")


def _clock(content: dict[str, Any], level: Level) -> Iterator[Flaw]:
    """Find a source of time that does not, or can never confirm the clock."""
    clock = content.get("clock")
    trust = clock.get("trust", "kernel") if isinstance(clock, dict) else "kernel"
    if trust == "kernel" and "gateway" in content and level == "error":
        kernel = find("kernel")
        if not kernel.confirms(SystemClock().stamp()):
            error = f"the clock is not confirmed: {kernel.problem}; until it is, readings wait"
            remedy = 'timedatectl set-ntp true; "system" where another machine keeps the clock'
            yield Flaw(("clock", "trust"), error, remedy, "warning")
    if not isinstance(trust, str) or not trust.startswith("file:/"):
        return
    folder = Path(trust.removeprefix("file:")).parent
    if not folder.is_dir():
        error = f"never confirms: there is no folder {folder}"
        remedy = "name the file that your time service touches"
        yield Flaw(("clock", "trust"), error, remedy, level)


def _ports(content: dict[str, Any], level: Level) -> Iterator[Flaw]:
    for number, port in tables(content, "ports"):
        url = port.get("url")
        if isinstance(url, str) and url.startswith("/") and not Path(url).exists():
            error = f"{url} is not plugged in"
            yield Flaw(("ports", number, "url"), error, "simpang port list shows what is", level)


def _broker(content: dict[str, Any], level: Level) -> Iterator[Flaw]:
    """Try to reach the broker, whose address is a sound one."""
    section = content.get("broker")
    if not isinstance(section, dict):
        return
    broker = BrokerConfig.model_construct(url=section["url"])
    if silence := _silence(broker.host, broker.port):
        what = f"no broker answers: {silence}"
        yield Flaw(_URL, what, "start the broker, or correct the address", level)


def _database(content: dict[str, Any], level: Level, ask: Asked | None) -> Iterator[Flaw]:
    """Try to reach the InfluxDB that the readings go to, where one is named or meant."""
    section = content.get("store", {})
    if not isinstance(section, dict) or section.get("kind", "influxdb") != "influxdb":
        return
    url = urlsplit(section.get("url", InfluxStore().url))
    if silence := _silence(url.hostname or "", url.port or _PORTS[url.scheme]):
        what = f"no InfluxDB answers at {url.hostname}: {silence}"
        yield Flaw(_STORE, what, "start InfluxDB, or correct the address", level)
    elif ask is not None and (error := ask(InfluxStore.model_validate(section))):
        yield Flaw(_STORE, error.what, error.remedy, level)


def _silence(host: str, port: int) -> str:
    """Say why nobody answers there; empty where somebody does."""
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""
