"""Load a config, for a process that starts: it is right, or it is one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.config.document import Unreadable, find_errors, load, parse
from gateway.config.drivers import driver_flaws
from gateway.config.gateway import GatewayConfig
from gateway.config.rules import broken_rules

if TYPE_CHECKING:
    import os

    from gateway.config.findings import Finding


def load_gateway(path: str | os.PathLike[str]) -> GatewayConfig:
    """Load `gateway.toml`, and ask the drivers it names whether they agree.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    return load(path, GatewayConfig, broken_rules, driver_flaws)


def errors_in(text: str, path: str | os.PathLike[str]) -> list[Finding]:
    """Return why `gateway.toml` would not be loaded if this were in it."""
    try:
        document = parse(text, path)
    except Unreadable as error:
        return [error.finding]
    return find_errors(document, GatewayConfig, broken_rules, driver_flaws)[1]
