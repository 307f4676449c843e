"""`about`: the gateway, its place, its devices and what they measure; retained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Id, Model, Text


class AboutDevice(Model):
    """One device of a gateway.

    Attributes:
        id: The device's id.
        model: Its driver, `maker.model`.
        quantities: Quantity name to unit.
        every: Seconds expected between two readings, where that is known.
    """

    id: Id
    model: Text
    quantities: dict[str, Text]
    every: Annotated[float, Field(ge=0)] | None = None


class About(Model):
    """What a gateway is and where it stands.

    Attributes:
        v: The version of the wire format.
        gateway: The gateway's id.
        site: The site's id.
        latitude: Degrees, WGS 84.
        longitude: Degrees, WGS 84.
        devices: All configured devices, the gateway's own `node` among them.
    """

    v: Literal[1] = 1
    gateway: Id
    site: Id
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    devices: list[AboutDevice]
