"""Load a config, for a process that starts: it is right, or it is one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.config.document import load
from gateway.config.drivers import driver_flaws
from gateway.config.gateway import GatewayConfig
from gateway.config.rules import broken_rules

if TYPE_CHECKING:
    import os


def load_gateway(path: str | os.PathLike[str]) -> GatewayConfig:
    """Load `gateway.toml`, and ask the drivers it names whether they agree.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    return load(path, GatewayConfig, broken_rules, driver_flaws)
