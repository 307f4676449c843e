"""The topics, `{root}/{gateway}/{kind}`: a broker can pin each gateway to a branch of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.base import is_id

ROOT: Final = "simpang/v1"
"""The root where none is set."""


class Kind(StrEnum):
    """The level behind the gateway's id: what a topic carries."""

    READINGS = "readings"
    RECEIPT = "receipt"
    STATE = "state"
    SPOOL = "spool"
    ABOUT = "about"
    HEALTH = "health"
    COMMAND = "command"
    REPLY = "reply"
    CONFIG_DESIRED = "config/desired"
    CONFIG_REPORTED = "config/reported"


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic; `device` only with `readings`."""

    gateway: str
    kind: Kind
    device: str | None = None


def build(root: str, gateway: str, kind: Kind, device: str | None = None) -> str:
    """Write a topic; `gateway` may be `+` to subscribe to all of them."""
    tail = "" if device is None else f"/{device}"
    return f"{root}/{gateway}/{kind}{tail}"


def parse(root: str, topic: str) -> Topic | None:
    """Read a topic below `root`; None for whatever is not one of ours."""
    if not topic.startswith(f"{root}/"):
        return None
    gateway, _, rest = topic[len(root) + 1 :].partition("/")
    if not is_id(gateway):
        return None
    if rest.startswith("readings/"):
        device = rest.removeprefix("readings/")
        return Topic(gateway, Kind.READINGS, device) if is_id(device) else None
    if rest == Kind.READINGS or rest not in set(Kind):
        return None
    return Topic(gateway, Kind(rest))
