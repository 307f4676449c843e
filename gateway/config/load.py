"""Load a config, for a process that starts: it is right, or it is one error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from gateway.config.collector import CollectorConfig
from gateway.config.document import judge, read_or_refuse, refuse
from gateway.config.gateway import GatewayConfig
from gateway.config.rules import broken_rules

if TYPE_CHECKING:
    import os

M = TypeVar("M", bound=BaseModel)


def load_gateway(path: str | os.PathLike[str]) -> GatewayConfig:
    """Load `gateway.toml`.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    return _load(path, GatewayConfig)


def load_collector(path: str | os.PathLike[str]) -> CollectorConfig:
    """Load `collector.toml`.

    Raises:
        ConfigError: It names the file, the line, the key and the remedy.
    """
    return _load(path, CollectorConfig)


def _load(path: str | os.PathLike[str], model: type[M]) -> M:
    document = read_or_refuse(path)
    config, flaws = judge(document, model)
    flaws += broken_rules(document.content)
    if config is None or flaws:
        raise refuse(sorted(map(document.find, flaws), key=lambda finding: finding.line))
    return config
