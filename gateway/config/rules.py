"""What tables of a config owe each other: rules that no single key can break alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.config.findings import Flaw, likely
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.positions import KeyPath

OURS = "node"
"""The id that the gateway itself has among its devices."""


def broken_rules(content: dict[str, Any]) -> list[Flaw]:
    """Find what contradicts itself, in a document that may hold anything."""
    return [*_broker(content), *_ports(content)]


def tables(parent: object, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Walk through an array of tables, with the number of each, past whatever is none."""
    array = parent.get(key) if isinstance(parent, dict) else None
    for number, table in enumerate(array if isinstance(array, list) else []):
        if isinstance(table, dict):
            yield number, table


def _broker(content: dict[str, Any]) -> Iterator[Flaw]:
    broker = content.get("broker")
    if not isinstance(broker, dict):
        return
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if one in broker and other not in broker:
            yield Flaw(("broker", one), f"stands without {other}", f"add {other} = …")
    if "password_file" in broker and "username" not in broker:
        yield Flaw(("broker", "password_file"), "stands without username", "add username = …")
    for key in ("ca_file", "cert_file"):
        if key in broker and str(broker.get("url", "")).startswith("mqtt:"):
            yield Flaw(("broker", key), "does nothing without TLS", 'begin url with "mqtts://"')


def _ports(content: dict[str, Any]) -> Iterator[Flaw]:
    urls: dict[str, int] = {}
    ids: dict[str, KeyPath] = {}
    for number, port in tables(content, "ports"):
        url = port.get("url")
        if isinstance(url, str) and urls.setdefault(url, number) != number:
            error = "the same port again"
            remedy = "name each port once"
            yield Flaw(("ports", number, "url"), error, remedy)
        for index, device in tables(port, "devices"):
            path: KeyPath = ("ports", number, "devices", index)
            yield from _identity(device, path, ids)
            yield from _calibration(device, path)


def _identity(device: dict[str, Any], path: KeyPath, ids: dict[str, KeyPath]) -> Iterator[Flaw]:
    name = device.get("id")
    if name == OURS:
        error = f"{OURS!r} is the gateway itself"
        yield Flaw((*path, "id"), error, "choose another id")
    elif isinstance(name, str) and ids.setdefault(name, path) != path:
        yield Flaw((*path, "id"), f"another device is called {name!r} too", "choose another id")


def _calibration(device: dict[str, Any], path: KeyPath) -> Iterator[Flaw]:
    table = device.get("calibration")
    for name in table if isinstance(table, dict) else ():
        if name not in QUANTITIES:
            meant = likely(name, QUANTITIES)
            remedy = f"did you mean {meant}?" if meant else "docs/messages.md lists all quantities"
            yield Flaw((*path, "calibration", name), "no such quantity", remedy)
