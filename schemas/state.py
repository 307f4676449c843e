"""`state`: whether a gateway is online; retained, with the will that says when it is not."""

from __future__ import annotations

from typing import Final, Literal

from schemas.base import Millis, Model, Text

WILL: Final = b'{"online":false}'
"""The last will of every gateway, published by the broker when the gateway vanishes."""


class State(Model):
    """What a gateway says of itself on connecting.

    Attributes:
        v: The version of the wire format.
        online: False in the will and on a clean stop.
        since: When this process started, ms since 1970; absent while its clock is not trusted.
        boot: The kernel's boot id.
        version: The version of Simpang.
        machine: A digest of the machine's id, so that two machines with one id are seen.
    """

    v: Literal[1] = 1
    online: bool
    since: Millis | None = None
    boot: Text | None = None
    version: Text | None = None
    machine: Text | None = None
